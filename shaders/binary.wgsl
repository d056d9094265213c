// y_i = f(a_i, b_i) with broadcasting, for one function f of two variables chosen by OPERATION (the switch folds away).
//
// i element of the output, j vector within an invocation. An operand is read by its stride per output axis (0 where it is repeated).
// `naive` decodes up to 8 axes: `outer` holds the first four extents, `inner` the last four, leading axes of extent 1.
// `vectors` covers what layers need, with 4 vec4 per invocation. There the output is [rows, columns] and each operand is whole,
// one scalar, one row repeated down (a bias), or one column repeated across: MODE_A and MODE_B say which. WIDE: columns is a multiple of 4.
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
  // @include include/operand-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> a4: array<vec4f>;
@group(0) @binding(5) var<storage, read> b4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y4: array<vec4f>;

// @include include/natural-log.wgsl
// @include include/power.wgsl

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

// @include include/operands.wgsl

@compute @workgroup_size(256)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.count) {
    return;
  }
  let at = operandsOf(i);
  y[i] = f(a[at.x], b[at.y]);
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
  let at = operandsOf(i);
  var u = vec4f();
  if (MODE_A == WHOLE) {
    u = a4[at.x];
  } else {
    u = vec4f(a4[at.x / 4u][at.x % 4u]);
  }
  var v = vec4f();
  if (MODE_B == WHOLE) {
    v = b4[at.y];
  } else {
    v = vec4f(b4[at.y / 4u][at.y % 4u]);
  }
  y4[i] = vec4f(f(u.x, v.x), f(u.y, v.y), f(u.z, v.z), f(u.w, v.w));
}
