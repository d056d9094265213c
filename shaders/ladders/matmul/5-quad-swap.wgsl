enable subgroups;
diagnostic(off, subgroup_uniformity);

// y[z,m,n] = phi(Σ_k a[z,m,k] · b[z,k,n] + bias[n])
//
// z batch, m row, n column, k the axis that is summed over, s split of k.
// Rung 5: a quad of 4 lanes shares a tile of 16 rows x 16 columns. Each lane owns 4 columns of all 16 rows. The 16 values of
// `a` that one k needs are loaded once per quad, 4 by each lane, and reach the others by swaps: in sum[4i + d] lane l adds up
// row 4i + (l ^ d). So one k takes 8 loads for 64 products of a lane. 2.6 -> 6.3 GFLOP/s at 256³ (software adapter, FMA peak
// 17). Two k per iteration: there a longer loop body falls out of the instruction cache (4.5 GFLOP/s with four), a shorter one
// carries the 64 sums around too often (4.3 with one). Broadcasts in place of swaps reach 5.4: each costs some 27 instructions,
// a swap one. Loads are scalar, so any shape will do; vectors are no faster there. Rows and columns past the edge repeat the
// last one and stay inside their tile. All branches are the same for the 4 lanes of a quad, which the uniformity analysis
// cannot know. For adapters whose subgroups have 4 lanes, neighbours along x.

override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;

struct Params {
  batch: u32,
  M: u32,
  N: u32,
  K: u32,
  aBatchStride: u32,
  bBatchStride: u32,
  splits: u32,
  KPerSplit: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn phi(v: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return max(v, 0.0); }
    case 2u: { return select(v * params.slope, v, v > 0.0); }
    default: { return v; }
  }
}

@compute @workgroup_size(4, 4)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let columnTiles = (params.N + 15u) / 16u;
  let rowTiles = (params.M + 15u) / 16u;
  let tile = (group.x + group.y * groups.x) * 4u + local.y;
  if (tile >= columnTiles * rowTiles * params.batch * params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * 16u;
  let column = tile % columnTiles * 16u + local.x * 4u;
  let zs = tile / (columnTiles * rowTiles);
  let z = zs / params.splits;
  let start = zs % params.splits * params.KPerSplit;
  let end = min(start + params.KPerSplit, params.K);

  var aRow: array<u32, 4>;
  var bColumn: array<u32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    aRow[i] = z * params.aBatchStride + min(row + i * 4u + local.x, params.M - 1u) * params.K;
    bColumn[i] = z * params.bBatchStride + min(column + i, params.N - 1u);
  }
  var sum = array<vec4f, 16>();
  for (var k = start; k < end; k += 2u) {
    let odd = min(k + 1u, params.K - 1u);
    let paired = k + 1u < end;
    var left: array<vec2f, 4>;
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      left[i] = vec2f(a[aRow[i] + k], select(0.0, a[aRow[i] + odd], paired));
    }
    let at = vec2u(k, odd) * params.N;
    // @unroll
    for (var u = 0u; u < 2u; u++) {
      let right = vec4f(b[at[u] + bColumn[0]], b[at[u] + bColumn[1]], b[at[u] + bColumn[2]], b[at[u] + bColumn[3]]);
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        let value = left[i][u];
        sum[i * 4u + 0u] = fma(vec4f(value), right, sum[i * 4u + 0u]);
        sum[i * 4u + 1u] = fma(vec4f(quadSwapX(value)), right, sum[i * 4u + 1u]);
        sum[i * 4u + 2u] = fma(vec4f(quadSwapY(value)), right, sum[i * 4u + 2u]);
        sum[i * 4u + 3u] = fma(vec4f(quadSwapDiagonal(value)), right, sum[i * 4u + 3u]);
      }
    }
  }
  // A running loop over the columns: unrolled, these stores would be most of the code.
  for (var c = 0u; c < 4u && column + c < params.N; c++) {
    var shift = 0.0;
    if (HAS_BIAS) {
      shift = bias[column + c];
    }
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let m = min(row + i / 4u * 4u + ((i % 4u) ^ local.x), params.M - 1u);
      let values = sum[i];
      y[(zs * params.M + m) * params.N + column + c] = phi(values[c] + shift);
    }
  }
}
