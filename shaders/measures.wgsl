// y[k] = how far the candidate u[k, ·] is from the pattern h: nine measures, one MEASURE of them (the switches fold away).
//
// k candidate, i element, length elements each, p the exponent of Minkowski's measure. Every measure is a function of at most three sums (or one
// maximum) over the elements: `term` gives what an element adds, `result` what the sums mean.
//   dot         sum u h                        cosine     1 - sum u h / sqrt(sum u^2 sum h^2)    manhattan  sum |u - h|
//   euclidean   sqrt(sum (u - h)^2)            minkowski  (sum |u - h|^p)^(1/p)                  chebyshev  max |u - h|
//   earthMover  mean |u - h|, both sorted      canberra   sum |u - h| / (|u| + |h|)              brayCurtis sum |u - h| / sum |u + h|
// One invocation per candidate. Sums of 64 terms are added up apart, and 64 of these again, so that long sums stay exact.

override MEASURE: u32 = 0u;

const DOT = 0u;
const COSINE = 1u;
const MANHATTAN = 2u;
const EUCLIDEAN = 3u;
const MINKOWSKI = 4u;
const CHEBYSHEV = 5u;
const EARTH_MOVER = 6u;
const CANBERRA = 7u;
const BRAY_CURTIS = 8u;

const BLOCK = 64u;

struct Params {
  rows: u32,
  length: u32,
  p: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

// @include include/is-nan.wgsl

// a / b, and 0 / 0 = 0.
fn ratio(a: f32, b: f32) -> f32 {
  if (a == 0.0) {
    return 0.0;
  }
  return a / b;
}

// v^e for v >= 0; a NaN stays one.
fn powerOf(v: f32, e: f32) -> f32 {
  return select(v, pow(v, e), v > 0.0 && !isNaN(v));
}

fn term(a: f32, b: f32) -> vec3f {
  let difference = abs(a - b);
  switch MEASURE {
    case DOT: { return vec3f(a * b, 0.0, 0.0); }
    case COSINE: { return vec3f(a * b, a * a, b * b); }
    case EUCLIDEAN: { return vec3f(difference * difference, 0.0, 0.0); }
    case MINKOWSKI: { return vec3f(powerOf(difference, params.p), 0.0, 0.0); }
    case CANBERRA: { return vec3f(ratio(difference, abs(a) + abs(b)), 0.0, 0.0); }
    case BRAY_CURTIS: { return vec3f(difference, abs(a + b), 0.0); }
    default: { return vec3f(difference, 0.0, 0.0); }
  }
}

fn combine(a: vec3f, b: vec3f) -> vec3f {
  if (MEASURE == CHEBYSHEV) {
    return select(a, b, b.x > a.x || isNaN(b.x));
  }
  return a + b;
}

fn result(s: vec3f) -> f32 {
  switch MEASURE {
    case COSINE: {
      // A vector of zeros is like none.
      let lengths = sqrt(s.y) * sqrt(s.z);
      return select(1.0 - s.x / lengths, 1.0, lengths == 0.0);
    }
    case EUCLIDEAN: { return sqrt(s.x); }
    case MINKOWSKI: { return powerOf(s.x, 1.0 / params.p); }
    case EARTH_MOVER: { return s.x / f32(params.length); }
    case BRAY_CURTIS: { return ratio(s.x, s.y); }
    default: { return s.x; }
  }
}

@compute @workgroup_size(64)
fn rows(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.x + id.y * groups.x * 64u;
  if (k >= params.rows) {
    return;
  }
  var total = vec3f();
  for (var chapter = 0u; chapter < params.length; chapter += BLOCK * BLOCK) {
    let last = min(params.length, chapter + BLOCK * BLOCK);
    var subtotal = vec3f();
    for (var start = chapter; start < last; start += BLOCK) {
      let end = min(last, start + BLOCK);
      var part = vec3f();
      for (var i = start; i < end; i++) {
        part = combine(part, term(u[k * params.length + i], h[i]));
      }
      subtotal = combine(subtotal, part);
    }
    total = combine(total, subtotal);
  }
  y[k] = result(total);
}
