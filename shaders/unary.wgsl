// y_i = f(x_i) for one function f of one variable, chosen by OPERATION (the switch folds away when the pipeline is made).
//
// i element, j vector within an invocation. Functions that adapters compute differently are written out here, so that they have the same
// bounds everywhere; a bound is in units in the last place (ulp) of the result. What is not a number is told by its bits.
// `naive` reads like the equation. `vectors` moves 4 vec4 per invocation, a workgroup's width apart so that neighbours stay
// neighbours.

// @include include/unary-operations.wgsl

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

// @include include/natural-log.wgsl
// @include include/sigmoid.wgsl
// @include include/normal-cdf.wgsl
// @include include/constant-power.wgsl
// @include include/sin-cos.wgsl

// e^v - 1 for v <= 0, to 2 ulp.
fn expMinusOne(v: f32) -> f32 {
  return select(exponential(v) - 1.0, expMinusOneNear0(v), v > -0.35);
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

fn erf(v: f32) -> f32 {
  let a = abs(v);
  let far = 1.0 - erfTail(max(a, 1.0));
  return select(select(select(far, -far, v < 0.0), erfNear0(v), a < 1.0), v, isNaN(v));
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
