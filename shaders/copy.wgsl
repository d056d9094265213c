// y[offsetY + sum_d i_d·strideY_d] = x[offsetX + sum_d i_d·strideX_d] for every index i of a box of up to 8 axes: permute, slice,
// expand (stride 0), flip (negative stride), concatenation and the placing of a gradient into a larger tensor.
//
// i element or vector of the box, decoded from the last axis. Words are moved as u32, so every type keeps its bits.
// `naive` moves one word. `vectors` moves vec4: the last axis is contiguous on both sides and the strides are counted in vectors.
// `tiles` is for a transposed pair of axes: 4 x 4 words are loaded as 4 vec4 along the axis that is contiguous in x, turned in
// registers, and stored as 4 vec4 along the axis that is contiguous in y. `outer` and `inner` hold the extents of the first
// and last four axes; missing leading axes have extent 1.

// @include include/contiguous.wgsl

struct Params {
  count: u32,
  offsetX: i32,
  offsetY: i32,
  tileStrideX: i32,
  tileStrideY: i32,
  outer: vec4u,
  inner: vec4u,
  outerStrideX: vec4i,
  innerStrideX: vec4i,
  outerStrideY: vec4i,
  innerStrideY: vec4i,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(0) @binding(3) var<storage, read> x4: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> y4: array<vec4u>;

// Positions in x and y of item i of the box.
fn locate(i: u32) -> vec2i {
  var rest = i;
  var at = vec2i(params.offsetX, params.offsetY);
  // @unroll
  for (var d = 0u; d < 4u; d++) {
    let position = i32(rest % params.inner[3u - d]);
    rest = rest / params.inner[3u - d];
    at += position * vec2i(params.innerStrideX[3u - d], params.innerStrideY[3u - d]);
  }
  if (rest > 0u) {
    // @unroll
    for (var d = 0u; d < 4u; d++) {
      let position = i32(rest % params.outer[3u - d]);
      rest = rest / params.outer[3u - d];
      at += position * vec2i(params.outerStrideX[3u - d], params.outerStrideY[3u - d]);
    }
  }
  return at;
}

@compute @workgroup_size(256)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    let at = locate(i);
    y[at.y] = x[at.x];
  }
}

@compute @workgroup_size(256)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    let at = locate(i);
    y4[at.y] = x4[at.x];
  }
}

// Past the end an invocation takes the last vector once more, so that no load branches, but does not store it.
@compute @workgroup_size(256)
fn contiguous(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = (group.x + group.y * groups.x) * 1024u + select(lane, 4u * lane, CONTIGUOUS);
  let step = select(256u, 1u, CONTIGUOUS);
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = i32(min(start + j * step, params.count - 1u));
    if (start + j * step <= params.count - 1u) {
      y4[i + params.offsetY] = x4[i + params.offsetX];
    }
  }
}

@compute @workgroup_size(256)
fn tiles(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    let at = locate(i);
    let p = x4[at.x];
    let q = x4[at.x + params.tileStrideX];
    let r = x4[at.x + 2 * params.tileStrideX];
    let s = x4[at.x + 3 * params.tileStrideX];
    y4[at.y] = vec4u(p.x, q.x, r.x, s.x);
    y4[at.y + params.tileStrideY] = vec4u(p.y, q.y, r.y, s.y);
    y4[at.y + 2 * params.tileStrideY] = vec4u(p.z, q.z, r.z, s.z);
    y4[at.y + 3 * params.tileStrideY] = vec4u(p.w, q.w, r.w, s.w);
  }
}
