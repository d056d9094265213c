// y[o, k] = scale · (x[o, 0, k] ⊕ x[o, 1, k] ⊕ …), where ⊕ is +, max, min or ·, and x is [outer, reduce, inner].
//
// o outer index, r index along the reduced axis, k inner index.
// One invocation per result, reading its elements one after another. Few results mean few invocations at work.

// @include ../../include/reduction-operation.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

// @include ../../include/reduction-terms.wgsl

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.inner) {
    return;
  }
  let o = i / params.inner;
  let k = i % params.inner;
  let start = o * params.reduce * params.inner + k;
  var total = vec2f(contribution(x[start]), 0.0);
  for (var r = 1u; r < params.reduce; r++) {
    total = accumulate(total, contribution(x[start + r * params.inner]));
  }
  y[i] = params.scale * total.x;
}
