// Repulsion of t-SNE; equation and indices as in 1-naive.wgsl.
//
// Each invocation holds 8 points i in registers, four to a vector, and walks through one slice of the points j, two to a
// vec4 load; a second entry adds the slices in their order, so the result does not depend on scheduling. One load now serves 16 pairs
// instead of 1, and one instruction of a processor four.
// A point's own pair adds w = 1 and no force: the combining entry takes the 1 off instead of testing every pair.

const POINTS = 8u;

struct Params {
  N: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> y2: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> push: array<vec4f>;

@compute @workgroup_size(64)
fn slices(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * POINTS;
  let slice = id.y;
  if (first >= params.N) {
    return;
  }
  let pairs = (params.N + 1u) / 2u;
  let length = (pairs + params.slices - 1u) / params.slices;
  let begin = min(slice * length, pairs);
  let end = min(begin + length, pairs);
  // Points first + 4q … first + 4q + 3. What is read for those past the end is of no account.
  var xi: array<vec4f, 2>;
  var yi: array<vec4f, 2>;
  var sumX = array<vec4f, 2>();
  var sumY = array<vec4f, 2>();
  var z = array<vec4f, 2>();
  // @unroll
  for (var q = 0u; q < 2u; q++) {
    let a = y2[min(first / 2u + 2u * q, pairs - 1u)];
    let b = y2[min(first / 2u + 2u * q + 1u, pairs - 1u)];
    xi[q] = vec4f(a.xz, b.xz);
    yi[q] = vec4f(a.yw, b.yw);
  }
  for (var pair = begin; pair < end; pair++) {
    let two = y2[pair];
    // With an odd number of points the last pair has one point only; what lies behind it may be anything.
    let whole = 2u * pair + 1u < params.N;
    let other = select(vec2f(0.0), two.zw, whole);
    let second = select(0.0, 1.0, whole);
    // @unroll
    for (var q = 0u; q < 2u; q++) {
      let dx = xi[q] - two.x;
      let dy = yi[q] - two.y;
      let ex = xi[q] - other.x;
      let ey = yi[q] - other.y;
      let w = 1.0 / (1.0 + (dx * dx + dy * dy));
      let v = second / (1.0 + (ex * ex + ey * ey));
      sumX[q] += (w * w) * dx + (v * v) * ex;
      sumY[q] += (w * w) * dy + (v * v) * ey;
      z[q] += w + v;
    }
  }
  // @unroll
  for (var k = 0u; k < POINTS; k++) {
    if (first + k < params.N) {
      partials[slice * params.N + first + k] = vec4f(sumX[k / 4u][k % 4u], sumY[k / 4u][k % 4u], z[k / 4u][k % 4u], 0.0);
    }
  }
}

@compute @workgroup_size(64)
fn combine(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.N) {
    return;
  }
  var sum = vec4f(0.0);
  for (var slice = 0u; slice < params.slices; slice++) {
    sum += partials[slice * params.N + i];
  }
  push[i] = sum - vec4f(0.0, 0.0, 1.0, 0.0);
}
