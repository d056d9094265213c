// y[z,m,n] = phi(Σ_k a[z,m,k] · b[z,k,n] + bias[n])
//
// z batch, m row, n column, k the axis that is summed over, s split of k. N and K are multiples of 4.
// A tile in workgroup memory. 64 invocations compute 64 rows x 64 columns; for 16 k at a time they copy a tile of `a`
// and one of `b` into workgroup memory, where each loaded value serves 8 invocations. Each computes 8 x 8 as the register tile does, its
// rows and vectors 8 apart, so that neighbours read neighbouring banks. For GPUs.

struct Params {
  // @include ../../include/matmul-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

// @include ../../include/tile-of-vectors.wgsl

// @include ../../include/activation4.wgsl

@compute @workgroup_size(8, 8)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let N4 = params.N / 4u;
  let K4 = params.K / 4u;
  let columnTiles = (N4 + 15u) / 16u;
  let rowTiles = (params.M + TILE - 1u) / TILE;
  let tile = group.x + group.y * groups.x;
  if (tile >= columnTiles * rowTiles * params.batch * params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * TILE;
  let column = tile % columnTiles * 16u;
  let zs = tile / (columnTiles * rowTiles);
  let z = zs / params.splits;
  let start = zs % params.splits * params.KPerSplit / 4u;
  let end = min(start + params.KPerSplit / 4u, K4);
  let aBase = z * params.aBatchStride / 4u;
  let bBase = z * params.bBatchStride / 4u;

  var sum = array<vec4f, 16>();
  for (var k4 = start; k4 < end; k4 += DEPTH) {
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      // 64 rows of 4 vectors of `a`, and 16 rows of 16 vectors of `b`; zeros past the end of the split.
      let m = index / 4u + q * 16u;
      let d = index % 4u;
      let value = a[aBase + min(row + m, params.M - 1u) * K4 + min(k4 + d, K4 - 1u)];
      leftTile[m * PITCH + d] = select(vec4f(0.0), value, k4 + d < end);
      let k = k4 * 4u + index / 16u + q * 4u;
      let n = index % 16u;
      let other = b[bBase + min(k, params.K - 1u) * N4 + min(column + n, N4 - 1u)];
      rightTile[(index / 16u + q * 4u) * 16u + n] = select(vec4f(0.0), other, k < end * 4u);
    }
    workgroupBarrier();
    addTile(local.xy, &sum);
    workgroupBarrier();
  }
  // @unroll
  for (var j = 0u; j < 2u; j++) {
    let n = column + local.x + j * 8u;
    if (n < N4) {
      var shift = vec4f(0.0);
      if (HAS_BIAS) {
        shift = bias[n];
      }
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        let m = row + local.y + i * 8u;
        if (m < params.M) {
          y[(zs * params.M + m) * N4 + n] = phi(sum[i * 2u + j] + shift);
        }
      }
    }
  }
}
