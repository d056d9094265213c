// gx_i = gy_i · f'(x_i), where `saved` holds x or y = f(x), whichever gives the derivative more cheaply.
//
// i element, j vector within an invocation. Ties and edges follow PyTorch: relu'(0) = 0, abs'(0) = 0, clamp' = 1 at both bounds.
// `naive` reads like the equation; `vectors` moves 4 vec4 per invocation.

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
const SOFTPLUS = 13u;
const SIN = 14u;
const COS = 15u;
const TAN = 16u;
const GELU = 17u;
const GELU_ERF = 18u;
const POW = 19u;
const CLAMP = 20u;
const ELU = 24u;
const SILU = 25u;
const AFFINE = 26u;
const ERF = 27u;

const SQRT_2_OVER_PI = 0.7978845608028654;
const SQRT_HALF = 0.7071067811865476;
const INVERSE_SQRT_2PI = 0.3989422804014327;
const TWO_OVER_SQRT_PI = 1.1283791670955126;

struct Params {
  count: u32,
  alpha: f32,
  beta: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gy: array<f32>;
@group(0) @binding(2) var<storage, read> saved: array<f32>;
@group(0) @binding(3) var<storage, read_write> gx: array<f32>;
@group(0) @binding(4) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(5) var<storage, read> saved4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> gx4: array<vec4f>;

fn sigmoid(v: f32) -> f32 {
  let e = exp(-abs(v));
  return select(e, 1.0, v >= 0.0) / (1.0 + e);
}

fn safeTanh(v: f32) -> f32 {
  return tanh(clamp(v, -10.0, 10.0));
}

// Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7.
fn erf(v: f32) -> f32 {
  let a = abs(v);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(v) * (1.0 - p * exp(-min(a * a, 80.0)));
}

// v^e, as in unary.wgsl.
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

fn geluGradient(v: f32) -> f32 {
  let t = safeTanh(SQRT_2_OVER_PI * (v + 0.044715 * v * v * v));
  return 0.5 * (1.0 + t) + 0.5 * v * (1.0 - t * t) * SQRT_2_OVER_PI * (1.0 + 0.134145 * v * v);
}

fn geluErfGradient(v: f32) -> f32 {
  return 0.5 * (1.0 + erf(SQRT_HALF * v)) + v * INVERSE_SQRT_2PI * exp(-0.5 * min(v * v, 160.0));
}

fn siluGradient(v: f32) -> f32 {
  let s = sigmoid(v);
  return s * (1.0 + v * (1.0 - s));
}

// g = gy_i, s = saved_i
fn gradient(g: f32, s: f32) -> f32 {
  switch OPERATION {
    case NEG: { return -g; }
    case EXP: { return g * s; }
    case LOG: { return g / s; }
    case SQRT: { return 0.5 * g / s; }
    case RSQRT: { return -0.5 * g * s * s * s; }
    case RECIPROCAL: { return -g * s * s; }
    case TANH: { return g * (1.0 - s * s); }
    case SIGMOID: { return g * s * (1.0 - s); }
    case RELU: { return select(0.0, g, s > 0.0); }
    case LEAKY_RELU: { return select(params.alpha * g, g, s > 0.0); }
    case ABS: { return g * sign(s); }
    case SQUARE: { return 2.0 * g * s; }
    case SOFTPLUS: { return g * sigmoid(s); }
    case SIN: { return g * sinCos(s).y; }
    case COS: { return -g * sinCos(s).x; }
    case TAN: { return g * (1.0 + s * s); }
    case GELU: { return g * geluGradient(s); }
    case GELU_ERF: { return g * geluErfGradient(s); }
    case POW: { return select(g * params.alpha * power(s, params.alpha - 1.0), 0.0, params.alpha == 0.0); }
    case CLAMP: { return select(0.0, g, s >= params.alpha && s <= params.beta); }
    case ELU: { return select(g * params.alpha * exp(min(s, 0.0)), g, s > 0.0); }
    case SILU: { return g * siluGradient(s); }
    case AFFINE: { return params.alpha * g; }
    case ERF: { return g * TWO_OVER_SQRT_PI * exp(-min(s * s, 80.0)); }
    default: { return g; }
  }
}

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    gx[i] = gradient(gy[i], saved[i]);
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
    let g = gy4[i];
    let s = saved4[i];
    if (start + j * 256u <= last) {
      gx4[i] = vec4f(gradient(g.x, s.x), gradient(g.y, s.y), gradient(g.z, s.z), gradient(g.w, s.w));
    }
  }
}
