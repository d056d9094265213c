// y[z,m,n] = Σ_k a[z,m,k] · b[z,n,k]
//
// z batch, m row, n column, k the axis that is summed over, s split of k. N and K are multiples of 4.
// A register tile of 8 rows x 8 columns. Both matrices are read as vectors along k, so every product is a term of a dot
// product; no transposition is needed. Rows past the edge repeat the last row.

struct Params {
  // @include ../../include/matmul-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

const ROWS = 8u;
const COLUMNS = 2u;

@compute @workgroup_size(64)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let N4 = params.N / 4u;
  let columnTiles = (N4 + COLUMNS - 1u) / COLUMNS;
  let rowTiles = (params.M + ROWS - 1u) / ROWS;
  let tile = id.x + id.y * groups.x * 64u;
  if (tile >= columnTiles * rowTiles * params.batch * params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * ROWS;
  let column = tile % columnTiles * COLUMNS;
  let zs = tile / (columnTiles * rowTiles);
  let z = zs / params.splits;
  let K4 = params.K / 4u;
  let start = zs % params.splits * params.KPerSplit / 4u;
  let end = min(start + params.KPerSplit / 4u, K4);

  var aRow: array<u32, ROWS>;
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    aRow[i] = z * params.aBatchStride / 4u + min(row + i, params.M - 1u) * K4;
  }
  var bRow: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    bRow[j] = z * params.bBatchStride / 4u + min(column + j, N4 - 1u) * 4u * K4;
  }
  var sum = array<vec4f, ROWS * COLUMNS>();
  for (var k4 = start; k4 < end; k4++) {
    var left: array<vec4f, ROWS>;
    // @unroll
    for (var i = 0u; i < ROWS; i++) {
      left[i] = a[aRow[i] + k4];
    }
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      // @unroll
      for (var c = 0u; c < 4u; c++) {
        let right = b[bRow[j] + c * K4 + k4];
        // @unroll
        for (var i = 0u; i < ROWS; i++) {
          sum[i * COLUMNS + j][c] += dot(left[i], right);
        }
      }
    }
  }
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    if (column + j < N4) {
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        y[(zs * params.M + min(row + i, params.M - 1u)) * N4 + column + j] = sum[i * COLUMNS + j];
      }
    }
  }
}
