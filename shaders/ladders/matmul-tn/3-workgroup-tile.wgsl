// y[z,m,n] = Σ_k a[z,k,m] · b[z,k,n]
//
// z batch, m row, n column, k the axis that is summed over, s split of k. M and N are multiples of 4.
// A tile in workgroup memory, as matmul/3-workgroup-tile.wgsl. 64 invocations compute 64 rows x 64 columns; for 16 k at
// a time they copy 16 vectors of `a` and 16 of `b` for each k. Each k then adds an outer product of two vectors and two vectors,
// 8 apart, so that neighbours read neighbouring banks. For GPUs.

struct Params {
  // @include ../../include/matmul-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

// Vectors along a side of the tile, and k at a time.
// @include ../../include/tile-of-outer-products.wgsl

@compute @workgroup_size(8, 8)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let M4 = params.M / 4u;
  let N4 = params.N / 4u;
  let columnTiles = (N4 + TILE - 1u) / TILE;
  let rowTiles = (M4 + TILE - 1u) / TILE;
  let tile = group.x + group.y * groups.x;
  if (tile >= columnTiles * rowTiles * params.batch * params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * TILE;
  let column = tile % columnTiles * TILE;
  let zs = tile / (columnTiles * rowTiles);
  let z = zs / params.splits;
  let start = zs % params.splits * params.KPerSplit;
  let end = min(start + params.KPerSplit, params.K);
  // What this invocation fetches: one vector of each matrix, at every fourth k.
  let aColumn = z * params.aBatchStride / 4u + min(row + index % 16u, M4 - 1u);
  let bColumn = z * params.bBatchStride / 4u + min(column + index % 16u, N4 - 1u);

  var sum = array<vec4f, 16>();
  for (var first = start; first < end; first += DEPTH) {
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      let k = min(first + index / 16u + q * 4u, params.K - 1u);
      let inside = first + index / 16u + q * 4u < end;
      leftTile[index + q * 64u] = select(vec4f(0.0), a[aColumn + k * M4], inside);
      rightTile[index + q * 64u] = select(vec4f(0.0), b[bColumn + k * N4], inside);
    }
    workgroupBarrier();
    addTile(local.xy, &sum);
    workgroupBarrier();
  }
  // @unroll
  for (var j = 0u; j < 2u; j++) {
    let n = column + local.x + j * 8u;
    if (n < N4) {
      // @unroll
      for (var i = 0u; i < 2u; i++) {
        let m4 = row + local.y + i * 8u;
        if (m4 < M4) {
          // @unroll
          for (var c = 0u; c < 4u; c++) {
            y[(zs * params.M + m4 * 4u + c) * N4 + n] = sum[(i * 4u + c) * 2u + j];
          }
        }
      }
    }
  }
}
