// y_i = value. The value's 32 bits are given as u32, so every type can be filled.
//
// i element, j vector within an invocation.

// @include include/contiguous.wgsl

struct Params {
  count: u32,
  bits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read_write> y4: array<vec4u>;

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    y[i] = params.bits;
  }
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
      y4[i] = vec4u(params.bits);
    }
  }
}
