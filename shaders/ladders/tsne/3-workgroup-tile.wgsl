// Repulsion of t-SNE; equation and indices as in rung 1.
//
// Rung 3 adds, for GPUs: a workgroup stages 256 points j in workgroup memory and all its invocations read them from there. Not used on
// software adapters, where a barrier costs more than the loads it saves.

struct Params {
  N: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> force: array<vec4f>;

var<workgroup> tile: array<vec2f, 256>;

@compute @workgroup_size(256)
fn tiled(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = id.x;
  let last = params.N - 1u;
  let yi = y[min(i, last)];
  let tiles = (params.N + 255u) / 256u;
  var sum = vec3f(0.0);
  for (var t = 0u; t < tiles; t++) {
    tile[local] = y[min(t * 256u + local, last)];
    workgroupBarrier();
    for (var k = 0u; k < 256u; k++) {
      let j = t * 256u + k;
      let e = yi - tile[k];
      let w = select(0.0, 1.0 / (1.0 + dot(e, e)), j < params.N && j != i);
      sum += vec3f(w * w * e, w);
    }
    workgroupBarrier();
  }
  if (i < params.N) {
    force[i] = vec4f(sum, 0.0);
  }
}
