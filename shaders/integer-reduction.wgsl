// partials[o, s, k] = x[o, s, k] ⊕ x[o, s + S, k] ⊕ x[o, s + 2S, k] ⊕ … of integers, where ⊕ is +, max or min and S = slices.
//
// o outer index, s slice, r index along the reduced axis, k inner index; x is [outer, reduce, inner]. With one slice this is the result.
// Integers add up to the same in any order; sums wrap around modulo 2^32.

override OPERATION: u32 = 0u;

const MAX = 1u;
const MIN = 2u;

struct Params {
  outer: u32,
  reduce: u32,
  inner: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<i32>;
@group(0) @binding(2) var<storage, read_write> partials: array<i32>;

fn combine(u: i32, v: i32) -> i32 {
  switch OPERATION {
    case MAX: { return max(u, v); }
    case MIN: { return min(u, v); }
    default: { return u + v; }
  }
}

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
  var total = x[start + s * params.inner];
  for (var r = s + params.slices; r < params.reduce; r += params.slices) {
    total = combine(total, x[start + r * params.inner]);
  }
  partials[i] = total;
}
