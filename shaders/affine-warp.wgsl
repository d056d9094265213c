// Affine warp of NHWC images, bilinear: output pixel (q, p) shows the input at
//   column = a q + b p + c,  row = d q + e p + f,   with the matrix [a b c; d e f] of its image, in pixels;
// positions outside the image have the value `fill`.
// Gradient with respect to the image: each input pixel asks the outputs within reach, a box around the point that the inverse matrix gives,
// in a fixed order and without atomics. A matrix without an inverse makes it ask every output.
//
// n image, (row, column) input position, (p, q) output row and column, k channel. `matrix` holds one matrix, or one per image.
// `…Vectors`: four channels at a time (channels is a multiple of 4).

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
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> x4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y4: array<vec4f>;
@group(0) @binding(6) var<storage, read> gy: array<f32>;
@group(0) @binding(7) var<storage, read_write> gx: array<f32>;
@group(0) @binding(8) var<storage, read> gy4: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> gx4: array<vec4f>;

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

fn pixel(n: u32, row: i32, column: i32, k: u32) -> f32 {
  if (row < 0 || column < 0 || row >= i32(params.height) || column >= i32(params.width)) {
    return params.fill;
  }
  return x[((n * params.height + u32(row)) * params.width + u32(column)) * params.channels + k];
}

fn pixel4(n: u32, row: i32, column: i32, k: u32) -> vec4f {
  if (row < 0 || column < 0 || row >= i32(params.height) || column >= i32(params.width)) {
    return vec4f(params.fill);
  }
  return x4[((n * params.height + u32(row)) * params.width + u32(column)) * (params.channels / 4u) + k];
}

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.batch * params.outHeight * params.outWidth * params.channels) {
    return;
  }
  let k = i % params.channels;
  let q = (i / params.channels) % params.outWidth;
  let p = (i / (params.channels * params.outWidth)) % params.outHeight;
  let n = i / (params.channels * params.outWidth * params.outHeight);
  let s = source(affineOf(n), f32(q), f32(p));
  let column = i32(floor(s.x));
  let row = i32(floor(s.y));
  let f = s - floor(s);
  let above = mix(pixel(n, row, column, k), pixel(n, row, column + 1, k), f.x);
  let below = mix(pixel(n, row + 1, column, k), pixel(n, row + 1, column + 1, k), f.x);
  y[i] = mix(above, below, f.y);
}

@compute @workgroup_size(64)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= params.batch * params.outHeight * params.outWidth * channels4) {
    return;
  }
  let k = i % channels4;
  let q = (i / channels4) % params.outWidth;
  let p = (i / (channels4 * params.outWidth)) % params.outHeight;
  let n = i / (channels4 * params.outWidth * params.outHeight);
  let s = source(affineOf(n), f32(q), f32(p));
  let column = i32(floor(s.x));
  let row = i32(floor(s.y));
  let f = s - floor(s);
  let above = mix(pixel4(n, row, column, k), pixel4(n, row, column + 1, k), f.x);
  let below = mix(pixel4(n, row + 1, column, k), pixel4(n, row + 1, column + 1, k), f.x);
  y4[i] = mix(above, below, f.y);
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
  if (i >= params.batch * params.height * params.width * params.channels) {
    return;
  }
  let k = i % params.channels;
  let column = f32((i / params.channels) % params.width);
  let row = f32((i / (params.channels * params.width)) % params.height);
  let n = i / (params.channels * params.width * params.height);
  let m = affineOf(n);
  let box = lookers(m, column, row);
  var total = 0.0;
  for (var p = box.z; p <= box.w; p++) {
    for (var q = box.x; q <= box.y; q++) {
      let s = source(m, f32(q), f32(p));
      let weight = share(s.x, column) * share(s.y, row);
      if (weight > 0.0) {
        total += weight * gy[((n * params.outHeight + u32(p)) * params.outWidth + u32(q)) * params.channels + k];
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
  let k = i % channels4;
  let column = f32((i / channels4) % params.width);
  let row = f32((i / (channels4 * params.width)) % params.height);
  let n = i / (channels4 * params.width * params.height);
  let m = affineOf(n);
  let box = lookers(m, column, row);
  var total = vec4f();
  for (var p = box.z; p <= box.w; p++) {
    for (var q = box.x; q <= box.y; q++) {
      let s = source(m, f32(q), f32(p));
      let weight = share(s.x, column) * share(s.y, row);
      if (weight > 0.0) {
        total += weight * gy4[((n * params.outHeight + u32(p)) * params.outWidth + u32(q)) * channels4 + k];
      }
    }
  }
  gx4[i] = total;
}
