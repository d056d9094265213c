// Resizing NHWC images. Each output position d of an axis looks at s = max((d + offset) ratio - offset, 0) of the input:
//   nearest  (offset 0):          takes floor(s);
//   bilinear (offset 0.5, or 0 where the corners are aligned): blends lo = floor(s) and hi = min(lo + 1, extent - 1) by f = s - lo.
// Gradient: gx[i] = sum over the d that look at i of their weight times gy[d]. Each input asks the few outputs that can reach it, so
// there are no atomics and the order is fixed.
//
// n image, (row, column) input position, (p, q) output position, c channel. ratio is input extent over output extent (or the
// extents less one, where corners are aligned).

override BILINEAR: bool = true;

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
  ratioY: f32,
  ratioX: f32,
  offset: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> y: array<Value>;
@group(0) @binding(3) var<storage, read> gy: array<Value>;
@group(0) @binding(4) var<storage, read_write> gx: array<Value>;

struct Blend {
  lo: u32,
  hi: u32,
  f: f32,
}

// What output position d of an axis looks at.
fn look(d: u32, ratio: f32, extent: u32) -> Blend {
  let s = max((f32(d) + params.offset) * ratio - params.offset, 0.0);
  let lo = min(u32(s), extent - 1u);
  if (!BILINEAR) {
    return Blend(lo, lo, 0.0);
  }
  return Blend(lo, min(lo + 1u, extent - 1u), clamp(s - f32(lo), 0.0, 1.0));
}

// The weight of input position i in that.
fn weight(b: Blend, i: u32) -> f32 {
  return select(0.0, 1.0 - b.f, b.lo == i) + select(0.0, b.f, b.hi == i);
}

// First and last output position of an axis that may look at input position i.
fn lookers(i: u32, ratio: f32, extent: u32, outExtent: u32) -> vec2u {
  let last = f32(outExtent - 1u);
  if (ratio <= 0.0) {
    return vec2u(0u, outExtent - 1u);
  }
  let reach = select(0.0, 1.0, BILINEAR);
  var first = floor((f32(i) - reach + params.offset) / ratio - params.offset);
  var end = ceil((f32(i) + 1.0 + params.offset) / ratio - params.offset);
  if (i == 0u) {
    first = 0.0;
  }
  if (i == extent - 1u) {
    end = last;
  }
  return vec2u(u32(clamp(first, 0.0, last)), u32(clamp(end, 0.0, last)));
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
  let row = look(position.row, params.ratioY, params.height);
  let column = look(position.column, params.ratioX, params.width);
  let top = (position.n * params.height + row.lo) * params.width;
  let bottom = (position.n * params.height + row.hi) * params.width;
  let topLeft = x[(top + column.lo) * channels + position.c];
  if (!BILINEAR) {
    y[i] = topLeft;
    return;
  }
  let above = mix(topLeft, x[(top + column.hi) * channels + position.c], column.f);
  let below = mix(x[(bottom + column.lo) * channels + position.c], x[(bottom + column.hi) * channels + position.c], column.f);
  y[i] = mix(above, below, row.f);
}

@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels = params.channels / LANES;
  if (i >= params.batch * params.height * params.width * channels) {
    return;
  }
  let position = positionOf(i, params.height, params.width, channels);
  let ps = lookers(position.row, params.ratioY, params.height, params.outHeight);
  let qs = lookers(position.column, params.ratioX, params.width, params.outWidth);
  var total = Value();
  for (var p = ps.x; p <= ps.y; p++) {
    let wy = weight(look(p, params.ratioY, params.height), position.row);
    if (wy > 0.0) {
      let start = (position.n * params.outHeight + p) * params.outWidth;
      for (var q = qs.x; q <= qs.y; q++) {
        let wx = weight(look(q, params.ratioX, params.width), position.column);
        if (wx > 0.0) {
          total += wy * wx * gy[(start + q) * channels + position.c];
        }
      }
    }
  }
  gx[i] = total;
}
