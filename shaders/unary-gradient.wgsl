// gx_i = gy_i · f'(x_i), where `saved` holds x or y = f(x), whichever gives the derivative more cheaply.
//
// i element, j vector within an invocation. Ties and edges follow PyTorch: relu'(0) = 0, abs'(0) = 0, clamp' = 1 at both bounds.
// The functions are those of unary.wgsl.
// `naive` reads like the equation; `vectors` moves 4 vec4 per invocation.

// @include include/unary-operations.wgsl

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

// @include include/sigmoid.wgsl
// @include include/normal-cdf.wgsl
// @include include/constant-power.wgsl
// @include include/sin-cos.wgsl

// With e = e^(-|2u|), y = v σ(2u): σ + v σ(1 - σ) 2u', where σ(1 - σ) = e / (1 + e)². Beyond 15 nothing of the second term is left.
fn geluGradient(v: f32) -> f32 {
  let u = SQRT_2_OVER_PI * (v + 0.044715 * v * v * v);
  let near = clamp(v, -15.0, 15.0);
  let e = exponential(-2.0 * abs(SQRT_2_OVER_PI * (near + 0.044715 * near * near * near)));
  let slope = 2.0 * SQRT_2_OVER_PI * (1.0 + 0.134145 * near * near);
  return sigmoid(2.0 * u) + near * slope * (e / ((1.0 + e) * (1.0 + e)));
}

fn geluErfGradient(v: f32) -> f32 {
  return normalCdf(v) + clamp(v, -20.0, 20.0) * INVERSE_SQRT_2PI * gaussian(SQRT_HALF * abs(v));
}

fn siluGradient(v: f32) -> f32 {
  return sigmoid(v) * (1.0 + v * sigmoid(-v));
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
    case TANH: { return g * ((1.0 - s) * (1.0 + s)); }
    case SIGMOID: { return g * s * (1.0 - s); }
    case RELU: { return select(g, 0.0, s <= 0.0); }
    case LEAKY_RELU: { return select(params.alpha * g, g, s > 0.0); }
    case ABS: { return g * sign(s); }
    case SQUARE: { return 2.0 * g * s; }
    case SOFTPLUS: { return g * sigmoid(s); }
    case SIN: { return g * sinCos(s).y; }
    case COS: { return -g * sinCos(s).x; }
    case TAN: { return g * (1.0 + s * s); }
    case GELU: { return g * geluGradient(s); }
    case GELU_ERF: { return g * geluErfGradient(s); }
    case POW: { return select(g * params.alpha * constantPower(s, params.alpha - 1.0), 0.0, params.alpha == 0.0); }
    case CLAMP: { return select(0.0, g, s >= params.alpha && s <= params.beta); }
    case ELU: { return select(g * params.alpha * exponential(select(s, 0.0, s > 0.0)), g, s > 0.0); }
    case SILU: { return g * siluGradient(s); }
    case AFFINE: { return params.alpha * g; }
    case ERF: { return g * TWO_OVER_SQRT_PI * gaussian(abs(s)); }
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
  let start = (group.x + group.y * groups.x) * 1024u + select(lane, 4u * lane, CONTIGUOUS);
  let step = select(256u, 1u, CONTIGUOUS);
  let last = (params.count - 1u) / 4u;
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = min(start + j * step, last);
    let g = gy4[i];
    let s = saved4[i];
    if (start + j * step <= last) {
      gx4[i] = vec4f(gradient(g.x, s.x), gradient(g.y, s.y), gradient(g.z, s.z), gradient(g.w, s.w));
    }
  }
}
