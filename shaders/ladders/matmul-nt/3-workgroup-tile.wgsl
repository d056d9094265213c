// y[z,m,n] = Σ_k a[z,m,k] · b[z,n,k]
//
// z batch, m row, n column, k the axis that is summed over, s split of k. K is a multiple of 4.
// A tile in workgroup memory, as matmul/3-workgroup-tile.wgsl. 64 invocations compute 64 rows x 64 columns; for 16 k at
// a time they copy 64 rows of `a` and 64 of `b` as they lie, in vectors along k, so every product is a term of a dot product.
// Rows and columns of an invocation are 8 apart: neighbours read rows in different banks and store side by side. For GPUs.

struct Params {
  // @include ../../include/matmul-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// @include ../../include/tile-of-dots.wgsl

@compute @workgroup_size(8, 8)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let K4 = params.K / 4u;
  let columnTiles = (params.N + TILE - 1u) / TILE;
  let rowTiles = (params.M + TILE - 1u) / TILE;
  let tile = group.x + group.y * groups.x;
  if (tile >= columnTiles * rowTiles * params.batch * params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * TILE;
  let column = tile % columnTiles * TILE;
  let zs = tile / (columnTiles * rowTiles);
  let z = zs / params.splits;
  let start = zs % params.splits * params.KPerSplit / 4u;
  let end = min(start + params.KPerSplit / 4u, K4);
  let aBase = z * params.aBatchStride / 4u;
  let bBase = z * params.bBatchStride / 4u;

  var sum = array<f32, 64>();
  for (var k4 = start; k4 < end; k4 += DEPTH) {
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      // 64 rows of 4 vectors of each matrix; zeros past the end of the split.
      let r = index / 4u + q * 16u;
      let d = index % 4u;
      let k = min(k4 + d, K4 - 1u);
      let inside = k4 + d < end;
      leftTile[r * PITCH + d] = select(vec4f(0.0), a[aBase + min(row + r, params.M - 1u) * K4 + k], inside);
      rightTile[r * PITCH + d] = select(vec4f(0.0), b[bBase + min(column + r, params.N - 1u) * K4 + k], inside);
    }
    workgroupBarrier();
    addTile(local.xy, &sum);
    workgroupBarrier();
  }
  // @unroll
  for (var j = 0u; j < 8u; j++) {
    let n = column + local.x + j * 8u;
    if (n < params.N) {
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        let m = row + local.y + i * 8u;
        if (m < params.M) {
          y[(zs * params.M + m) * params.N + n] = sum[i * 8u + j];
        }
      }
    }
  }
}
