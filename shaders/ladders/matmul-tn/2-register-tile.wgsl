// y[z,m,n] = Σ_k a[z,k,m] · b[z,k,n]
//
// z batch, m row, n column, k the axis that is summed over, s split of k. M and N are multiples of 4.
// A register tile of 8 rows x 8 columns. Each k adds an outer product of two vectors of `a` and two of `b`: 4 loads of
// 4 floats serve 64 products.

struct Params {
  // @include ../../include/matmul-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

const ROWS = 2u;
const COLUMNS = 2u;

@compute @workgroup_size(64)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let N4 = params.N / 4u;
  let columnTiles = (N4 + COLUMNS - 1u) / COLUMNS;
  let rowTiles = (params.M / 4u + ROWS - 1u) / ROWS;
  let tile = id.x + id.y * groups.x * 64u;
  if (tile >= columnTiles * rowTiles * params.batch * params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * ROWS;
  let column = tile % columnTiles * COLUMNS;
  let zs = tile / (columnTiles * rowTiles);
  let z = zs / params.splits;
  let M4 = params.M / 4u;
  let start = zs % params.splits * params.KPerSplit;
  let end = min(start + params.KPerSplit, params.K);

  var aColumn: array<u32, ROWS>;
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    aColumn[i] = z * params.aBatchStride / 4u + min(row + i, M4 - 1u);
  }
  var bColumn: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    bColumn[j] = z * params.bBatchStride / 4u + min(column + j, N4 - 1u);
  }
  var sum = array<vec4f, 16>();
  for (var k = start; k < end; k++) {
    // @unroll
    for (var i = 0u; i < ROWS; i++) {
      let left = a[k * M4 + aColumn[i]];
      // @unroll
      for (var j = 0u; j < COLUMNS; j++) {
        let right = b[k * N4 + bColumn[j]];
        // @unroll
        for (var c = 0u; c < 4u; c++) {
          sum[(i * 4u + c) * COLUMNS + j] = fma(vec4f(left[c]), right, sum[(i * 4u + c) * COLUMNS + j]);
        }
      }
    }
  }
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    if (column + j < N4) {
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        // @unroll
        for (var c = 0u; c < 4u; c++) {
          let m = min(row + i, M4 - 1u) * 4u + c;
          y[(zs * params.M + m) * N4 + column + j] = sum[(i * 4u + c) * COLUMNS + j];
        }
      }
    }
  }
}
