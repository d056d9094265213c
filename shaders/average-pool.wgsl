// y[n, p, q, c] = (sum over the window of x) / (kernelHeight · kernelWidth); the padding counts as zeros (PyTorch's countIncludePad).
// Gradient: gx[n, y, x, c] = (sum of gy over the windows that contain (y, x)) / (kernelHeight · kernelWidth).
//
// n image, (row, column) input position, (p, q) output position, c channel, (u, v) offset within the window; everything NHWC.
// `naive` and `gradient`: one element per invocation; `vectors` and `vectorsGradient`: four channels, which must be a multiple of 4.

struct Params {
  batch: u32,
  height: u32,
  width: u32,
  channels: u32,
  outHeight: u32,
  outWidth: u32,
  kernelHeight: u32,
  kernelWidth: u32,
  strideY: u32,
  strideX: u32,
  padY: u32,
  padX: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> x4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(5) var<storage, read> gy: array<f32>;
@group(0) @binding(6) var<storage, read_write> gx: array<f32>;
@group(0) @binding(7) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> gx4: array<vec4f>;

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.batch * params.outHeight * params.outWidth * params.channels) {
    return;
  }
  let c = i % params.channels;
  let q = (i / params.channels) % params.outWidth;
  let p = (i / (params.channels * params.outWidth)) % params.outHeight;
  let n = i / (params.channels * params.outWidth * params.outHeight);
  var total = 0.0;
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      // Positions left of or above the image wrap to large numbers and fail the same test as those beyond it.
      let row = p * params.strideY + u - params.padY;
      let column = q * params.strideX + v - params.padX;
      if (row < params.height && column < params.width) {
        total += x[((n * params.height + row) * params.width + column) * params.channels + c];
      }
    }
  }
  y[i] = total / f32(params.kernelHeight * params.kernelWidth);
}

@compute @workgroup_size(64)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.outHeight * params.outWidth * channels4) {
    return;
  }
  let c = i % channels4;
  let q = (i / channels4) % params.outWidth;
  let p = (i / (channels4 * params.outWidth)) % params.outHeight;
  let n = i / (channels4 * params.outWidth * params.outHeight);
  var total = vec4f();
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      let row = p * params.strideY + u - params.padY;
      let column = q * params.strideX + v - params.padX;
      if (row < params.height && column < params.width) {
        total += x4[((n * params.height + row) * params.width + column) * channels4 + c];
      }
    }
  }
  y4[i] = total / f32(params.kernelHeight * params.kernelWidth);
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.batch * params.height * params.width * params.channels) {
    return;
  }
  let c = i % params.channels;
  let column = (i / params.channels) % params.width;
  let row = (i / (params.channels * params.width)) % params.height;
  let n = i / (params.channels * params.width * params.height);
  var total = 0.0;
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      let top = row + params.padY - u;
      let left = column + params.padX - v;
      let p = top / params.strideY;
      let q = left / params.strideX;
      if (top % params.strideY == 0u && left % params.strideX == 0u && p < params.outHeight && q < params.outWidth) {
        total += gy[((n * params.outHeight + p) * params.outWidth + q) * params.channels + c];
      }
    }
  }
  gx[i] = total / f32(params.kernelHeight * params.kernelWidth);
}

@compute @workgroup_size(64)
fn vectorsGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.height * params.width * channels4) {
    return;
  }
  let c = i % channels4;
  let column = (i / channels4) % params.width;
  let row = (i / (channels4 * params.width)) % params.height;
  let n = i / (channels4 * params.width * params.height);
  var total = vec4f();
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      let top = row + params.padY - u;
      let left = column + params.padX - v;
      let p = top / params.strideY;
      let q = left / params.strideX;
      if (top % params.strideY == 0u && left % params.strideX == 0u && p < params.outHeight && q < params.outWidth) {
        total += gy4[((n * params.outHeight + p) * params.outWidth + q) * channels4 + c];
      }
    }
  }
  gx4[i] = total / f32(params.kernelHeight * params.kernelWidth);
}
