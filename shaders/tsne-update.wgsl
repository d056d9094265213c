// What t-SNE does with its forces (van der Maaten & Hinton 2008, §2 and §3.4):
// `update`   gradient_i = 4 (ε pull_i − push_i / Z)                                          (eq. 5; ε early exaggeration)
//            gain ← gain + 0.2 where gradient and velocity differ in sign, else 0.8 gain, at least 0.01
//            velocity ← μ velocity − η gain gradient,  position ← position + velocity
// `recentre` position ← position − centre
//
// i point.

struct Params {
  N: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pull: array<vec2f>;
@group(0) @binding(2) var<storage, read> push: array<vec4f>;
// Sum of `push` over all points; its third component is Z.
@group(0) @binding(3) var<storage, read> Z: array<f32>;
// exaggeration ε, learning rate η, momentum μ
@group(0) @binding(4) var<storage, read> hyper: array<f32>;
@group(0) @binding(5) var<storage, read_write> position: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> velocity: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> gain: array<vec2f>;
@group(0) @binding(8) var<storage, read_write> gradient: array<vec2f>;
@group(0) @binding(9) var<storage, read> centre: array<f32>;

@compute @workgroup_size(64)
fn update(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  let g = 4.0 * (hyper[0] * pull[i] - push[i].xy / Z[2]);
  let v = velocity[i];
  let differ = sign(g) != sign(v);
  let k = max(select(0.8 * gain[i], gain[i] + 0.2, differ), vec2f(0.01));
  let next = hyper[2] * v - hyper[1] * k * g;
  gradient[i] = g;
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
