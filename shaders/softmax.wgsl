// Softmax along rows: y[n, k] = exp(x[n, k] - m_n) / sum_j exp(x[n, j] - m_n) with m_n = max_j x[n, j], its logarithm, and both gradients.
//
// n row, k class, x is [rows, classes]. One invocation per row: the maximum and the sum are found in one walk, rescaling the sum whenever
// the maximum grows (Milakov and Gimelshein 2018), so a row is read twice instead of three times. Subtracting the maximum keeps every
// exponent at or below 0.
// Gradients from y: softmax gx = y (gy - sum_j gy y); log-softmax gx = gy - exp(y) sum_j gy.

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

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let start = n * params.classes;
  var m = x[start];
  var total = 1.0;
  for (var k = 1u; k < params.classes; k++) {
    let v = x[start + k];
    let larger = max(m, v);
    total = total * exp(m - larger) + exp(v - larger);
    m = larger;
  }
  let shift = m + log(total);
  for (var k = 0u; k < params.classes; k++) {
    let v = x[start + k];
    if (LOGARITHM) {
      y[start + k] = v - shift;
    } else {
      y[start + k] = exp(v - m) / total;
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
      gx[start + k] = g - exp(s) * total;
    } else {
      gx[start + k] = s * (g - total);
    }
  }
}
