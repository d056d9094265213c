// Cross-entropy of integer labels with logits, and its gradient, in one walk over each row:
//   loss[n] = ln sum_k exp(x[n, k] - m_n) + (m_n - x[n, t_n]),  m_n = max_k x[n, k],
//   gx[n, k] = scale (softmax(x[n])_k - [k = t_n]).
//
// n row (sample or pixel), k class, t_n the label of row n, scale the weight of a row in the loss: 1 / rows for their mean. One invocation
// per row. Subtracting the maximum first keeps large logits exact; a logit of -infinity (a mask) has probability 0.
// A label outside the classes gives a loss and a gradient that are not numbers, so it cannot pass unseen.

struct Params {
  rows: u32,
  classes: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> gx: array<f32>;
@group(0) @binding(5) var<storage, read> x4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> gx4: array<vec4f>;

// The bits of a quiet NaN; taken from a runtime value because WGSL refuses constants that are not numbers.
fn notANumber() -> f32 {
  return bitcast<f32>(0x7fc00000u | min(params.rows, 1u));
}

// @include include/exponential4.wgsl
// @include include/natural-log.wgsl

@compute @workgroup_size(64)
fn rows(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let start = n * params.classes;
  let t = u32(labels[n]);
  var m = x[start];
  for (var k = 1u; k < params.classes; k++) {
    m = max(m, x[start + k]);
  }
  var total = 0.0;
  for (var k = 0u; k < params.classes; k++) {
    total += exponential(x[start + k] - m);
  }
  let illegal = select(0.0, notANumber(), t >= params.classes);
  loss[n] = naturalLog(total) + (m - x[start + min(t, params.classes - 1u)]) + illegal;
  for (var k = 0u; k < params.classes; k++) {
    gx[start + k] = params.scale * (exponential(x[start + k] - m) / total - select(0.0, 1.0, k == t)) + illegal;
  }
}

// The same for a number of classes that is a multiple of 4.
@compute @workgroup_size(64)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let classes4 = params.classes / 4u;
  let start = n * classes4;
  let t = u32(labels[n]);
  var m4 = x4[start];
  for (var k = 1u; k < classes4; k++) {
    m4 = max(m4, x4[start + k]);
  }
  let m = max(max(m4.x, m4.y), max(m4.z, m4.w));
  var total4 = vec4f();
  for (var k = 0u; k < classes4; k++) {
    total4 += exponential4(x4[start + k] - m);
  }
  let total = total4.x + total4.y + total4.z + total4.w;
  let illegal = select(0.0, notANumber(), t >= params.classes);
  let label = min(t, params.classes - 1u);
  loss[n] = naturalLog(total) + (m - x4[start + label / 4u][label % 4u]) + illegal;
  for (var k = 0u; k < classes4; k++) {
    let own = vec4u(4u * k) + vec4u(0u, 1u, 2u, 3u) == vec4u(t);
    gx4[start + k] = params.scale * (exponential4(x4[start + k] - m) / total - select(vec4f(), vec4f(1.0), own)) + illegal;
  }
}
