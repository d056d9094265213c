// Softmax along rows: y[n, k] = exp(x[n, k] - m_n) / sum_j exp(x[n, j] - m_n) with m_n = max_j x[n, j], its logarithm, and both gradients.
//
// n row, k class, x is [rows, classes]. One invocation per row: first the maximum, then the sum with one exponential for each class.
// Subtracting the maximum first keeps every exponent at or below 0, a logit of -infinity (a mask) at probability 0, and large logits exact.
// Gradients from y: softmax gx = y (gy - sum_j gy y); log-softmax gx = gy - exp(y) sum_j gy.
// `…Vectors`: the same with four classes to a vector, where their number is a multiple of 4. The four sums are added at the end.

override LOGARITHM: bool = false;

struct Params {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> gy: array<f32>;
@group(0) @binding(4) var<storage, read> saved: array<f32>;
@group(0) @binding(5) var<storage, read_write> gx: array<f32>;
@group(0) @binding(6) var<storage, read> x4: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(8) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(9) var<storage, read> saved4: array<vec4f>;
@group(0) @binding(10) var<storage, read_write> gx4: array<vec4f>;

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
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let start = n * params.classes;
  var m = x[start];
  for (var k = 1u; k < params.classes; k++) {
    m = max(m, x[start + k]);
  }
  var total = 0.0;
  for (var k = 0u; k < params.classes; k++) {
    total += exponential(x[start + k] - m);
  }
  let shift = naturalLog(total);
  for (var k = 0u; k < params.classes; k++) {
    let v = x[start + k] - m;
    if (LOGARITHM) {
      y[start + k] = v - shift;
    } else {
      y[start + k] = exponential(v) / total;
    }
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let start = n * params.classes;
  var total = 0.0;
  for (var k = 0u; k < params.classes; k++) {
    if (LOGARITHM) {
      total += gy[start + k];
    } else {
      total += gy[start + k] * saved[start + k];
    }
  }
  for (var k = 0u; k < params.classes; k++) {
    let g = gy[start + k];
    let s = saved[start + k];
    if (LOGARITHM) {
      gx[start + k] = g - exponential(s) * total;
    } else {
      gx[start + k] = s * (g - total);
    }
  }
}

@compute @workgroup_size(64)
fn forwardVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let classes4 = params.classes / 4u;
  let start = n * classes4;
  var greatest = x4[start];
  for (var k = 1u; k < classes4; k++) {
    greatest = max(greatest, x4[start + k]);
  }
  let m = max(max(greatest.x, greatest.y), max(greatest.z, greatest.w));
  var sums = vec4f();
  for (var k = 0u; k < classes4; k++) {
    sums += exponential4(x4[start + k] - m);
  }
  let total = (sums.x + sums.y) + (sums.z + sums.w);
  let shift = naturalLog(total);
  for (var k = 0u; k < classes4; k++) {
    let v = x4[start + k] - m;
    if (LOGARITHM) {
      y4[start + k] = v - shift;
    } else {
      y4[start + k] = exponential4(v) / total;
    }
  }
}

@compute @workgroup_size(64)
fn backwardVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let classes4 = params.classes / 4u;
  let start = n * classes4;
  var sums = vec4f();
  for (var k = 0u; k < classes4; k++) {
    if (LOGARITHM) {
      sums += gy4[start + k];
    } else {
      sums += gy4[start + k] * saved4[start + k];
    }
  }
  let total = (sums.x + sums.y) + (sums.z + sums.w);
  for (var k = 0u; k < classes4; k++) {
    let g = gy4[start + k];
    let s = saved4[start + k];
    if (LOGARITHM) {
      gx4[start + k] = g - exponential4(s) * total;
    } else {
      gx4[start + k] = s * (g - total);
    }
  }
}
