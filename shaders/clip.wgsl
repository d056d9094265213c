// Clipping by the norm without a read-back: factor = min(1, maxNorm / (sqrt(squares) + 1e-6)), with squares = sum g² found by a
// reduction, then y_i = factor · y_i in place. (PyTorch's clip_grad_norm_.)
//
// i vector of four.

struct Params {
  count: u32,
  maxNorm: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> y4: array<vec4f>;

@compute @workgroup_size(256)
fn clip(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (4u * i < params.count) {
    y4[i] = min(1.0, params.maxNorm / (sqrt(squares[0]) + 1e-6)) * y4[i];
  }
}
