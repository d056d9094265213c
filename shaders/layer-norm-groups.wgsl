// Layer normalisation with a workgroup per row: the equations of layer-norm.wgsl.
//
// r row, k feature. 256 invocations share a row: neighbours read neighbouring features, and meet in a tree in workgroup memory. For
// GPUs, where one invocation per row would leave the machine idle.

struct Params {
  rows: u32,
  features: u32,
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

alias Sum = vec2f;
// @include include/workgroup-total.wgsl

@compute @workgroup_size(256)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = group.x + group.y * groups.x;
  let start = r * params.features;
  let features = select(0u, params.features, r < params.rows);
  let n = f32(params.features);
  let shift = x[min(r, params.rows - 1u) * params.features];
  var sum = 0.0;
  for (var k = lane; k < features; k += 256u) {
    sum += x[start + k] - shift;
  }
  let center = total(vec2f(sum, 0.0), lane).x / n;
  // What rounding left of the mean is taken away again: Σd² - (Σd)²/n.
  var moments = vec2f();
  for (var k = lane; k < features; k += 256u) {
    let d = (x[start + k] - shift) - center;
    moments += vec2f(d, d * d);
  }
  moments = total(moments, lane) / n;
  let left = moments.x;
  let scale = 1.0 / sqrt(max(moments.y - left * left, 0.0) + params.epsilon);
  for (var k = lane; k < features; k += 256u) {
    y[start + k] = gamma[k] * (((x[start + k] - shift) - center) - left) * scale + beta[k];
  }
  if (lane == 0u && r < params.rows) {
    meanOut[r] = shift + (center + left);
    inverseOut[r] = scale;
  }
}

@compute @workgroup_size(256)
fn gradient(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = group.x + group.y * groups.x;
  let start = r * params.features;
  let features = select(0u, params.features, r < params.rows);
  let n = f32(params.features);
  let row = min(r, params.rows - 1u);
  let center = mean[row];
  let scale = inverse[row];
  var sums = vec2f();
  for (var k = lane; k < features; k += 256u) {
    let h = gy[start + k] * gamma[k];
    sums += vec2f(h, h * (x[start + k] - center) * scale);
  }
  sums = total(sums, lane);
  for (var k = lane; k < features; k += 256u) {
    let h = gy[start + k] * gamma[k];
    gx[start + k] = scale * (h - sums.x / n - (x[start + k] - center) * scale * sums.y / n);
  }
}
