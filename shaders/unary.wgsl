// y_i = f(x_i) for one function f of one variable, chosen by OPERATION (the switch folds away when the pipeline is made).
//
// i element, j vector within an invocation.
// `naive` reads like the equation. `vectors` moves 4 vec4 per invocation, a workgroup's width apart so that neighbours stay
// neighbours: 2 to 4 times the bandwidth of one float per invocation on the software adapter.

override OPERATION: u32 = 0u;

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

// exp never sees a positive argument, so nothing overflows.
fn sigmoid(v: f32) -> f32 {
  let e = exp(-abs(v));
  return select(e, 1.0, v >= 0.0) / (1.0 + e);
}

fn softplus(v: f32) -> f32 {
  return max(v, 0.0) + log(1.0 + exp(-abs(v)));
}

// tanh is 1 to the last bit beyond 10; some drivers compute it from exp(2v), which overflows. A NaN (told by its bits) stays one.
fn safeTanh(v: f32) -> f32 {
  let isNumber = (bitcast<u32>(v) & 0x7fffffffu) <= 0x7f800000u;
  return select(v, tanh(clamp(v, -10.0, 10.0)), isNumber);
}

// ln v. Adapters differ where it is not defined (one gives 0 for -1), so zero and what is no positive number are told by their bits:
// -infinity and NaN, as PyTorch has it.
fn naturalLog(v: f32) -> f32 {
  let bits = bitcast<u32>(v);
  if (bits - 1u < 0x7f800000u) {
    return log(v);
  }
  let magnitude = bits & 0x7fffffffu;
  return bitcast<f32>(select(0x7fc00000u | (bits & 1u), 0xff800000u | magnitude, magnitude == 0u));
}

// Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7.
fn erf(v: f32) -> f32 {
  let a = abs(v);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(v) * (1.0 - p * exp(-min(a * a, 80.0)));
}

// v^e. WGSL's pow is undefined for v < 0; an integer exponent is legal there. A negative base with a fractional exponent is
// no real number: sqrt of the negative base is what the adapter gives for that.
fn power(v: f32, e: f32) -> f32 {
  let n = round(e);
  if (n == e && abs(e) <= 8.0) {
    var product = 1.0;
    for (var k = 0; k < i32(abs(e)); k++) {
      product *= v;
    }
    return select(product, 1.0 / product, e < 0.0);
  }
  if (v == 0.0) {
    return select(0.0, 1.0 / abs(v), e < 0.0);
  }
  let magnitude = pow(abs(v), e);
  if (v > 0.0) {
    return magnitude;
  }
  if (n != e) {
    return sqrt(v);
  }
  return select(magnitude, -magnitude, n - 2.0 * floor(n * 0.5) == 1.0);
}

// (sin v, cos v) to about 1e-7: WGSL only promises 2^-11. Cody and Waite's reduction by multiples of pi/2 in three parts, then the
// polynomials of the Cephes library on [-pi/4, pi/4]. Good for |v| up to some thousands.
fn sinCos(v: f32) -> vec2f {
  let n = round(v * 0.6366197723675814);
  let r = ((v - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549789948768648e-8;
  let z = r * r;
  let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let quarter = i32(n) & 3;
  let turned = select(vec2f(s, c), vec2f(c, -s), (quarter & 1) == 1);
  return select(turned, -turned, quarter >= 2);
}

fn f(v: f32) -> f32 {
  switch OPERATION {
    case NEG: { return -v; }
    case EXP: { return exp(v); }
    case LOG: { return naturalLog(v); }
    case SQRT: { return sqrt(v); }
    case RSQRT: { return 1.0 / sqrt(v); }
    case RECIPROCAL: { return 1.0 / v; }
    case TANH: { return safeTanh(v); }
    case SIGMOID: { return sigmoid(v); }
    case RELU: { return select(v, 0.0, v <= 0.0); }
    case LEAKY_RELU: { return select(v, params.alpha * v, v <= 0.0); }
    case ABS: { return abs(v); }
    case SQUARE: { return v * v; }
    case SIGN: { return sign(v); }
    case SOFTPLUS: { return softplus(v); }
    case SIN: { return sinCos(v).x; }
    case COS: { return sinCos(v).y; }
    case TAN: {
      let sc = sinCos(v);
      return sc.x / sc.y;
    }
    case GELU: { return 0.5 * v * (1.0 + safeTanh(SQRT_2_OVER_PI * (v + 0.044715 * v * v * v))); }
    case GELU_ERF: { return 0.5 * v * (1.0 + erf(SQRT_HALF * v)); }
    case POW: { return power(v, params.alpha); }
    case CLAMP: { return select(select(v, params.alpha, v < params.alpha), params.beta, v > params.beta); }
    case FLOOR: { return floor(v); }
    case CEIL: { return ceil(v); }
    case ROUND: { return round(v); }
    case ELU: { return select(v, params.alpha * (exp(min(v, 0.0)) - 1.0), v <= 0.0); }
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
  let start = (group.x + group.y * groups.x) * 1024u + lane;
  let last = (params.count - 1u) / 4u;
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = min(start + j * 256u, last);
    let v = x4[i];
    if (start + j * 256u <= last) {
      y4[i] = vec4f(f(v.x), f(v.y), f(v.z), f(v.w));
    }
  }
}
