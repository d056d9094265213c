// y[i] = x[i - before] where that index lies inside x, else value: padding by a constant, and cropping by a negative `before`.
//
// i element of y, decoded over up to 4 axes: extents of y in `shape`, of x in `shapeX`, missing leading axes have extent 1.

struct Params {
  count: u32,
  value: f32,
  shape: vec4u,
  shapeX: vec4u,
  before: vec4i,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.count) {
    return;
  }
  var rest = i;
  var at = 0u;
  var stride = 1u;
  var inside = true;
  // @unroll
  for (var d = 0u; d < 4u; d++) {
    // A negative position becomes a large u32, so one comparison tests both ends.
    let position = u32(i32(rest % params.shape[3u - d]) - params.before[3u - d]);
    rest = rest / params.shape[3u - d];
    inside = inside && position < params.shapeX[3u - d];
    at += position * stride;
    stride *= params.shapeX[3u - d];
  }
  var v = params.value;
  if (inside) {
    v = x[at];
  }
  y[i] = v;
}
