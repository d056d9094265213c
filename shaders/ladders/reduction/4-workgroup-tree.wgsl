// partials[o, s] = ⊕ over the slice s of row o, for a contiguous reduced axis (inner = 1).
//
// o outer index, s slice, r index along the reduced axis.
// Rung 4: a workgroup per slice. Its 256 invocations read neighbouring elements, so a GPU fetches whole cache lines, and meet in
// a tree in workgroup memory. For hardware only (not yet timed there; its results are tested): on a software adapter one barrier costs
// eighty launches.

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
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

var<workgroup> totals: array<f32, 256>;

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

// What an invocation starts from: the neutral element of ⊕, or an element of the slice, which may occur twice in an extreme.
fn neutral(element: f32) -> f32 {
  switch OPERATION {
    case MAX, MIN: { return element; }
    case PRODUCT: { return 1.0; }
    default: { return 0.0; }
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

@compute @workgroup_size(256)
fn tree(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * groups.x;
  let o = i / params.slices;
  let s = i % params.slices;
  let length = (params.reduce + params.slices - 1u) / params.slices;
  let start = o * params.reduce;
  let end = start + min(params.reduce, (s + 1u) * length);
  let busy = i < params.outer * params.slices;
  var total = vec2f(neutral(x[min(start + s * length, params.outer * params.reduce - 1u)]), 0.0);
  if (busy) {
    for (var r = start + s * length + lane; r < end; r += 256u) {
      total = accumulate(total, contribution(x[r]));
    }
  }
  totals[lane] = total.x;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width /= 2u) {
    if (lane < width) {
      totals[lane] = combine(totals[lane], totals[lane + width]);
    }
    workgroupBarrier();
  }
  if (busy && lane == 0u) {
    partials[i] = params.scale * totals[0];
  }
}
