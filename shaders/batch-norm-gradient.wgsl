// Gradients of batch normalisation. With x̂ = (x - mean) / sqrt(variance + epsilon):
//   gbeta_c = sum_r gy[r, c],  ggamma_c = sum_r gy[r, c] x̂[r, c],
//   training:   gx[r, c] = gamma_c / sqrt(variance_c + epsilon) · (gy[r, c] - (gbeta_c + x̂[r, c] ggamma_c) / rows)
//   evaluation: gx[r, c] = gamma_c / sqrt(variance_c + epsilon) · gy[r, c]
// Where a ReLU follows (RELU), gy is that of its output and counts only where gamma_c x̂ + beta_c > 0, computed again instead of stored.
//
// r row, c channel, s slice of the rows, strided or CONTIGUOUS as in batch-norm.wgsl.
// `sumSlices`: one invocation per slice and channel; `combine` adds the slices in order; `gradientVectors`: `blocks` times 4 rows per
// invocation, so that a channel's numbers are loaded once; past the end the last row is loaded once more and nothing stored.
// `…Vectors`: four channels at a time (channels is a multiple of 4). No barrier, fixed order. `sums` holds gbeta, then ggamma.

override TRAINING: bool = true;
override RELU: bool = false;

struct Params {
  rows: u32,
  channels: u32,
  slices: u32,
  epsilon: f32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gy: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read> gamma: array<f32>;
@group(0) @binding(6) var<storage, read> beta: array<f32>;
@group(0) @binding(7) var<storage, read_write> gx: array<f32>;
@group(0) @binding(8) var<storage, read> x4: array<vec4f>;
@group(0) @binding(9) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(10) var<storage, read> mean4: array<vec4f>;
@group(0) @binding(11) var<storage, read> variance4: array<vec4f>;
@group(0) @binding(12) var<storage, read> gamma4: array<vec4f>;
@group(0) @binding(13) var<storage, read> beta4: array<vec4f>;
@group(0) @binding(14) var<storage, read_write> gx4: array<vec4f>;
@group(0) @binding(15) var<storage, read_write> sliceGamma: array<f32>;
@group(0) @binding(16) var<storage, read_write> sliceBeta: array<f32>;
@group(0) @binding(17) var<storage, read_write> sliceGamma4: array<vec4f>;
@group(0) @binding(18) var<storage, read_write> sliceBeta4: array<vec4f>;
@group(0) @binding(19) var<storage, read_write> ggamma: array<f32>;
@group(0) @binding(20) var<storage, read_write> gbeta: array<f32>;
@group(0) @binding(21) var<storage, read_write> sumsOut: array<f32>;
@group(0) @binding(22) var<storage, read> sums: array<f32>;
@group(0) @binding(23) var<storage, read> sums4: array<vec4f>;

// @include include/slice.wgsl

// gy where it counts; centred = x - mean.
fn passed(g: f32, centred: f32, c: u32) -> f32 {
  return select(g, 0.0, RELU && gamma[c] * centred / sqrt(variance[c] + params.epsilon) + beta[c] <= 0.0);
}

fn passedVectors(g: vec4f, centred: vec4f, scale: vec4f, shift: vec4f) -> vec4f {
  return select(g, vec4f(), vec4<bool>(RELU) & (scale * centred + shift <= vec4f()));
}

@compute @workgroup_size(64)
fn sumSlices(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.slices * params.channels) {
    return;
  }
  let c = i % params.channels;
  let center = mean[c];
  var ofBeta = 0.0;
  var ofGamma = 0.0;
  let slice = sliceOf(i / params.channels, params.rows);
  for (var r = slice.first; r < slice.end; r += slice.step) {
    let centred = x[r * params.channels + c] - center;
    let g = passed(gy[r * params.channels + c], centred, c);
    ofBeta += g;
    ofGamma += g * centred;
  }
  sliceBeta[i] = ofBeta;
  sliceGamma[i] = ofGamma / sqrt(variance[c] + params.epsilon);
}

@compute @workgroup_size(64)
fn sumSlicesVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.slices * channels4) {
    return;
  }
  let c = i % channels4;
  let center = mean4[c];
  let deviation = sqrt(variance4[c] + params.epsilon);
  let scale = gamma4[c] / deviation;
  let shift = beta4[c];
  var ofBeta = vec4f();
  var ofGamma = vec4f();
  let slice = sliceOf(i / channels4, params.rows);
  var r = slice.first;
  for (; r + 3u * slice.step < slice.end; r += 4u * slice.step) {
    // @unroll
    for (var j = 0u; j < 4u; j++) {
      let at = (r + j * slice.step) * channels4 + c;
      let centred = x4[at] - center;
      let g = passedVectors(gy4[at], centred, scale, shift);
      ofBeta += g;
      ofGamma += g * centred;
    }
  }
  for (; r < slice.end; r += slice.step) {
    let centred = x4[r * channels4 + c] - center;
    let g = passedVectors(gy4[r * channels4 + c], centred, scale, shift);
    ofBeta += g;
    ofGamma += g * centred;
  }
  sliceBeta4[i] = ofBeta;
  sliceGamma4[i] = ofGamma / deviation;
}

@compute @workgroup_size(64)
fn combine(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let c = id.x + id.y * groups.x * 64u;
  if (c >= params.channels) {
    return;
  }
  var ofBeta = 0.0;
  var ofGamma = 0.0;
  for (var s = 0u; s < params.slices; s++) {
    ofBeta += sliceBeta[s * params.channels + c];
    ofGamma += sliceGamma[s * params.channels + c];
  }
  gbeta[c] = ofBeta;
  ggamma[c] = ofGamma;
  sumsOut[c] = ofBeta;
  sumsOut[params.channels + c] = ofGamma;
}

@compute @workgroup_size(256)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.rows * params.channels) {
    return;
  }
  let c = i % params.channels;
  let inverse = 1.0 / sqrt(variance[c] + params.epsilon);
  let sumBeta = sums[c];
  let sumGamma = sums[params.channels + c];
  var g = passed(gy[i], x[i] - mean[c], c);
  if (TRAINING) {
    g -= (sumBeta + (x[i] - mean[c]) * inverse * sumGamma) / f32(params.rows);
  }
  gx[i] = gamma[c] * inverse * g;
}

@compute @workgroup_size(64)
fn gradientVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  // The rows of an invocation as in batch-norm.wgsl.
  let n = 4u * params.blocks;
  let T = (params.rows + n - 1u) / n;
  if (i >= T * channels4) {
    return;
  }
  let c = i % channels4;
  let step = select(T, 1u, CONTIGUOUS);
  var row = i / channels4 * select(1u, n, CONTIGUOUS);
  let deviation = sqrt(variance4[c] + params.epsilon);
  let scale = gamma4[c] / deviation;
  let shift = beta4[c];
  let center = mean4[c];
  let ofBeta = sums4[c] / f32(params.rows);
  let ofGamma = sums4[channels4 + c] / (deviation * f32(params.rows));
  for (var b = 0u; b < params.blocks; b++) {
    // @unroll
    for (var j = 0u; j < 4u; j++) {
      let at = min(row + j * step, params.rows - 1u) * channels4 + c;
      var g = gy4[at];
      if (TRAINING || RELU) {
        let centred = x4[at] - center;
        g = passedVectors(g, centred, scale, shift);
        if (TRAINING) {
          g -= ofBeta + centred * ofGamma;
        }
      }
      if (row + j * step < params.rows) {
        gx4[at] = scale * g;
      }
    }
    row += 4u * step;
  }
}
