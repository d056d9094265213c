// Attraction of t-SNE over the stored pairs of a sparse symmetric P (van der Maaten & Hinton 2008), with w_ij = 1 / (1 + |y_i − y_j|²):
// `attraction` pull_i = Σ_j p_ij w_ij (y_i − y_j)      (the first half of eq. 5)
// `divergence` kl_i = Σ_j p_ij ln(p_ij Z / w_ij)       (eq. 2)
//
// i point, j neighbour, e entry of P (row i: entries rowStart[i] … rowStart[i + 1]).

struct Params {
  N: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read> rowStart: array<u32>;
@group(0) @binding(3) var<storage, read> neighbour: array<u32>;
@group(0) @binding(4) var<storage, read> p: array<f32>;
// Sum of `push` over all points; its third component is Z.
@group(0) @binding(5) var<storage, read> Z: array<f32>;
@group(0) @binding(6) var<storage, read_write> pull: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> kl: array<f32>;

@compute @workgroup_size(64)
fn attraction(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  let yi = y[i];
  var sum = vec2f(0.0);
  for (var e = rowStart[i]; e < rowStart[i + 1u]; e++) {
    let difference = yi - y[neighbour[e]];
    sum += (p[e] / (1.0 + dot(difference, difference))) * difference;
  }
  pull[i] = sum;
}

@compute @workgroup_size(64)
fn divergence(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  let yi = y[i];
  let total = Z[2];
  var sum = 0.0;
  for (var e = rowStart[i]; e < rowStart[i + 1u]; e++) {
    let difference = yi - y[neighbour[e]];
    sum += p[e] * log(max(p[e], 1e-30) * total * (1.0 + dot(difference, difference)));
  }
  kl[i] = sum;
}
