// y[o, k] = scale · (x[o, 0, k] ⊕ x[o, 1, k] ⊕ …), where ⊕ is +, max, min or ·, and x is [outer, reduce, inner].
//
// o outer index, r index along the reduced axis, k inner index.
// Rung 1: one invocation per result, reading its elements one after another. Few results mean few invocations at work:
// one sum of a million floats takes 24 ms on the software adapter (two cores).

override OPERATION: u32 = 0u;

const SUM = 0u;
const MAX = 1u;
const MIN = 2u;
const PRODUCT = 3u;
const SUM_SQUARES = 4u;
const SUM_ABS = 5u;

struct Params {
  outer: u32,
  reduce: u32,
  inner: u32,
  slices: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

// What an element contributes.
fn contribution(v: f32) -> f32 {
  switch OPERATION {
    case SUM_SQUARES: { return v * v; }
    case SUM_ABS: { return abs(v); }
    default: { return v; }
  }
}

// A NaN (told by its bits) is never lost to a comparison.
fn isNaN(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

fn combine(a: f32, b: f32) -> f32 {
  switch OPERATION {
    case MAX: { return select(a, b, b > a || isNaN(b)); }
    case MIN: { return select(a, b, b < a || isNaN(b)); }
    case PRODUCT: { return a * b; }
    default: { return a + b; }
  }
}

// A total and, for sums, what rounding has added to it so far, which is taken from the next term (Kahan 1965): however many terms there
// are, the error stays that of one or two additions.
fn accumulate(total: vec2f, v: f32) -> vec2f {
  if (OPERATION == MAX || OPERATION == MIN || OPERATION == PRODUCT) {
    return vec2f(combine(total.x, v), 0.0);
  }
  let term = v - total.y;
  let sum = total.x + term;
  // An infinite sum has no remainder.
  let finite = (bitcast<u32>(sum) & 0x7f800000u) != 0x7f800000u;
  return vec2f(sum, select(0.0, (sum - total.x) - term, finite));
}

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
