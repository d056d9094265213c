// y_i = f(x_i) for one function f of one variable, chosen by OPERATION (the switch folds away when the pipeline is made).
//
// i element, j vector within an invocation. Functions that adapters compute differently are written out here, so that they have the same
// bounds everywhere; a bound is in units in the last place (ulp) of the result. What is not a number is told by its bits.
// `naive` reads like the equation. `vectors` moves 4 vec4 per invocation, a workgroup's width apart so that neighbours stay
// neighbours: 2 to 4 times the bandwidth of one float per invocation on the software adapter.

override OPERATION: u32 = 0u;
// Where an invocation's four vectors lie: a workgroup's width apart, so that a GPU's neighbours stay neighbours; or one behind another, as a
// processor wants them, whose cache holds few lines at the same distance from a multiple of 4 KiB.
override CONTIGUOUS: bool = false;

const NEG = 0u;
const EXP = 1u;
const LOG = 2u;
const SQRT = 3u;
const RSQRT = 4u;
const RECIPROCAL = 5u;
const TANH = 6u;
const SIGMOID = 7u;
const RELU = 8u;
const LEAKY_RELU = 9u;
const ABS = 10u;
const SQUARE = 11u;
const SIGN = 12u;
const SOFTPLUS = 13u;
const SIN = 14u;
const COS = 15u;
const TAN = 16u;
const GELU = 17u;
const GELU_ERF = 18u;
const POW = 19u;
const CLAMP = 20u;
const FLOOR = 21u;
const CEIL = 22u;
const ROUND = 23u;
const ELU = 24u;
const SILU = 25u;
const AFFINE = 26u;
const ERF = 27u;

const SQRT_2_OVER_PI = 0.7978845608028654;
const SQRT_HALF = 0.7071067811865476;

struct Params {
  count: u32,
  alpha: f32,
  beta: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> x4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y4: array<vec4f>;

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

// e^v to 1 ulp, 0 and infinity where f32 ends: an adapter's own may be off by 3 + 2|v| ulp. e^v = 2^n e^r with n = round(v / ln 2).
fn exponential(v: f32) -> f32 {
  let x = select(select(v, 89.0, v > 89.0), -104.0, v < -104.0);
  let n = round(x * 1.4426950408889634);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  return select(scaled(1.0 + expMinusOneNear0(r), n), v, isNaN(v));
}

// e^v - 1 for v <= 0, to 2 ulp.
fn expMinusOne(v: f32) -> f32 {
  return select(exponential(v) - 1.0, expMinusOneNear0(v), v > -0.35);
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

// ln(1 + e) for 0 <= e <= 1, to 3 ulp: 2 artanh(d / 2) with d = e / (1 + e / 2) <= 2/3.
fn logOnePlus(e: f32) -> f32 {
  let d = e / (1.0 + 0.5 * e);
  let z = 0.25 * d * d;
  var p = 0.1401223;
  p = p * z + 0.1399957;
  p = p * z + 0.2001085;
  p = p * z + 0.33333207;
  return d + d * z * p;
}

// exponential never sees a positive argument, so nothing overflows. To 3 ulp.
fn sigmoid(v: f32) -> f32 {
  let e = exponential(-abs(v));
  return select(e, 1.0, v >= 0.0) / (1.0 + e);
}

// ln(1 + e^v) to 3 ulp.
fn softplus(v: f32) -> f32 {
  return select(v, 0.0, v <= 0.0) + logOnePlus(exponential(-abs(v)));
}

// tanh v to 2 ulp: Cephes' polynomial near 0, where 1 - 2 / (e^2v + 1) would cancel.
fn hyperbolicTangent(v: f32) -> f32 {
  let z = v * v;
  var p = -5.70498872745e-3;
  p = p * z + 2.06390887954e-2;
  p = p * z - 5.37397155531e-2;
  p = p * z + 1.33314422036e-1;
  p = p * z - 3.33332819422e-1;
  let far = 1.0 - 2.0 / (exponential(2.0 * abs(v)) + 1.0);
  return select(select(far, -far, v < 0.0), p * z * v + v, abs(v) < 0.625);
}

// The first 12 bits of a significand: products of two such numbers are exact.
fn head(v: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(v) & 0xfffff000u);
}

// e^(-a²) for a >= 0, to 3 ulp; 0 from 12 on.
fn gaussian(a: f32) -> f32 {
  let x = select(a, 12.0, a > 12.0);
  return exponential(-head(x) * head(x)) * exponential((head(x) - x) * (head(x) + x));
}

// erf v for |v| < 1, to 3 ulp; a minimax polynomial in v².
fn erfNear0(v: f32) -> f32 {
  let z = v * v;
  var p = 7.88912265e-5;
  p = p * z - 8.02084221e-4;
  p = p * z + 5.18953544e-3;
  p = p * z - 2.68544446e-2;
  p = p * z + 1.12836002e-1;
  p = p * z - 3.76126271e-1;
  p = p * z + 1.12837917;
  return v * p;
}

// erfc a = 1 - erf a for a >= 1, to 6 ulp: e^(-a²) / a times a minimax polynomial in (a - 2) / (a + 2). 0 from 12 on.
fn erfTail(a: f32) -> f32 {
  let x = min(a, 12.0);
  let t = (x - 2.0) / (x + 2.0);
  var p = -9.0556463e-4;
  p = p * t + 1.0816878e-3;
  p = p * t + 4.8257715e-3;
  p = p * t - 7.5156254e-3;
  p = p * t - 2.8979762e-2;
  p = p * t + 1.2151508e-1;
  p = p * t - 2.038442e-1;
  p = p * t + 1.6721101e-1;
  p = p * t + 5.1079136e-1;
  return gaussian(x) * p / x;
}

fn erf(v: f32) -> f32 {
  let a = abs(v);
  let far = 1.0 - erfTail(max(a, 1.0));
  return select(select(select(far, -far, v < 0.0), erfNear0(v), a < 1.0), v, isNaN(v));
}

// The standard normal distribution Φ(v) = (1 + erf(v / sqrt 2)) / 2, without cancellation where v < 0.
fn normalCdf(v: f32) -> f32 {
  let u = SQRT_HALF * v;
  let a = abs(u);
  let tail = 0.5 * erfTail(max(a, 1.0));
  return select(select(select(1.0 - tail, tail, v < 0.0), 0.5 + 0.5 * erfNear0(u), a < 1.0), v, isNaN(v));
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

// The same for an exponent that is the same for all: a small whole power is a product.
fn constantPower(v: f32, e: f32) -> f32 {
  if (round(e) == e && abs(e) <= 8.0) {
    var product = 1.0;
    for (var k = 0; k < i32(abs(e)); k++) {
      product *= v;
    }
    return select(product, 1.0 / product, e < 0.0);
  }
  return power(v, e);
}

// The bits of 2/π behind the binary point, after 32 zeros.
const TWO_OVER_PI = array<u32, 8>(
  0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu,
);

// The upper word of the product of two words.
fn productHigh(a: u32, b: u32) -> u32 {
  let p = (a >> 16u) * (b & 0xffffu);
  let q = (a & 0xffffu) * (b >> 16u);
  let middle = (((a & 0xffffu) * (b & 0xffffu)) >> 16u) + (p & 0xffffu) + (q & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (p >> 16u) + (q >> 16u) + (middle >> 16u);
}

struct Reduced {
  rest: f32,
  quarter: i32,
}

// v = quarter π/2 + rest (mod 2π) for large v (Payne and Hanek 1983): with v = m 2^e, the words of 2/π that matter times m, modulo 4.
fn reducedLarge(v: f32) -> Reduced {
  let bits = bitcast<u32>(v);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let first = ((bits >> 23u) & 0xffu) - 120u;
  let word = first >> 5u;
  let shift = first & 31u;
  var window = vec3u();
  // @unroll
  for (var j = 0u; j < 3u; j++) {
    // Shifted in two steps: a shift by 32 is none.
    window[j] = (TWO_OVER_PI[word + j] << shift) | ((TWO_OVER_PI[min(word + j + 1u, 7u)] >> 1u) >> (31u - shift));
  }
  let low = m * window.z;
  let middle = m * window.y;
  let carried = middle + productHigh(m, window.z);
  let high = m * window.x + productHigh(m, window.y) + select(0u, 1u, carried < middle);
  // Two bits of quarters, then the fraction of one, in two words; its upper half counts from the next quarter down.
  let over = select(0u, 0xffffffffu, (high & 0x20000000u) != 0u);
  let fraction = vec2u((high << 2u) | (carried >> 30u), (carried << 2u) | (low >> 30u)) ^ vec2u(over);
  let zeros = select(countLeadingZeros(fraction.x), 32u, fraction.x == 0u);
  let top = select((fraction.x << zeros) | ((fraction.y >> 1u) >> (31u - zeros)), fraction.y, zeros == 32u);
  let magnitude = f32(top) * bitcast<f32>((95u - zeros) << 23u) * 1.5707963267948966;
  let quarter = i32((high >> 30u) + (over & 1u));
  let below = (over != 0u) != (v < 0.0);
  return Reduced(select(magnitude, -magnitude, below), select(quarter, -quarter, v < 0.0) & 3);
}

// The same for any v: Cody and Waite's reduction (1980) by multiples of π/2 in four parts up to 8000, where they are exact.
fn reduced(v: f32) -> Reduced {
  if (abs(v) > 8000.0) {
    return reducedLarge(v);
  }
  let n = round(v * 0.6366197723675814);
  let rest = (((v - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549533620476723e-8) - n * 2.5633440682570896e-12;
  return Reduced(rest, i32(n) & 3);
}

// (sin v, cos v), each to 3 ulp: WGSL only promises 2^-11 and nothing beyond [-π, π]. Cephes' polynomials on [-π/4, π/4]. NaN where v is none.
fn sinCos(v: f32) -> vec2f {
  let x = reduced(v);
  let r = x.rest;
  let z = r * r;
  let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let turned = select(vec2f(s, c), vec2f(c, -s), (x.quarter & 1) == 1);
  let bits = bitcast<u32>(v);
  let finite = (bits & 0x7f800000u) != 0x7f800000u;
  return select(vec2f(bitcast<f32>(0x7fc00000u | (bits & 1u))), select(turned, -turned, x.quarter >= 2), finite);
}

fn f(v: f32) -> f32 {
  switch OPERATION {
    case NEG: { return -v; }
    case EXP: { return exponential(v); }
    case LOG: { return naturalLog(v); }
    case SQRT: { return sqrt(v); }
    case RSQRT: { return 1.0 / sqrt(v); }
    case RECIPROCAL: { return 1.0 / v; }
    case TANH: { return hyperbolicTangent(v); }
    case SIGMOID: { return sigmoid(v); }
    case RELU: { return select(v, 0.0, v <= 0.0); }
    case LEAKY_RELU: { return select(v, params.alpha * v, v <= 0.0); }
    case ABS: { return abs(v); }
    case SQUARE: { return v * v; }
    case SIGN: { return select(sign(v), v, isNaN(v)); }
    case SOFTPLUS: { return softplus(v); }
    case SIN: { return sinCos(v).x; }
    case COS: { return sinCos(v).y; }
    case TAN: {
      let sc = sinCos(v);
      return sc.x / sc.y;
    }
    case GELU: { return v * sigmoid(2.0 * SQRT_2_OVER_PI * (v + 0.044715 * v * v * v)); }
    case GELU_ERF: { return v * normalCdf(v); }
    case POW: { return constantPower(v, params.alpha); }
    case CLAMP: {
      let raised = select(v, params.alpha, v < params.alpha);
      return select(raised, params.beta, raised > params.beta);
    }
    case FLOOR: { return floor(v); }
    case CEIL: { return ceil(v); }
    case ROUND: { return round(v); }
    case ELU: { return select(v, params.alpha * expMinusOne(v), v <= 0.0); }
    case SILU: { return v * sigmoid(v); }
    case AFFINE: { return params.alpha * v + params.beta; }
    case ERF: { return erf(v); }
    default: { return v; }
  }
}

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    y[i] = f(x[i]);
  }
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
    let v = x4[i];
    if (start + j * step <= last) {
      y4[i] = vec4f(f(v.x), f(v.y), f(v.z), f(v.w));
    }
  }
}
