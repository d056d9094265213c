// Repulsion of t-SNE (van der Maaten & Hinton 2008, eq. 4 and 5), with w_ij = 1 / (1 + |y_i − y_j|²):
// push_i = ( Σ_{j≠i} w_ij² (y_i − y_j), Σ_{j≠i} w_ij, 0 ). The sum over i of the third component is Z.
//
// i point, j other point. One invocation per point walks through all others; reads like the equation.

struct Params {
  N: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> push: array<vec4f>;

@compute @workgroup_size(64)
fn repulsion(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  let yi = y[i];
  var sum = vec3f(0.0);
  for (var j = 0u; j < params.N; j++) {
    let e = yi - y[j];
    let w = select(1.0 / (1.0 + dot(e, e)), 0.0, j == i);
    sum += vec3f(w * w * e, w);
  }
  push[i] = vec4f(sum, 0.0);
}
