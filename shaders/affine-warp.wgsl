// Affine warp of NHWC images, bilinear: output pixel (q, p) shows the input at
//   column = a q + b p + c,  row = d q + e p + f,   with the matrix [a b c; d e f] of its image, in pixels;
// positions outside the image have the value `fill`.
// Gradient with respect to the image: each input pixel asks the outputs within reach, a box around the point that the inverse matrix gives,
// in a fixed order and without atomics. A matrix without an inverse makes it ask every output.
//
// n image, (row, column) input position, (p, q) output row and column, k channel. `matrix` holds one matrix, or one per image.

// Channels of an invocation, and what holds them: the plan sets 4 and vec4f where the channels are a multiple of 4.
const LANES = 1u;
alias Value = f32;

struct Params {
  batch: u32,
  height: u32,
  width: u32,
  channels: u32,
  outHeight: u32,
  outWidth: u32,
  matrices: u32,
  fill: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<Value>;
@group(0) @binding(3) var<storage, read_write> y: array<Value>;
@group(0) @binding(4) var<storage, read> gy: array<Value>;
@group(0) @binding(5) var<storage, read_write> gx: array<Value>;

struct Affine {
  across: vec3f,
  down: vec3f,
}

fn affineOf(n: u32) -> Affine {
  let m = 6u * min(n, params.matrices - 1u);
  return Affine(vec3f(matrix[m], matrix[m + 1u], matrix[m + 2u]), vec3f(matrix[m + 3u], matrix[m + 4u], matrix[m + 5u]));
}

// (column, row) that output pixel (q, p) shows; held within numbers that convert to i32.
fn source(m: Affine, q: f32, p: f32) -> vec2f {
  let at = vec3f(q, p, 1.0);
  return clamp(vec2f(dot(m.across, at), dot(m.down, at)), vec2f(-1e8), vec2f(1e8));
}

fn pixel(n: u32, row: i32, column: i32, k: u32) -> Value {
  if (row < 0 || column < 0 || row >= i32(params.height) || column >= i32(params.width)) {
    return Value(params.fill);
  }
  return x[((n * params.height + u32(row)) * params.width + u32(column)) * (params.channels / LANES) + k];
}

// @include include/position.wgsl

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels = params.channels / LANES;
  if (i >= params.batch * params.outHeight * params.outWidth * channels) {
    return;
  }
  let position = positionOf(i, params.outHeight, params.outWidth, channels);
  let s = source(affineOf(position.n), f32(position.column), f32(position.row));
  let column = i32(floor(s.x));
  let row = i32(floor(s.y));
  let f = s - floor(s);
  let above = mix(pixel(position.n, row, column, position.c), pixel(position.n, row, column + 1, position.c), f.x);
  let below = mix(pixel(position.n, row + 1, column, position.c), pixel(position.n, row + 1, column + 1, position.c), f.x);
  y[i] = mix(above, below, f.y);
}

// First and last output column, first and last output row that may show (column, row).
fn lookers(m: Affine, column: f32, row: f32) -> vec4i {
  let last = vec2f(f32(params.outWidth - 1u), f32(params.outHeight - 1u));
  let determinant = m.across.x * m.down.y - m.across.y * m.down.x;
  if (abs(determinant) < 1e-6) {
    return vec4i(0, i32(last.x), 0, i32(last.y));
  }
  let dx = column - m.across.z;
  let dy = row - m.down.z;
  let center = vec2f(m.down.y * dx - m.across.y * dy, m.across.x * dy - m.down.x * dx) / determinant;
  let reach = vec2f(abs(m.down.y) + abs(m.across.y), abs(m.down.x) + abs(m.across.x)) / abs(determinant);
  let first = clamp(floor(center - reach), vec2f(), last + 1.0);
  let end = clamp(ceil(center + reach), vec2f(-1.0), last);
  return vec4i(i32(first.x), i32(end.x), i32(first.y), i32(end.y));
}

// The share of input position `at` in what is shown at s.
fn share(s: f32, at: f32) -> f32 {
  return max(0.0, 1.0 - abs(s - at));
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels = params.channels / LANES;
  if (i >= params.batch * params.height * params.width * channels) {
    return;
  }
  let position = positionOf(i, params.height, params.width, channels);
  let m = affineOf(position.n);
  let box = lookers(m, f32(position.column), f32(position.row));
  var total = Value();
  for (var p = box.z; p <= box.w; p++) {
    for (var q = box.x; q <= box.y; q++) {
      let s = source(m, f32(q), f32(p));
      let weight = share(s.x, f32(position.column)) * share(s.y, f32(position.row));
      if (weight > 0.0) {
        total += weight * gy[((position.n * params.outHeight + u32(p)) * params.outWidth + u32(q)) * channels + position.c];
      }
    }
  }
  gx[i] = total;
}
