// Layer normalisation of x [rows, features], each row by itself:
//   mean_r, variance_r over the row's features;  x̂ = (x - mean) / sqrt(variance + epsilon);  y = gamma_k x̂ + beta_k.
// Gradients, with h = gy gamma:  gx = (h - mean_k h - x̂ mean_k (h x̂)) / sqrt(variance + epsilon),
//   ggamma_k = sum_r gy x̂,  gbeta_k = sum_r gy.
//
// r row, k feature, s slice of the rows (s, s + S, … with S = slices). One invocation per row: mean, then deviations, then the result. All
// are taken from the row's first element, so that a mean far from 0 cancels nothing. `inverse` keeps 1 / sqrt(variance + epsilon) for the
// gradient. `sums` and `combine` add up the parameters' gradients over slices of rows in a fixed order.

struct Params {
  rows: u32,
  features: u32,
  slices: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> meanOut: array<f32>;
@group(0) @binding(6) var<storage, read_write> inverseOut: array<f32>;
@group(0) @binding(7) var<storage, read> gy: array<f32>;
@group(0) @binding(8) var<storage, read> mean: array<f32>;
@group(0) @binding(9) var<storage, read> inverse: array<f32>;
@group(0) @binding(10) var<storage, read_write> gx: array<f32>;
@group(0) @binding(11) var<storage, read_write> sliceGamma: array<f32>;
@group(0) @binding(12) var<storage, read_write> sliceBeta: array<f32>;
@group(0) @binding(13) var<storage, read_write> ggamma: array<f32>;
@group(0) @binding(14) var<storage, read_write> gbeta: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let r = id.x + id.y * groups.x * 64u;
  if (r >= params.rows) {
    return;
  }
  let start = r * params.features;
  let n = f32(params.features);
  let shift = x[start];
  var sum = 0.0;
  for (var k = 0u; k < params.features; k++) {
    sum += x[start + k] - shift;
  }
  let center = sum / n;
  // What rounding left of the mean is taken away again: Σd² - (Σd)²/n.
  var rest = 0.0;
  var squares = 0.0;
  for (var k = 0u; k < params.features; k++) {
    let d = (x[start + k] - shift) - center;
    rest += d;
    squares += d * d;
  }
  let left = rest / n;
  let scale = 1.0 / sqrt(max(squares / n - left * left, 0.0) + params.epsilon);
  for (var k = 0u; k < params.features; k++) {
    y[start + k] = gamma[k] * (((x[start + k] - shift) - center) - left) * scale + beta[k];
  }
  meanOut[r] = shift + (center + left);
  inverseOut[r] = scale;
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let r = id.x + id.y * groups.x * 64u;
  if (r >= params.rows) {
    return;
  }
  let start = r * params.features;
  let n = f32(params.features);
  let center = mean[r];
  let scale = inverse[r];
  var sum = 0.0;
  var along = 0.0;
  for (var k = 0u; k < params.features; k++) {
    let h = gy[start + k] * gamma[k];
    sum += h;
    along += h * (x[start + k] - center) * scale;
  }
  for (var k = 0u; k < params.features; k++) {
    let h = gy[start + k] * gamma[k];
    gx[start + k] = scale * (h - sum / n - (x[start + k] - center) * scale * along / n);
  }
}

@compute @workgroup_size(64)
fn sums(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.slices * params.features) {
    return;
  }
  let k = i % params.features;
  var ofBeta = 0.0;
  var ofGamma = 0.0;
  for (var r = i / params.features; r < params.rows; r += params.slices) {
    let g = gy[r * params.features + k];
    ofBeta += g;
    ofGamma += g * (x[r * params.features + k] - mean[r]) * inverse[r];
  }
  sliceBeta[i] = ofBeta;
  sliceGamma[i] = ofGamma;
}

@compute @workgroup_size(64)
fn combine(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let k = id.x + id.y * groups.x * 64u;
  if (k >= params.features) {
    return;
  }
  var ofBeta = 0.0;
  var ofGamma = 0.0;
  for (var s = 0u; s < params.slices; s++) {
    ofBeta += sliceBeta[s * params.features + k];
    ofGamma += sliceGamma[s * params.features + k];
  }
  gbeta[k] = ofBeta;
  ggamma[k] = ofGamma;
}
