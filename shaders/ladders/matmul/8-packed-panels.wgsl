// y[z,m,n] = phi(Σ_k a[z,m,k] · b[z,k,n] + bias[n])
//
// z batch, m row, n column, k the axis that is summed over, s split of k. N is a multiple of 4.
// Rung 8, for the CPU device: the register tile of rung 7 on packed panels. b lies as panels of 8 columns that are read from front to
// back; where b was read in steps of a power of two, its rows pushed one another out of the cache. a lies as it is given or in panels
// of 8 rows: row r starts at ⌊r/8⌋ · aPanelStride + (r mod 8) · aRowStride and goes on in steps of aStep. Transposed factors differ
// in their strides only, so the products of the gradients take this rung too.

override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;

struct Params {
  batch: u32,
  M: u32,
  N: u32,
  K: u32,
  aBatchStride: u32,
  aPanelStride: u32,
  aRowStride: u32,
  aStep: u32,
  // In vectors; 0: the same panels for the whole batch.
  bBatchStride: u32,
  splits: u32,
  KPerSplit: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

const ROWS = 4u;
const COLUMNS = 2u;

fn phi(v: vec4f) -> vec4f {
  switch ACTIVATION {
    case 1u: { return max(v, vec4f(0.0)); }
    case 2u: { return select(v * params.slope, v, v > vec4f(0.0)); }
    default: { return v; }
  }
}

@compute @workgroup_size(8)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let N4 = params.N / 4u;
  let columnTiles = (N4 + COLUMNS - 1u) / COLUMNS;
  let rowTiles = (params.M + ROWS - 1u) / ROWS;
  let tile = id.x + id.y * groups.x * 8u;
  if (tile >= columnTiles * rowTiles * params.batch * params.splits) {
    return;
  }
  let row = tile % rowTiles * ROWS;
  let column = tile / rowTiles % columnTiles * COLUMNS;
  let zs = tile / (columnTiles * rowTiles);
  let z = zs / params.splits;
  let start = zs % params.splits * params.KPerSplit;
  let end = min(start + params.KPerSplit, params.K);

  // Rows past the edge repeat the last one.
  var aRow: array<u32, ROWS>;
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    let r = min(row + i, params.M - 1u);
    aRow[i] = z * params.aBatchStride + r / 8u * params.aPanelStride + r % 8u * params.aRowStride;
  }
  let panel = z * params.bBatchStride + column * params.K;
  var sum = array<vec4f, 8>();
  // Not expanded: with two rounds at once, V8 runs out of registers (34 instead of 57 GFLOP/s at 256³).
  for (var k = start; k < end; k++) {
    var right: array<vec4f, COLUMNS>;
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      right[j] = b[panel + k * COLUMNS + j];
    }
    // @unroll
    for (var i = 0u; i < ROWS; i++) {
      let left = vec4f(a[aRow[i] + k * params.aStep]);
      // @unroll
      for (var j = 0u; j < COLUMNS; j++) {
        sum[i * COLUMNS + j] = fma(left, right[j], sum[i * COLUMNS + j]);
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
