// partials[o, s, k] = x[o, s, k] ⊕ x[o, s + S, k] ⊕ x[o, s + 2S, k] ⊕ …, with S = slices; or a block of neighbours, where CONTIGUOUS.
//
// o outer index, s slice, r index along the reduced axis, k inner index.
// Rung 2: the reduced axis is dealt out to S invocations, so that a long sum with few results uses the whole machine. The
// partials are reduced in turn until few are left. The order is fixed, so the same input gives the same bits. No barrier.
// The sum of a million floats: 6 ms.

override OPERATION: u32 = 0u;
// A slice is one block of terms, which a processor's cache fetches ahead, instead of every slices-th, which neighbouring invocations of a
// GPU read together.
override CONTIGUOUS: bool = false;

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
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

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
fn slices(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.slices * params.inner) {
    return;
  }
  let k = i % params.inner;
  let s = (i / params.inner) % params.slices;
  let o = i / (params.inner * params.slices);
  let start = o * params.reduce * params.inner + k;
  let length = (params.reduce + params.slices - 1u) / params.slices;
  let first = select(s, s * length, CONTIGUOUS);
  let end = select(params.reduce, min(first + length, params.reduce), CONTIGUOUS);
  let step = select(params.slices, 1u, CONTIGUOUS);
  var total = vec2f(contribution(x[start + first * params.inner]), 0.0);
  for (var r = first + step; r < end; r += step) {
    total = accumulate(total, contribution(x[start + r * params.inner]));
  }
  partials[i] = params.scale * total.x;
}
