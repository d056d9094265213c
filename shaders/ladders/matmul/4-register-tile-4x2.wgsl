// y[z,m,n] = phi(Σ_k a[z,m,k] · b[z,k,n] + bias[n])
//
// z batch, m row, n column, k the axis that is summed over, s split of k. N is a multiple of 4.
// For the CPU device: a register tile of 4 rows x 8 columns, whose 8 sums, 2 vectors of b and one value of a fit the 16 vector registers
// of a processor. A value of a is loaded into all four lanes at once, so rows need no whole vectors. Neighbouring invocations take the
// same columns of b, which stay in the cache.
// Both factors lie as they are given or in panels of 8 rows of a or 8 columns of b that are read from front to back (pack-panels.wgsl):
// read in steps of a power of two, the rows of b push one another out of the cache. Row r of a starts at ⌊r/8⌋ · aPanelStride
// + (r mod 8) · aRowStride and goes on in steps of aStep; columns 8t of b start t · 2 · bTileStride vectors on, in steps of bStep
// vectors. Transposed factors differ in their strides only, so the products of the gradients take this rung too.

struct Params {
  batch: u32,
  M: u32,
  N: u32,
  K: u32,
  aBatchStride: u32,
  aPanelStride: u32,
  aRowStride: u32,
  aStep: u32,
  // In vectors; a batch stride of 0: the same matrix for the whole batch.
  bBatchStride: u32,
  bTileStride: u32,
  bStep: u32,
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

// @include ../../include/activation4.wgsl

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

  // Rows and columns past the edge repeat the last one.
  var aRow: array<u32, ROWS>;
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    let r = min(row + i, params.M - 1u);
    aRow[i] = z * params.aBatchStride + r / 8u * params.aPanelStride + r % 8u * params.aRowStride;
  }
  var bColumn: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    bColumn[j] = z * params.bBatchStride + column * params.bTileStride + min(j, N4 - 1u - column);
  }
  var sum = array<vec4f, 8>();
  // Not expanded: with two rounds at once, V8 runs out of registers (34 instead of 57 GFLOP/s at 256³).
  for (var k = start; k < end; k++) {
    var right: array<vec4f, COLUMNS>;
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      right[j] = b[bColumn[j] + k * params.bStep];
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
