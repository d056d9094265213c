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

// @include include/exponential4.wgsl
// @include include/natural-log.wgsl

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
