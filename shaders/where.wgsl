// y_i = a_i where mask_i is not 0, else b_i, with broadcasting. a and b are moved as 32-bit words, so every type keeps its bits; the mask is read by
// its bits too (all but the sign), for WGSL leaves open what a comparison makes of a NaN, and a NaN is not 0.
//
// i element of the output, j vector within an invocation. `naive` decodes up to 8 axes by stride, as binary.wgsl does;
// `vectors` is for three operands of the output's shape, 4 vec4 per invocation.

// @include include/contiguous.wgsl

struct Params {
  count: u32,
  outer: vec4u,
  inner: vec4u,
  outerStrideMask: vec4u,
  innerStrideMask: vec4u,
  outerStrideA: vec4u,
  innerStrideA: vec4u,
  outerStrideB: vec4u,
  innerStrideB: vec4u,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mask: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<u32>;
@group(0) @binding(5) var<storage, read> mask4: array<vec4f>;
@group(0) @binding(6) var<storage, read> a4: array<vec4u>;
@group(0) @binding(7) var<storage, read> b4: array<vec4u>;
@group(0) @binding(8) var<storage, read_write> y4: array<vec4u>;

@compute @workgroup_size(256)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.count) {
    return;
  }
  var rest = i;
  var indexMask = 0u;
  var indexA = 0u;
  var indexB = 0u;
  // @unroll
  for (var d = 0u; d < 4u; d++) {
    let position = rest % params.inner[3u - d];
    rest = rest / params.inner[3u - d];
    indexMask += position * params.innerStrideMask[3u - d];
    indexA += position * params.innerStrideA[3u - d];
    indexB += position * params.innerStrideB[3u - d];
  }
  if (rest > 0u) {
    // @unroll
    for (var d = 0u; d < 4u; d++) {
      let position = rest % params.outer[3u - d];
      rest = rest / params.outer[3u - d];
      indexMask += position * params.outerStrideMask[3u - d];
      indexA += position * params.outerStrideA[3u - d];
      indexB += position * params.outerStrideB[3u - d];
    }
  }
  y[i] = select(b[indexB], a[indexA], (bitcast<u32>(mask[indexMask]) & 0x7fffffffu) != 0u);
}

// Past the end an invocation takes the last vector once more, so that no load branches, but does not store it.
@compute @workgroup_size(256)
fn vectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = (group.x + group.y * groups.x) * 1024u + select(lane, 4u * lane, CONTIGUOUS);
  let step = select(256u, 1u, CONTIGUOUS);
  let last = (params.count - 1u) / 4u;
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = min(start + j * step, last);
    if (start + j * step <= last) {
      y4[i] = select(b4[i], a4[i], (bitcast<vec4u>(mask4[i]) & vec4u(0x7fffffffu)) != vec4u());
    }
  }
}
