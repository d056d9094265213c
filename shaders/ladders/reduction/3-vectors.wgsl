// partials[o, s, k] as in 2-slices.wgsl, with vec4 loads.
//
// o outer index, s slice, r index along the reduced axis, k inner index.
// Four times fewer loads. `columns` keeps four neighbouring results in one vector
// (inner is a multiple of 4).
// `rows` reads a contiguous reduced axis (inner = 1) as vectors and folds the four lanes at the end; rows start on whole
// vectors (reduce is a multiple of 4), or there is one row, whose last elements are added one by one.

// @include ../../include/reduction-operation.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x4: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials4: array<vec4f>;

// What elements contribute.
fn contribution(v: vec4f) -> vec4f {
  switch OPERATION {
    case SUM_SQUARES: { return v * v; }
    case SUM_ABS: { return abs(v); }
    default: { return v; }
  }
}

// @include ../../include/is-nan4.wgsl

fn combine(a: vec4f, b: vec4f) -> vec4f {
  switch OPERATION {
    case MAX: { return select(a, b, (b > a) | isNaN4(b)); }
    case MIN: { return select(a, b, (b < a) | isNaN4(b)); }
    case PRODUCT: { return a * b; }
    default: { return a + b; }
  }
}

// A total and, for sums, what rounding has left out of it, found for each block of terms (2Sum: Knuth, TAOCP 2, 4.2.2, theorem B): however
// many terms there are, the error stays that of a block. A block waits for one addition of the block before it; in Kahan's sum for four.
struct Total {
  sum: vec4f,
  rest: vec4f,
}

fn accumulate(total: Total, v: vec4f) -> Total {
  let sum = combine(total.sum, v);
  if (OPERATION == MAX || OPERATION == MIN || OPERATION == PRODUCT) {
    return Total(sum, vec4f());
  }
  let part = sum - total.sum;
  let rest = (total.sum - (sum - part)) + (v - part);
  // An infinite sum has no remainder.
  let finite = (bitcast<vec4u>(sum) & vec4u(0x7f800000u)) != vec4u(0x7f800000u);
  return Total(sum, total.rest + select(vec4f(), rest, finite));
}

fn whole(total: Total) -> vec4f {
  if (OPERATION == MAX || OPERATION == MIN || OPERATION == PRODUCT) {
    return total.sum;
  }
  return total.sum + total.rest;
}

// @include ../../include/slice.wgsl

// The terms of a slice that lie `pitch` vectors apart from `start` on, four at a time.
fn reduced(start: u32, slice: Slice, pitch: u32) -> Total {
  var total = Total(contribution(x4[start + slice.first * pitch]), vec4f());
  var r = slice.first + slice.step;
  for (; r + 3u * slice.step < slice.end; r += 4u * slice.step) {
    var four = contribution(x4[start + r * pitch]);
    // @unroll
    for (var j = 1u; j < 4u; j++) {
      four = combine(four, contribution(x4[start + (r + j * slice.step) * pitch]));
    }
    total = accumulate(total, four);
  }
  for (; r < slice.end; r += slice.step) {
    total = accumulate(total, contribution(x4[start + r * pitch]));
  }
  return total;
}

@compute @workgroup_size(64)
fn columns(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let inner4 = params.inner / 4u;
  if (i >= params.outer * params.slices * inner4) {
    return;
  }
  let k = i % inner4;
  let s = (i / inner4) % params.slices;
  let o = i / (inner4 * params.slices);
  let start = o * params.reduce * inner4 + k;
  partials4[i] = params.scale * whole(reduced(start, sliceOf(s, params.reduce), inner4));
}

@compute @workgroup_size(64)
fn rows(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.outer * params.slices) {
    return;
  }
  let s = i % params.slices;
  let o = i / params.slices;
  let reduce4 = params.reduce / 4u;
  let start = o * reduce4;
  var total = reduced(start, sliceOf(s, reduce4), 1u);
  if (s == 0u) {
    for (var r = 4u * reduce4; r < params.reduce; r++) {
      let rest = contribution(vec4f(x4[reduce4][r % 4u]));
      total.sum.x = combine(total.sum, rest).x;
    }
  }
  let sums = whole(total);
  let halves = combine(sums, sums.zwxy);
  partials[i] = params.scale * combine(halves, halves.yxwz).x;
}
