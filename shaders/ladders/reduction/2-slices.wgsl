// partials[o, s, k] = x[o, s, k] ⊕ x[o, s + S, k] ⊕ x[o, s + 2S, k] ⊕ …, with S = slices; or a block of neighbours, where CONTIGUOUS.
//
// o outer index, s slice, r index along the reduced axis, k inner index.
// The reduced axis is dealt out to S invocations, so that a long sum with few results uses the whole machine. The
// partials are reduced in turn until few are left. The order is fixed, so the same input gives the same bits. No barrier.

// @include ../../include/reduction-operation.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

// @include ../../include/slice.wgsl
// @include ../../include/reduction-terms.wgsl

@compute @workgroup_size(64)
fn slices(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.slices * params.inner) {
    return;
  }
  let k = i % params.inner;
  let s = (i / params.inner) % params.slices;
  let o = i / (params.inner * params.slices);
  let start = o * params.reduce * params.inner + k;
  let slice = sliceOf(s, params.reduce);
  var total = vec2f(contribution(x[start + slice.first * params.inner]), 0.0);
  for (var r = slice.first + slice.step; r < slice.end; r += slice.step) {
    total = accumulate(total, contribution(x[start + r * params.inner]));
  }
  partials[i] = params.scale * total.x;
}
