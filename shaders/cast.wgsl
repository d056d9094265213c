// y_i = x_i in another type. Floats are cut towards zero; what the target cannot hold is clamped to its range, as WGSL defines for floats.
// A NaN (told by its bits), for which it defines nothing, becomes 0.
//
// i element.

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> floats: array<f32>;
@group(0) @binding(2) var<storage, read> integers: array<i32>;
@group(0) @binding(3) var<storage, read> naturals: array<u32>;
@group(0) @binding(4) var<storage, read_write> toFloats: array<f32>;
@group(0) @binding(5) var<storage, read_write> toIntegers: array<i32>;
@group(0) @binding(6) var<storage, read_write> toNaturals: array<u32>;

// @include include/is-nan.wgsl

@compute @workgroup_size(256)
fn floatToInteger(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    toIntegers[i] = select(i32(floats[i]), 0, isNaN(floats[i]));
  }
}

@compute @workgroup_size(256)
fn floatToNatural(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    toNaturals[i] = select(u32(floats[i]), 0u, isNaN(floats[i]));
  }
}

@compute @workgroup_size(256)
fn integerToFloat(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    toFloats[i] = f32(integers[i]);
  }
}

@compute @workgroup_size(256)
fn naturalToFloat(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    toFloats[i] = f32(naturals[i]);
  }
}

@compute @workgroup_size(256)
fn integerToNatural(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    toNaturals[i] = u32(max(integers[i], 0));
  }
}

@compute @workgroup_size(256)
fn naturalToInteger(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    toIntegers[i] = i32(min(naturals[i], 0x7fffffffu));
  }
}
