// One step of t-SNE (van der Maaten & Hinton 2008) after the repulsion, with w_ij = 1 / (1 + |y_i − y_j|²) and q_ij = w_ij / Z:
// gradient_i = 4 (ε Σ_j p_ij w_ij (y_i − y_j) − force_i / Z)       (eq. 5; ε early exaggeration)
// divergence_i = Σ_j p_ij ln(p_ij / q_ij)                          (eq. 3, without exaggeration)
// gain ← gain + 0.2 where gradient and velocity differ in sign, else 0.8 gain, at least 0.01
// velocity ← μ velocity − η gain gradient;  y ← y + velocity;  then the mean of y is taken off.
//
// i point, j neighbour, e entry of the sparse symmetric P (row i: entries rowStart[i] … rowStart[i + 1]).

struct Params {
  N: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read> rowStart: array<u32>;
@group(0) @binding(3) var<storage, read> neighbour: array<u32>;
@group(0) @binding(4) var<storage, read> p: array<f32>;
@group(0) @binding(5) var<storage, read> force: array<vec4f>;
@group(0) @binding(6) var<storage, read> Z: array<f32>;
// exaggeration ε, learning rate η, momentum μ
@group(0) @binding(7) var<storage, read> hyper: array<f32>;
// gradient (x, y), divergence, 0
@group(0) @binding(8) var<storage, read_write> gradient: array<vec4f>;

@group(0) @binding(9) var<storage, read> slope: array<vec4f>;
@group(0) @binding(11) var<storage, read_write> position: array<vec2f>;
@group(0) @binding(12) var<storage, read_write> velocity: array<vec2f>;
@group(0) @binding(13) var<storage, read_write> gain: array<vec2f>;
@group(0) @binding(14) var<storage, read> centre: array<f32>;

@compute @workgroup_size(64)
fn attraction(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  let yi = y[i];
  let z = Z[2];
  var pull = vec2f(0.0);
  var kl = 0.0;
  for (var e = rowStart[i]; e < rowStart[i + 1u]; e++) {
    let difference = yi - y[neighbour[e]];
    let w = 1.0 / (1.0 + dot(difference, difference));
    let pij = p[e];
    pull += pij * w * difference;
    kl += pij * log(max(pij, 1e-30) * z / w);
  }
  gradient[i] = vec4f(4.0 * (hyper[0] * pull - force[i].xy / z), kl, 0.0);
}

@compute @workgroup_size(64)
fn update(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  let g = slope[i].xy;
  let v = velocity[i];
  let differ = sign(g) != sign(v);
  let k = max(select(0.8 * gain[i], gain[i] + 0.2, differ), vec2f(0.01));
  let next = hyper[2] * v - hyper[1] * k * g;
  gain[i] = k;
  velocity[i] = next;
  position[i] += next;
}

@compute @workgroup_size(64)
fn recentre(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  position[i] -= vec2f(centre[0], centre[1]);
}
