// y[o, k] = the first r at which x[o, r, k] is greatest (or least), the first NaN where there is one.
//
// o outer index, r index along the reduced axis, k inner index, s slice; x is [outer, reduce, inner].
// `naive`: one invocation per result. `slices` and `merge`: the axis is dealt out to S invocations, then the S candidates are compared;
// among equal values the smallest index wins in both.

override SMALLEST: bool = false;

struct Params {
  outer: u32,
  reduce: u32,
  inner: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;
@group(0) @binding(3) var<storage, read_write> values: array<f32>;
@group(0) @binding(4) var<storage, read_write> candidates: array<u32>;

// @include include/is-nan.wgsl

// Whether a goes before b. A NaN goes before every number, as in PyTorch and NumPy.
fn better(a: f32, b: f32) -> bool {
  return (select(a > b, a < b, SMALLEST) || isNaN(a)) && !isNaN(b);
}

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.inner) {
    return;
  }
  let start = (i / params.inner) * params.reduce * params.inner + i % params.inner;
  var best = x[start];
  var at = 0u;
  for (var r = 1u; r < params.reduce; r++) {
    let v = x[start + r * params.inner];
    if (better(v, best)) {
      best = v;
      at = r;
    }
  }
  y[i] = i32(at);
}

@compute @workgroup_size(64)
fn slices(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.slices * params.inner) {
    return;
  }
  let k = i % params.inner;
  let s = (i / params.inner) % params.slices;
  let start = (i / (params.inner * params.slices)) * params.reduce * params.inner + k;
  var best = x[start + s * params.inner];
  var at = s;
  for (var r = s + params.slices; r < params.reduce; r += params.slices) {
    let v = x[start + r * params.inner];
    if (better(v, best)) {
      best = v;
      at = r;
    }
  }
  values[i] = best;
  candidates[i] = at;
}

@compute @workgroup_size(64)
fn merge(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.inner) {
    return;
  }
  let start = (i / params.inner) * params.slices * params.inner + i % params.inner;
  var best = values[start];
  var at = candidates[start];
  for (var s = 1u; s < params.slices; s++) {
    let v = values[start + s * params.inner];
    let r = candidates[start + s * params.inner];
    if (better(v, best) || (!better(best, v) && r < at)) {
      best = v;
      at = r;
    }
  }
  y[i] = i32(at);
}
