// y[z,m,n] = phi(Σ_k a[z,m,k] · b[z,k,n] + bias[n])
//
// z batch, m row, n column, k the axis that is summed over, s split of k. N and K are multiples of 4.
// A register tile. One invocation computes ROWS rows x COLUMNS vectors of columns, so a loaded vector of b serves all its rows and one
// of a all its columns: for 8 x 2, 16 loads of 4 floats serve 256 products, where the naive rung made 512 loads of one float. Rows past
// the edge repeat the last row (they compute and store the same numbers).

struct Params {
  // @include ../../include/matmul-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

// Set by the plan.
const ROWS = 8u;
const COLUMNS = 2u;

// @include ../../include/activation4.wgsl

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
  var bColumn: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    bColumn[j] = z * params.bBatchStride / 4u + min(column + j, N4 - 1u);
  }
  var sum = array<vec4f, ROWS * COLUMNS>();
  for (var k4 = start; k4 < end; k4++) {
    var left: array<vec4f, ROWS>;
    // @unroll
    for (var i = 0u; i < ROWS; i++) {
      left[i] = a[aRow[i] + k4];
    }
    // @unroll
    for (var u = 0u; u < 4u; u++) {
      // @unroll
      for (var j = 0u; j < COLUMNS; j++) {
        let right = b[(k4 * 4u + u) * N4 + bColumn[j]];
        // @unroll
        for (var i = 0u; i < ROWS; i++) {
          sum[i * COLUMNS + j] = fma(vec4f(left[i][u]), right, sum[i * COLUMNS + j]);
        }
      }
    }
  }
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    if (column + j < N4) {
      var shift = vec4f(0.0);
      if (HAS_BIAS) {
        shift = bias[column + j];
      }
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        y[(zs * params.M + min(row + i, params.M - 1u)) * N4 + column + j] = phi(sum[i * COLUMNS + j] + shift);
      }
    }
  }
}
