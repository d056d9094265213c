// Repulsion of t-SNE; equation and indices as in 1-naive.wgsl, `combine` as in 2-slices.wgsl.
//
// For GPUs: the invocations of a workgroup stage 256 points j at a time in workgroup memory and all read them from there;
// slices of whole tiles keep every core busy where there are few points.

const TILE = 256u;

struct Params {
  N: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;

var<workgroup> tile: array<vec2f, 256>;

@compute @workgroup_size(256)
fn tiled(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let i = id.x;
  let last = params.N - 1u;
  let yi = y[min(i, last)];
  let tiles = (params.N + TILE - 1u) / TILE;
  let length = (tiles + params.slices - 1u) / params.slices;
  let begin = min(group.y * length, tiles);
  let end = min(begin + length, tiles);
  var sum = vec3f(0.0);
  for (var t = begin; t < end; t++) {
    tile[local] = y[min(t * TILE + local, last)];
    workgroupBarrier();
    let count = min(TILE, params.N - t * TILE);
    for (var k = 0u; k < count; k++) {
      let e = yi - tile[k];
      let w = 1.0 / (1.0 + dot(e, e));
      sum += vec3f(w * w * e, w);
    }
    workgroupBarrier();
  }
  if (i < params.N) {
    partials[group.y * params.N + i] = vec4f(sum, 0.0);
  }
}
