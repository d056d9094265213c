// Batch normalisation of x [rows, channels], where the rows are all positions of all images (NHWC):
//   mean_c = sum_r x[r, c] / rows,  variance_c = sum_r (x[r, c] - mean_c)² / rows,
//   y[r, c] = gamma_c (x[r, c] - mean_c) / sqrt(variance_c + epsilon) + beta_c.
//
// r row, c channel, s slice of the rows: s, s + S, s + 2S, … with S = slices, so that neighbouring invocations read neighbouring
// memory, which a GPU fetches at once; or, where CONTIGUOUS, one block of rows, which a processor's cache fetches ahead.
// `statistics`: one invocation per slice and channel; sums are shifted by the slice's first element, so one walk is enough and nothing
// cancels. `combine`: the slices' means and squared deviations by Chan's formula, in a fixed order, no barrier.
// `normalizeVectors`: an invocation takes `blocks` times 4 rows of its channels, whose four numbers are loaded once; past the end it loads
// the last row once more, which keeps the loads free of branches, and stores nothing.
// `…Vectors`: four channels at a time (channels is a multiple of 4).
// `running`: exponential averages; the variance there is the unbiased one, as in PyTorch.

override RELU: bool = false;

struct Params {
  rows: u32,
  channels: u32,
  slices: u32,
  epsilon: f32,
  momentum: f32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> gamma: array<f32>;
@group(0) @binding(5) var<storage, read> beta: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;
@group(0) @binding(7) var<storage, read> x4: array<vec4f>;
@group(0) @binding(8) var<storage, read> mean4: array<vec4f>;
@group(0) @binding(9) var<storage, read> variance4: array<vec4f>;
@group(0) @binding(10) var<storage, read> gamma4: array<vec4f>;
@group(0) @binding(11) var<storage, read> beta4: array<vec4f>;
@group(0) @binding(12) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(13) var<storage, read_write> sliceMean: array<f32>;
@group(0) @binding(14) var<storage, read_write> sliceSquares: array<f32>;
@group(0) @binding(15) var<storage, read_write> sliceMean4: array<vec4f>;
@group(0) @binding(16) var<storage, read_write> sliceSquares4: array<vec4f>;
@group(0) @binding(17) var<storage, read_write> meanOut: array<f32>;
@group(0) @binding(18) var<storage, read_write> varianceOut: array<f32>;
@group(0) @binding(19) var<storage, read_write> runningMean: array<f32>;
@group(0) @binding(20) var<storage, read_write> runningVariance: array<f32>;

// @include include/slice.wgsl

@compute @workgroup_size(64)
fn statistics(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.slices * params.channels) {
    return;
  }
  let c = i % params.channels;
  let s = i / params.channels;
  let slice = sliceOf(s, params.rows);
  let shift = x[slice.first * params.channels + c];
  var sum = 0.0;
  var squares = 0.0;
  for (var r = slice.first + slice.step; r < slice.end; r += slice.step) {
    let d = x[r * params.channels + c] - shift;
    sum += d;
    squares += d * d;
  }
  let n = f32((slice.end - slice.first + slice.step - 1u) / slice.step);
  sliceMean[i] = shift + sum / n;
  sliceSquares[i] = max(squares - sum * sum / n, 0.0);
}

@compute @workgroup_size(64)
fn statisticsVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.slices * channels4) {
    return;
  }
  let c = i % channels4;
  let s = i / channels4;
  let slice = sliceOf(s, params.rows);
  let shift = x4[slice.first * channels4 + c];
  var sum = vec4f();
  var squares = vec4f();
  var r = slice.first + slice.step;
  for (; r + 3u * slice.step < slice.end; r += 4u * slice.step) {
    // @unroll
    for (var j = 0u; j < 4u; j++) {
      let d = x4[(r + j * slice.step) * channels4 + c] - shift;
      sum += d;
      squares += d * d;
    }
  }
  for (; r < slice.end; r += slice.step) {
    let d = x4[r * channels4 + c] - shift;
    sum += d;
    squares += d * d;
  }
  let n = f32((slice.end - slice.first + slice.step - 1u) / slice.step);
  sliceMean4[i] = shift + sum / n;
  sliceSquares4[i] = max(squares - sum * sum / n, vec4f());
}

@compute @workgroup_size(64)
fn combine(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let c = id.x + id.y * groups.x * 64u;
  if (c >= params.channels) {
    return;
  }
  // Rows of a slice, without a division for each.
  let length = (params.rows + params.slices - 1u) / params.slices;
  let longer = params.rows - (length - 1u) * params.slices;
  let shift = sliceMean[c];
  var sum = 0.0;
  for (var s = 1u; s < params.slices; s++) {
    let n = f32(select(length - u32(s >= longer), min(length, params.rows - s * length), CONTIGUOUS));
    sum += n * (sliceMean[s * params.channels + c] - shift);
  }
  let m = shift + sum / f32(params.rows);
  var squares = 0.0;
  for (var s = 0u; s < params.slices; s++) {
    let n = f32(select(length - u32(s >= longer), min(length, params.rows - s * length), CONTIGUOUS));
    let d = sliceMean[s * params.channels + c] - m;
    squares += sliceSquares[s * params.channels + c] + n * d * d;
  }
  meanOut[c] = m;
  varianceOut[c] = squares / f32(params.rows);
}

@compute @workgroup_size(256)
fn normalize(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.rows * params.channels) {
    return;
  }
  let c = i % params.channels;
  let v = gamma[c] * (x[i] - mean[c]) / sqrt(variance[c] + params.epsilon) + beta[c];
  y[i] = select(v, 0.0, RELU && v <= 0.0);
}

@compute @workgroup_size(64)
fn normalizeVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  // With n rows for each of T invocations: row t, t + T, t + 2T, …; or, where CONTIGUOUS, nt, nt + 1, nt + 2, …
  let n = 4u * params.blocks;
  let T = (params.rows + n - 1u) / n;
  if (i >= T * channels4) {
    return;
  }
  let c = i % channels4;
  let step = select(T, 1u, CONTIGUOUS);
  var row = i / channels4 * select(1u, n, CONTIGUOUS);
  let scale = gamma4[c] / sqrt(variance4[c] + params.epsilon);
  let center = mean4[c];
  let shift = beta4[c];
  for (var b = 0u; b < params.blocks; b++) {
    // @unroll
    for (var j = 0u; j < 4u; j++) {
      let at = min(row + j * step, params.rows - 1u) * channels4 + c;
      var v = scale * (x4[at] - center) + shift;
      if (RELU) {
        v = select(v, vec4f(), v <= vec4f());
      }
      if (row + j * step < params.rows) {
        y4[at] = v;
      }
    }
    row += 4u * step;
  }
}

@compute @workgroup_size(64)
fn running(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let c = id.x + id.y * groups.x * 64u;
  if (c >= params.channels) {
    return;
  }
  let unbiased = f32(params.rows) / max(f32(params.rows) - 1.0, 1.0);
  runningMean[c] += params.momentum * (mean[c] - runningMean[c]);
  runningVariance[c] += params.momentum * (unbiased * variance[c] - runningVariance[c]);
}
