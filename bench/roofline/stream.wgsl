// Streaming bandwidth of a kernel: y ← x, 16 floats per invocation as four vec4, neighbouring invocations at neighbouring addresses.
// Bytes moved = 2 · 4 · elements. The grid covers the buffers exactly: the host sizes them to whole workgroups.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = (group.x + group.y * groups.x) * 1024u + lane;
  y[i] = x[i];
  y[i + 256u] = x[i + 256u];
  y[i + 512u] = x[i + 512u];
  y[i + 768u] = x[i + 768u];
}
