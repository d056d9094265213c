enable subgroups;
diagnostic(off, subgroup_uniformity);

// y[z,m,n] = Σ_k a[z,k,m] · b[z,k,n]
//
// z batch, m row, n column, k the axis that is summed over, s split of k.
// Rung 3: as matmul/5-quad-swap.wgsl: 4 lanes share a tile of 16 rows x 16 columns, and with it the loads of `a`. Both matrices
// are read across k, 4 neighbours by each lane. 4.3 -> 5.5 GFLOP/s at 256³ (software adapter, FMA peak 17).

struct Params {
  batch: u32,
  M: u32,
  N: u32,
  K: u32,
  aBatchStride: u32,
  bBatchStride: u32,
  splits: u32,
  KPerSplit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

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

  var aColumn: array<u32, 4>;
  var bColumn: array<u32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    aColumn[i] = z * params.aBatchStride + min(row + i * 4u + local.x, params.M - 1u);
    bColumn[i] = z * params.bBatchStride + min(column + i, params.N - 1u);
  }
  var sum = array<vec4f, 16>();
  for (var k = start; k < end; k += 2u) {
    let at = vec2u(k, min(k + 1u, params.K - 1u));
    let paired = k + 1u < end;
    var left: array<vec2f, 4>;
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      left[i] = vec2f(a[aColumn[i] + at[0] * params.M], select(0.0, a[aColumn[i] + at[1] * params.M], paired));
    }
    // @unroll
    for (var u = 0u; u < 2u; u++) {
      let bRow = at[u] * params.N;
      let right = vec4f(b[bRow + bColumn[0]], b[bRow + bColumn[1]], b[bRow + bColumn[2]], b[bRow + bColumn[3]]);
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
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let m = min(row + i / 4u * 4u + ((i % 4u) ^ local.x), params.M - 1u);
      let values = sum[i];
      y[(zs * params.M + m) * params.N + column + c] = values[c];
    }
  }
}
