// y[n, p, q, c] = (sum over the window of x) / (kernelHeight · kernelWidth); the padding counts as zeros (PyTorch's countIncludePad).
// Gradient: gx[n, y, x, c] = (sum of gy over the windows that contain (y, x)) / (kernelHeight · kernelWidth).
//
// n image, (row, column) input position, (p, q) output position, c channel, (u, v) offset within the window; everything NHWC.

// Channels of an invocation, and what holds them: the plan sets 4 and vec4f where the channels are a multiple of 4.
const LANES = 1u;
alias Value = f32;

struct Params {
  // @include include/pool-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;
@group(0) @binding(3) var<storage, read> gy: array<Value>;
@group(0) @binding(4) var<storage, read_write> gx: array<Value>;

// @include include/position.wgsl

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels = params.channels / LANES;
  if (i >= params.batch * params.outHeight * params.outWidth * channels) {
    return;
  }
  let position = positionOf(i, params.outHeight, params.outWidth, channels);
  var total = Value();
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      // Positions left of or above the image wrap to large numbers and fail the same test as those beyond it.
      let row = position.row * params.strideY + u - params.padY;
      let column = position.column * params.strideX + v - params.padX;
      if (row < params.height && column < params.width) {
        total += x[((position.n * params.height + row) * params.width + column) * channels + position.c];
      }
    }
  }
  y[i] = total / f32(params.kernelHeight * params.kernelWidth);
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels = params.channels / LANES;
  if (i >= params.batch * params.height * params.width * channels) {
    return;
  }
  let position = positionOf(i, params.height, params.width, channels);
  var total = Value();
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      let top = position.row + params.padY - u;
      let left = position.column + params.padX - v;
      let p = top / params.strideY;
      let q = left / params.strideX;
      if (top % params.strideY == 0u && left % params.strideX == 0u && p < params.outHeight && q < params.outWidth) {
        total += gy[((position.n * params.outHeight + p) * params.outWidth + q) * channels + position.c];
      }
    }
  }
  gx[i] = total / f32(params.kernelHeight * params.kernelWidth);
}
