// y_i = f(a_i, b_i) with broadcasting, for one function f of two variables chosen by OPERATION (the switch folds away).
//
// i element of the output, j vector within an invocation. An operand is read by its stride per output axis (0 where it is repeated).
// `naive` decodes up to 8 axes: `outer` holds the first four extents, `inner` the last four, leading axes of extent 1.
// `vectors` covers what layers need, with 4 vec4 per invocation. There the output is [rows, columns] and each operand is whole,
// one scalar, one row repeated down (a bias), or one column repeated across: MODE_A and MODE_B say which. WIDE: columns is a multiple of 4;
// an override and not a test, because a branch that lanes might take differently costs the software adapter three vec4 loads.
// `blocks` decodes any axes, but once per vec4: the last extent is a multiple of 4, and each operand is contiguous along it (WHOLE) or
// constant (SCALAR). The last extent and the strides of contiguous operands are then counted in vectors.

override OPERATION: u32 = 0u;
override MODE_A: u32 = 0u;
override MODE_B: u32 = 0u;
override WIDE: bool = false;
// Where an invocation's four vectors lie: a workgroup's width apart, so that a GPU's neighbours stay neighbours; or one behind another, as a
// processor wants them, whose cache holds few lines at the same distance from a multiple of 4 KiB.
override CONTIGUOUS: bool = false;

const ADD = 0u;
const SUB = 1u;
const MUL = 2u;
const DIV = 3u;
const MAXIMUM = 4u;
const MINIMUM = 5u;
const POW = 6u;
const ATAN2 = 7u;
const GREATER = 8u;
const GREATER_EQUAL = 9u;
const LESS = 10u;
const LESS_EQUAL = 11u;
const EQUAL = 12u;
const NOT_EQUAL = 13u;
const HEAVISIDE = 14u;
const SCALE_ADD = 15u;
const POW_GRADIENT_BASE = 16u;
const POW_GRADIENT_EXPONENT = 17u;

const WHOLE = 0u;
const SCALAR = 1u;
const ROW = 2u;
const COLUMN = 3u;

struct Params {
  count: u32,
  columns: u32,
  alpha: f32,
  beta: f32,
  outer: vec4u,
  inner: vec4u,
  outerStrideA: vec4u,
  innerStrideA: vec4u,
  outerStrideB: vec4u,
  innerStrideB: vec4u,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> a4: array<vec4f>;
@group(0) @binding(5) var<storage, read> b4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y4: array<vec4f>;

// A NaN (told by its bits) is never lost to a comparison.
fn isNaN(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

// e^r - 1 for |r| <= 0.35 (Cephes).
fn expMinusOneNear0(r: f32) -> f32 {
  var p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  return p * r * r + r;
}

// 2^n v for a whole n, -252 <= n <= 254, in two steps, so that neither factor leaves the range. A whole number added to 1.5 · 2^23 stands
// in the last bits of the sum: cheaper than a conversion, which must saturate.
fn scaled(v: f32, n: f32) -> f32 {
  let whole = bitcast<u32>(n + 12582912.0);
  let half = bitcast<u32>(0.5 * n + 12582912.0);
  return v * bitcast<f32>((half << 23u) + 0x3f800000u) * bitcast<f32>(((whole - half) << 23u) + 0x3f800000u);
}

// ln v to 1 ulp (Cephes), -infinity at 0, NaN below: v = 2^n m with sqrt(1/2) <= m < sqrt(2). A subnormal number is its bits times 2^-149.
fn naturalLog(v: f32) -> f32 {
  let bits = bitcast<u32>(v);
  if (bits - 1u >= 0x7f7fffffu) {
    let magnitude = bits & 0x7fffffffu;
    let ending = select(0x7fc00000u | (bits & 1u), bits, bits == 0x7f800000u);
    return bitcast<f32>(select(ending, 0xff800000u | magnitude, magnitude == 0u));
  }
  let subnormal = bits < 0x800000u;
  let shifted = select(bits, bitcast<u32>(f32(bits)), subnormal) - 0x3f3504f3u;
  let n = f32((bitcast<i32>(shifted) >> 23u) - select(0, 149, subnormal));
  let r = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0;
  let z = r * r;
  var p = 7.0376836292e-2;
  p = p * r - 1.1514610310e-1;
  p = p * r + 1.1676998740e-1;
  p = p * r - 1.2420140846e-1;
  p = p * r + 1.4249322787e-1;
  p = p * r - 1.6668057665e-1;
  p = p * r + 2.0000714765e-1;
  p = p * r - 2.4999993993e-1;
  p = p * r + 3.3333331174e-1;
  return r + (p * r * z - 2.12194440e-4 * n - 0.5 * z) + 0.693359375 * n;
}

// The first 12 bits of a significand: products of two such numbers are exact.
fn head(v: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(v) & 0xfffff000u);
}

// v^e for finite v > 0 and finite e, to 2 ulp: 2^(e log2 v) with log2 v in two parts (fdlibm's powf; v = 2^n m as in naturalLog).
fn positivePower(v: f32, e: f32) -> f32 {
  let bits = bitcast<u32>(v);
  let subnormal = bits < 0x800000u;
  let shifted = select(bits, bitcast<u32>(f32(bits)), subnormal) - 0x3f3504f3u;
  let n = f32((bitcast<i32>(shifted) >> 23u) - select(0, 149, subnormal));
  let m = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u);
  // ln m = 2 artanh(s), s = (m - 1) / (m + 1) = s1 + s2.
  let inverse = 1.0 / (m + 1.0);
  let s = (m - 1.0) * inverse;
  let s1 = head(s);
  let m1 = head(m + 1.0);
  let s2 = inverse * (((m - 1.0) - s1 * m1) - s1 * (m - (m1 - 1.0)));
  let z = s * s;
  var p = 2.0697501302e-1;
  p = p * z + 2.3066075146e-1;
  p = p * z + 2.7272811532e-1;
  p = p * z + 3.3333334327e-1;
  p = p * z + 4.2857143283e-1;
  p = p * z + 6.0000002384e-1;
  let r = p * z * z + s2 * (s1 + s);
  let t1 = head(3.0 + s1 * s1 + r);
  let t2 = r - ((t1 - 3.0) - s1 * s1);
  let rest = s2 * t1 + t2 * s;
  let l1 = head(s1 * t1 + rest);
  let l2 = rest - (l1 - s1 * t1);
  // log2 v = g1 + g2, with 2 / (3 ln 2) in two parts.
  let product = 9.619140625e-1 * l1;
  let tail = -1.1736857402e-4 * l1 + l2 * 9.6179670095e-1;
  let g1 = head((product + tail) + n);
  let g2 = tail - ((g1 - n) - product);
  // e log2 v = y1 + y2, of which the whole part q becomes an exponent.
  let e1 = head(e);
  let y2 = (e - e1) * g1 + e * g2;
  let y = e1 * g1 + y2;
  let q = round(clamp(y, -151.0, 129.0));
  let y1 = e1 * g1 - q;
  let b1 = bitcast<f32>(bitcast<u32>(y1 + y2) & 0xffff8000u);
  let b2 = (y2 - (b1 - y1)) * 6.9314718246e-1 + b1 * 1.42860654e-6;
  let x = b1 * 6.93145752e-1 + b2;
  let low = b2 - (x - b1 * 6.93145752e-1);
  let inside = scaled(1.0 + (expMinusOneNear0(x) + (low + x * low)), q);
  return select(select(inside, scaled(2.0, 254.0), y >= 129.0), 0.0, y <= -151.0);
}

// v^e with the edges of C and PyTorch: 1 for e = 0 and for v = 1 whatever the other is, NaN for a negative v with a fractional e.
fn power(v: f32, e: f32) -> f32 {
  if (e == 0.0 || v == 1.0) {
    return 1.0;
  }
  if (isNaN(v) || isNaN(e)) {
    return select(e, v, isNaN(v));
  }
  let a = abs(v);
  let whole = round(e) == e;
  let odd = whole && abs(e) < 16777216.0 && e - 2.0 * floor(e * 0.5) == 1.0;
  let infinite = (bitcast<u32>(e) & 0x7fffffffu) == 0x7f800000u;
  var y = 1.0;
  if ((bitcast<u32>(a) - 1u) >= 0x7f7fffffu || infinite) {
    // Zero or infinite on either side: 0 where the base shrinks, infinity where it grows.
    let grows = (a > 1.0) == (e > 0.0);
    y = select(select(0.0, scaled(2.0, 254.0), grows), 1.0, a == 1.0);
  } else if (v < 0.0 && !whole) {
    return bitcast<f32>(0x7fc00000u | (bitcast<u32>(a) & 1u));
  } else {
    y = positivePower(a, e);
  }
  return select(y, -y, odd && (bitcast<u32>(v) >> 31u) == 1u);
}

// The angle of the point (x, y), to 4 ulp: the arc tangent of the smaller coordinate over the larger (Cephes). Zeros have signs.
fn angleOf(y: f32, x: f32) -> f32 {
  if (isNaN(x) || isNaN(y)) {
    return select(x, y, isNaN(y));
  }
  let a = abs(y);
  let b = abs(x);
  let most = max(a, b);
  let ratio = select(min(a, b) / most, select(1.0, 0.0, most == 0.0), a == b);
  // About 1 above tan(π/8).
  let far = ratio > 0.41421356;
  let t = select(ratio, (ratio - 1.0) / (ratio + 1.0), far);
  let z = t * t;
  var p = 8.05374449538e-2;
  p = p * z - 1.38776856032e-1;
  p = p * z + 1.99777106478e-1;
  p = p * z - 3.33329491539e-1;
  let first = select(0.0, 0.7853981633974483, far) + (p * z * t + t);
  let second = select(first, 1.5707963267948966 - first, a > b);
  let third = select(second, 3.141592653589793 - second, (bitcast<u32>(x) >> 31u) == 1u);
  return select(third, -third, (bitcast<u32>(y) >> 31u) == 1u);
}

fn f(u: f32, v: f32) -> f32 {
  switch OPERATION {
    case ADD: { return u + v; }
    case SUB: { return u - v; }
    case MUL: { return u * v; }
    case DIV: { return u / v; }
    case MAXIMUM: { return select(u, v, v > u || isNaN(v)); }
    case MINIMUM: { return select(u, v, v < u || isNaN(v)); }
    case POW: { return power(u, v); }
    case ATAN2: { return angleOf(u, v); }
    case GREATER: { return select(0.0, 1.0, u > v); }
    case GREATER_EQUAL: { return select(0.0, 1.0, u >= v); }
    case LESS: { return select(0.0, 1.0, u < v); }
    case LESS_EQUAL: { return select(0.0, 1.0, u <= v); }
    case EQUAL: { return select(0.0, 1.0, u == v); }
    case NOT_EQUAL: { return select(0.0, 1.0, u != v); }
    case HEAVISIDE: { return select(select(0.0, 0.5, u == v), 1.0, u > v); }
    case SCALE_ADD: { return params.alpha * u + params.beta * v; }
    case POW_GRADIENT_BASE: { return select(v * power(u, v - 1.0), 0.0, v == 0.0); }
    case POW_GRADIENT_EXPONENT: { return select(power(u, v) * naturalLog(u), 0.0, u == 0.0 && v >= 0.0); }
    default: { return u; }
  }
}

@compute @workgroup_size(256)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.count) {
    return;
  }
  var rest = i;
  var indexA = 0u;
  var indexB = 0u;
  // @unroll
  for (var d = 0u; d < 4u; d++) {
    let position = rest % params.inner[3u - d];
    rest = rest / params.inner[3u - d];
    indexA += position * params.innerStrideA[3u - d];
    indexB += position * params.innerStrideB[3u - d];
  }
  if (rest > 0u) {
    // @unroll
    for (var d = 0u; d < 4u; d++) {
      let position = rest % params.outer[3u - d];
      rest = rest / params.outer[3u - d];
      indexA += position * params.outerStrideA[3u - d];
      indexB += position * params.outerStrideB[3u - d];
    }
  }
  y[i] = f(a[indexA], b[indexB]);
}

// Index of the operand's element that belongs to output element e.
fn indexOf(e: u32, mode: u32) -> u32 {
  switch mode {
    case SCALAR: { return 0u; }
    case ROW: { return e % params.columns; }
    case COLUMN: { return e / params.columns; }
    default: { return e; }
  }
}

// Elements 4i to 4i+3 of an operand, where the output's rows hold whole vectors (columns % 4 = 0) or the operand is whole.
fn vectorA(i: u32) -> vec4f {
  if (MODE_A == WHOLE) {
    return a4[i];
  }
  if (MODE_A == SCALAR) {
    return vec4f(a4[0].x);
  }
  if (WIDE && MODE_A == ROW) {
    return a4[i % (params.columns / 4u)];
  }
  if (WIDE) {
    let row = i / (params.columns / 4u);
    return vec4f(a4[row / 4u][row % 4u]);
  }
  var v = vec4f();
  // @unroll
  for (var k = 0u; k < 4u; k++) {
    let e = indexOf(4u * i + k, MODE_A);
    v[k] = a4[e / 4u][e % 4u];
  }
  return v;
}

fn vectorB(i: u32) -> vec4f {
  if (MODE_B == WHOLE) {
    return b4[i];
  }
  if (MODE_B == SCALAR) {
    return vec4f(b4[0].x);
  }
  if (WIDE && MODE_B == ROW) {
    return b4[i % (params.columns / 4u)];
  }
  if (WIDE) {
    let row = i / (params.columns / 4u);
    return vec4f(b4[row / 4u][row % 4u]);
  }
  var v = vec4f();
  // @unroll
  for (var k = 0u; k < 4u; k++) {
    let e = indexOf(4u * i + k, MODE_B);
    v[k] = b4[e / 4u][e % 4u];
  }
  return v;
}

// Past the end an invocation takes the last vector once more, so that no load branches, but does not store it.
@compute @workgroup_size(256)
fn vectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = (group.x + group.y * groups.x) * 1024u + select(lane, 4u * lane, CONTIGUOUS);
  let step = select(256u, 1u, CONTIGUOUS);
  let last = (params.count - 1u) / 4u;
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = min(start + j * step, last);
    let u = vectorA(i);
    let v = vectorB(i);
    if (start + j * step <= last) {
      y4[i] = vec4f(f(u.x, v.x), f(u.y, v.y), f(u.z, v.z), f(u.w, v.w));
    }
  }
}

@compute @workgroup_size(256)
fn blocks(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (4u * i >= params.count) {
    return;
  }
  var rest = i;
  var indexA = 0u;
  var indexB = 0u;
  // @unroll
  for (var d = 0u; d < 4u; d++) {
    let position = rest % params.inner[3u - d];
    rest = rest / params.inner[3u - d];
    indexA += position * params.innerStrideA[3u - d];
    indexB += position * params.innerStrideB[3u - d];
  }
  if (rest > 0u) {
    // @unroll
    for (var d = 0u; d < 4u; d++) {
      let position = rest % params.outer[3u - d];
      rest = rest / params.outer[3u - d];
      indexA += position * params.outerStrideA[3u - d];
      indexB += position * params.outerStrideB[3u - d];
    }
  }
  var u = vec4f();
  if (MODE_A == WHOLE) {
    u = a4[indexA];
  } else {
    u = vec4f(a4[indexA / 4u][indexA % 4u]);
  }
  var v = vec4f();
  if (MODE_B == WHOLE) {
    v = b4[indexB];
  } else {
    v = vec4f(b4[indexB / 4u][indexB % 4u]);
  }
  y4[i] = vec4f(f(u.x, v.x), f(u.y, v.y), f(u.z, v.z), f(u.w, v.w));
}
