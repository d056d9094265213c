// Doubling NHWC images, the case that networks use: the equations of resize.wgsl for a factor of exactly 2, without its index arithmetic.
//
// n image, (row, column) input position, c vector of four channels (channels is a multiple of 4). One invocation per input vector.
// Bilinear weights are 3/4 and 1/4: output 2i blends inputs i - 1 and i, output 2i + 1 inputs i and i + 1, clamped at the border. An
// invocation loads 3 x 3 vectors and stores 2 x 2. The gradient loads the 4 x 4 outputs around its input with weights 1/4 3/4 3/4 1/4; a position
// outside is clamped, which gives a border input the weight that its neighbours' clamping gives it in the forward direction.
// Nearest: each input is copied four times; its gradient is the sum of four.

struct Params {
  batch: u32,
  height: u32,
  width: u32,
  channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x4: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(3) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gx4: array<vec4f>;

// One row of three inputs, blended across: columns 2 column and 2 column + 1 of the output.
struct Pair {
  left: vec4f,
  right: vec4f,
}

fn across(start: u32, before: u32, here: u32, after: u32) -> Pair {
  let middle = 0.75 * x4[start + here];
  return Pair(middle + 0.25 * x4[start + before], middle + 0.25 * x4[start + after]);
}

// @include include/position.wgsl

@compute @workgroup_size(64)
fn bilinear(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.height * params.width * channels4) {
    return;
  }
  let position = positionOf(i, params.height, params.width, channels4);
  let rowLength = params.width * channels4;
  let image = position.n * params.height * rowLength;
  let before = (max(position.column, 1u) - 1u) * channels4 + position.c;
  let here = position.column * channels4 + position.c;
  let after = min(position.column + 1u, params.width - 1u) * channels4 + position.c;
  let above = across(image + (max(position.row, 1u) - 1u) * rowLength, before, here, after);
  let middle = across(image + position.row * rowLength, before, here, after);
  let below = across(image + min(position.row + 1u, params.height - 1u) * rowLength, before, here, after);
  let at = 4u * image + 4u * position.row * rowLength + 2u * position.column * channels4 + position.c;
  y4[at] = 0.75 * middle.left + 0.25 * above.left;
  y4[at + channels4] = 0.75 * middle.right + 0.25 * above.right;
  y4[at + 2u * rowLength] = 0.75 * middle.left + 0.25 * below.left;
  y4[at + 2u * rowLength + channels4] = 0.75 * middle.right + 0.25 * below.right;
}

// One row of the outputs around an input, weighed across.
fn around(start: u32, first: u32, second: u32, third: u32, fourth: u32) -> vec4f {
  return 0.25 * gy4[start + first] + 0.75 * gy4[start + second] + 0.75 * gy4[start + third] + 0.25 * gy4[start + fourth];
}

@compute @workgroup_size(64)
fn bilinearGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.height * params.width * channels4) {
    return;
  }
  let position = positionOf(i, params.height, params.width, channels4);
  let rowLength = 2u * params.width * channels4;
  let image = position.n * 2u * params.height * rowLength;
  let first = (max(2u * position.column, 1u) - 1u) * channels4 + position.c;
  let second = 2u * position.column * channels4 + position.c;
  let third = second + channels4;
  let fourth = min(2u * position.column + 2u, 2u * params.width - 1u) * channels4 + position.c;
  let top = image + 2u * position.row * rowLength;
  var total = 0.25 * around(image + (max(2u * position.row, 1u) - 1u) * rowLength, first, second, third, fourth);
  total += 0.75 * around(top, first, second, third, fourth);
  total += 0.75 * around(top + rowLength, first, second, third, fourth);
  total += 0.25 * around(image + min(2u * position.row + 2u, 2u * params.height - 1u) * rowLength, first, second, third, fourth);
  gx4[i] = total;
}

@compute @workgroup_size(64)
fn nearest(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  let rowLength = params.width * channels4;
  if (i >= params.batch * params.height * rowLength) {
    return;
  }
  let at = 4u * (i / rowLength) * rowLength + i % rowLength / channels4 * 2u * channels4 + i % channels4;
  let v = x4[i];
  y4[at] = v;
  y4[at + channels4] = v;
  y4[at + 2u * rowLength] = v;
  y4[at + 2u * rowLength + channels4] = v;
}

@compute @workgroup_size(64)
fn nearestGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  let rowLength = params.width * channels4;
  if (i >= params.batch * params.height * rowLength) {
    return;
  }
  let at = 4u * (i / rowLength) * rowLength + i % rowLength / channels4 * 2u * channels4 + i % channels4;
  gx4[i] = gy4[at] + gy4[at + channels4] + gy4[at + 2u * rowLength] + gy4[at + 2u * rowLength + channels4];
}
