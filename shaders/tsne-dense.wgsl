// Forces of t-SNE where P is stored whole (van der Maaten & Hinton 2008, eq. 5), with w_ij = 1 / (1 + |y_i − y_j|²):
// pull_i = Σ_j p_ij w_ij (y_i − y_j),   push_i = ( Σ_{j≠i} w_ij² (y_i − y_j), Σ_{j≠i} w_ij, 0 )
// and the divergence of each point, kl_i = Σ_{j≠i} p_ij ln(p_ij Z / w_ij)   (eq. 2), Z = Σ_i push_i.z.
//
// i point, j other point; joint is symmetric, so row j holds what the points i of one invocation need side by side.
// One invocation of `slices` holds 8 points i in registers, four to a vector, and walks through one slice of the points j, two at a time:
// five loads serve 16 pairs, and w is computed once for both forces. `combine` adds the slices in their order, so results do not depend
// on scheduling.
// A point's own pair adds w = 1 and no force: `combine` takes the 1 off.

const POINTS = 8u;

struct Params {
  N: u32,
  stride: u32,
  slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec2f>;
@group(0) @binding(2) var<storage, read> y2: array<vec4f>;
@group(0) @binding(3) var<storage, read> joint: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> partialZ: array<f32>;
@group(0) @binding(6) var<storage, read_write> pull: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> push: array<vec4f>;
@group(0) @binding(8) var<storage, read> Z: array<f32>;
@group(0) @binding(9) var<storage, read_write> kl: array<f32>;

@compute @workgroup_size(64)
fn slices(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * POINTS;
  let slice = id.y;
  if (first >= params.N) {
    return;
  }
  let last = params.N - 1u;
  let stride4 = params.stride / 4u;
  let pairs = (params.N + 1u) / 2u;
  let length = (pairs + params.slices - 1u) / params.slices;
  let begin = min(slice * length, pairs);
  let end = min(begin + length, pairs);
  // Points first + 4q … first + 4q + 3. What is read for those past the end is of no account.
  var xi: array<vec4f, 2>;
  var yi: array<vec4f, 2>;
  var attractX = array<vec4f, 2>();
  var attractY = array<vec4f, 2>();
  var repelX = array<vec4f, 2>();
  var repelY = array<vec4f, 2>();
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
    let row = 2u * pair * stride4 + 2u * id.x;
    let nextRow = min(2u * pair + 1u, last) * stride4 + 2u * id.x;
    // @unroll
    for (var q = 0u; q < 2u; q++) {
      let p = joint[row + q];
      let r = second * joint[nextRow + q];
      let dx = xi[q] - two.x;
      let dy = yi[q] - two.y;
      let ex = xi[q] - other.x;
      let ey = yi[q] - other.y;
      let w = 1.0 / (1.0 + (dx * dx + dy * dy));
      let v = second / (1.0 + (ex * ex + ey * ey));
      attractX[q] += (p * w) * dx + (r * v) * ex;
      attractY[q] += (p * w) * dy + (r * v) * ey;
      repelX[q] += (w * w) * dx + (v * v) * ex;
      repelY[q] += (w * w) * dy + (v * v) * ey;
      z[q] += w + v;
    }
  }
  // @unroll
  for (var k = 0u; k < POINTS; k++) {
    if (first + k < params.N) {
      let attract = vec2f(attractX[k / 4u][k % 4u], attractY[k / 4u][k % 4u]);
      let repel = vec2f(repelX[k / 4u][k % 4u], repelY[k / 4u][k % 4u]);
      partials[slice * params.N + first + k] = vec4f(attract, repel);
      partialZ[slice * params.N + first + k] = z[k / 4u][k % 4u];
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
  var z = 0.0;
  for (var slice = 0u; slice < params.slices; slice++) {
    sum += partials[slice * params.N + i];
    z += partialZ[slice * params.N + i];
  }
  pull[i] = sum.xy;
  push[i] = vec4f(sum.zw, z - 1.0, 0.0);
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
  for (var j = 0u; j < params.N; j++) {
    let difference = yi - y[j];
    // Entry (j, i) instead of (i, j): the same number, and neighbouring invocations read neighbouring words.
    let four = joint[(j * params.stride + i) / 4u];
    let p = select(select(four.x, four.y, i % 4u == 1u), select(four.z, four.w, i % 4u == 3u), i % 4u > 1u);
    sum += p * log(max(p, 1e-30) * total * (1.0 + dot(difference, difference)));
  }
  kl[i] = sum;
}
