// y[n, p, q, c] = max over the window: x[n, p·strideY + u - padY, q·strideX + v - padX, c], for u < kernelHeight, v < kernelWidth; outside the
// image is -infinity. The winner u·kernelWidth + v (the first greatest, row by row, or the last NaN, as in PyTorch) is kept as one byte, four to a word,
// for the gradient.
//
// n image, (y, x) input position, (p, q) output position, c channel, (u, v) offset within the window; everything NHWC.
// `naive`: four neighbouring outputs per invocation, whatever the channels. `vectors`: the same for channels that are a multiple of 4.
// `halves`, `halvesGradient`: windows of 2 x 2 with stride 2 and no padding. A window's four inputs belong to it alone, so the gradient
// writes them directly.
// `gradient` gathers: each input asks every window that contains it whether it won there; no atomics, fixed order.

struct Params {
  // @include include/pool-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> x4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> winners: array<u32>;
@group(0) @binding(6) var<storage, read> won: array<u32>;
@group(0) @binding(7) var<storage, read> gy: array<f32>;
@group(0) @binding(8) var<storage, read_write> gx: array<f32>;
@group(0) @binding(9) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(10) var<storage, read_write> gx4: array<vec4f>;

// @include include/is-nan.wgsl
// @include include/is-nan4.wgsl

// @include include/position.wgsl

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let count = params.batch * params.outHeight * params.outWidth * params.channels;
  if (4u * i >= count) {
    return;
  }
  var packed = 0u;
  for (var lane = 0u; lane < 4u; lane++) {
    let e = 4u * i + lane;
    if (e < count) {
      let position = positionOf(e, params.outHeight, params.outWidth, params.channels);
      var best = 0.0;
      var winner = 0u;
      var found = false;
      for (var u = 0u; u < params.kernelHeight; u++) {
        for (var v = 0u; v < params.kernelWidth; v++) {
          // Positions left of or above the image wrap to large numbers and fail the same test as those beyond it.
          let row = position.row * params.strideY + u - params.padY;
          let column = position.column * params.strideX + v - params.padX;
          if (row < params.height && column < params.width) {
            let value = x[((position.n * params.height + row) * params.width + column) * params.channels + position.c];
            if (!found || value > best || isNaN(value)) {
              best = value;
              winner = u * params.kernelWidth + v;
              found = true;
            }
          }
        }
      }
      y[e] = best;
      packed |= winner << (8u * lane);
    }
  }
  winners[i] = packed;
}

@compute @workgroup_size(64)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.outHeight * params.outWidth * channels4) {
    return;
  }
  let position = positionOf(i, params.outHeight, params.outWidth, channels4);
  var best = vec4f();
  var winner = vec4u();
  var found = false;
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      let row = position.row * params.strideY + u - params.padY;
      let column = position.column * params.strideX + v - params.padX;
      if (row < params.height && column < params.width) {
        let value = x4[((position.n * params.height + row) * params.width + column) * channels4 + position.c];
        let better = vec4<bool>(!found) | (value > best) | isNaN4(value);
        best = select(best, value, better);
        winner = select(winner, vec4u(u * params.kernelWidth + v), better);
        found = true;
      }
    }
  }
  y4[i] = best;
  winners[i] = winner.x | (winner.y << 8u) | (winner.z << 16u) | (winner.w << 24u);
}

@compute @workgroup_size(256)
fn halves(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.outHeight * params.outWidth * channels4) {
    return;
  }
  let rowLength = params.width * channels4;
  let outLength = params.outWidth * channels4;
  // n · outHeight + p; an odd last row of each image is passed over.
  let outRow = i / outLength;
  let row = 2u * outRow + (outRow / params.outHeight) * (params.height - 2u * params.outHeight);
  // 2 q · channels4 + c
  let outAlong = i % outLength;
  let along = outAlong + (outAlong / channels4) * channels4;
  let at = row * rowLength + along;
  var best = x4[at];
  // Each winner in its byte of the word.
  var winner = vec4u();
  let one = vec4u(1u, 0x100u, 0x10000u, 0x1000000u);
  // @unroll
  for (var k = 1u; k < 4u; k++) {
    let value = x4[at + (k & 1u) * channels4 + (k >> 1u) * rowLength];
    let better = (value > best) | isNaN4(value);
    winner = select(winner, k * one, better);
    best = select(best, value, better);
  }
  y4[i] = best;
  let halves = winner | winner.zwxy;
  winners[i] = (halves | halves.yxwz).x;
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.batch * params.height * params.width * params.channels) {
    return;
  }
  let position = positionOf(i, params.height, params.width, params.channels);
  var total = 0.0;
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      let top = position.row + params.padY - u;
      let left = position.column + params.padX - v;
      let p = top / params.strideY;
      let q = left / params.strideX;
      // A window that would start before the padding wraps to a large number.
      if (top % params.strideY == 0u && left % params.strideX == 0u && p < params.outHeight && q < params.outWidth) {
        let e = ((position.n * params.outHeight + p) * params.outWidth + q) * params.channels + position.c;
        let winner = (won[e / 4u] >> (8u * (e % 4u))) & 255u;
        if (winner == u * params.kernelWidth + v) {
          total += gy[e];
        }
      }
    }
  }
  gx[i] = total;
}

@compute @workgroup_size(64)
fn vectorsGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.height * params.width * channels4) {
    return;
  }
  let position = positionOf(i, params.height, params.width, channels4);
  var total = vec4f();
  for (var u = 0u; u < params.kernelHeight; u++) {
    for (var v = 0u; v < params.kernelWidth; v++) {
      let top = position.row + params.padY - u;
      let left = position.column + params.padX - v;
      let p = top / params.strideY;
      let q = left / params.strideX;
      if (top % params.strideY == 0u && left % params.strideX == 0u && p < params.outHeight && q < params.outWidth) {
        let e = ((position.n * params.outHeight + p) * params.outWidth + q) * channels4 + position.c;
        let winner = (vec4u(won[e]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
        total += select(vec4f(), gy4[e], winner == vec4u(u * params.kernelWidth + v));
      }
    }
  }
  gx4[i] = total;
}

@compute @workgroup_size(256)
fn halvesGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  let channels4 = params.channels / 4u;
  // Odd last rows and columns belong to no window: windows cover them too, with no gradient.
  let windowsY = (params.height + 1u) / 2u;
  let windowsX = (params.width + 1u) / 2u;
  if (i >= params.batch * windowsY * windowsX * channels4) {
    return;
  }
  let position = positionOf(i, windowsY, windowsX, channels4);
  var g = vec4f();
  var winner = vec4u();
  if (position.row < params.outHeight && position.column < params.outWidth) {
    let e = ((position.n * params.outHeight + position.row) * params.outWidth + position.column) * channels4 + position.c;
    g = gy4[e];
    winner = (vec4u(won[e]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
  }
  let zero = vec4f();
  let at = ((position.n * params.height + 2u * position.row) * params.width + 2u * position.column) * channels4 + position.c;
  let hasRight = 2u * position.column + 1u < params.width;
  gx4[at] = select(zero, g, winner == vec4u(0u));
  if (hasRight) {
    gx4[at + channels4] = select(zero, g, winner == vec4u(1u));
  }
  if (2u * position.row + 1u < params.height) {
    let below = at + params.width * channels4;
    gx4[below] = select(zero, g, winner == vec4u(2u));
    if (hasRight) {
      gx4[below + channels4] = select(zero, g, winner == vec4u(3u));
    }
  }
}
