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

// Four at a time.
fn exponential4(v: vec4f) -> vec4f {
  return vec4f(exponential(v.x), exponential(v.y), exponential(v.z), exponential(v.w));
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
