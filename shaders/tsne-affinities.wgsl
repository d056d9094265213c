// Squared distances and the Gaussian affinities with a given perplexity (van der Maaten & Hinton 2008, eq. 1 and §3.1).
//
// i point (row), j other point (column), d coordinate, D coordinates rounded up to a multiple of 4 (the rest are zero). A row has
// `stride` entries, a multiple of 8. Negative distances mark what is no neighbour: the point itself and the entries behind the last.
// `distances`  distance[i, j] = Σ_d (x_id − x_jd)² for a block of rows. Differences, not |x|² + |y|² − 2xy: near points stay exact.
// `search`     finds β_i = 1/(2σ_i²) by bisection until |ln Perp(P_i) − ln perplexity| < 1e-5, then writes p_{j|i}.
// `symmetrise` joint[i, j] = (p_{j|i} + p_{i|j}) / 2N where every point is a neighbour of every other.
//
// Eight rows by eight columns per invocation: 16 loads serve 64 pairs, where one pair per invocation would take 128.

const TILE = 8u;

struct Params {
  N: u32,
  D: u32,
  firstRow: u32,
  rows: u32,
  stride: u32,
  perplexity: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> distance: array<vec4f>;
@group(0) @binding(3) var<storage, read> near: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> p: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> beta: array<f32>;
@group(0) @binding(6) var<storage, read> conditional: array<f32>;
@group(0) @binding(7) var<storage, read_write> joint: array<f32>;

fn masked(d2: vec4f, i: u32, j: u32) -> vec4f {
  let column = vec4u(j, j + 1u, j + 2u, j + 3u);
  return select(d2, vec4f(-1.0), (column >= vec4u(params.N)) | (column == vec4u(i)));
}

@compute @workgroup_size(64)
fn distances(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let columns = params.stride / TILE;
  let index = id.x + id.y * groups.x * 64u;
  if (index >= columns * ((params.rows + TILE - 1u) / TILE)) {
    return;
  }
  let row = TILE * (index / columns);
  let j = TILE * (index % columns);
  let D4 = params.D / 4u;
  let last = params.N - 1u;
  var fromI: array<u32, 8>;
  var fromJ: array<u32, 8>;
  var sum = array<vec4f, 16>();
  // @unroll
  for (var k = 0u; k < TILE; k++) {
    fromI[k] = min(params.firstRow + row + k, last) * D4;
    fromJ[k] = min(j + k, last) * D4;
  }
  for (var d = 0u; d < D4; d++) {
    var xj: array<vec4f, 8>;
    // @unroll
    for (var k = 0u; k < TILE; k++) {
      xj[k] = x[fromJ[k] + d];
    }
    // @unroll
    for (var k = 0u; k < TILE; k++) {
      let xi = x[fromI[k] + d];
      // @unroll
      for (var half = 0u; half < 2u; half++) {
        let e0 = xi - xj[4u * half];
        let e1 = xi - xj[4u * half + 1u];
        let e2 = xi - xj[4u * half + 2u];
        let e3 = xi - xj[4u * half + 3u];
        sum[2u * k + half] += vec4f(dot(e0, e0), dot(e1, e1), dot(e2, e2), dot(e3, e3));
      }
    }
  }
  // @unroll
  for (var k = 0u; k < TILE; k++) {
    if (row + k < params.rows) {
      let at = ((row + k) * params.stride + j) / 4u;
      let i = params.firstRow + row + k;
      distance[at] = masked(sum[2u * k], i, j);
      distance[at + 1u] = masked(sum[2u * k + 1u], i, j + 4u);
    }
  }
}

// One invocation per row. Distances are taken relative to the nearest and in units of their mean, so that nothing underflows in the
// search and its outcome does not depend on the scale of the points.
@compute @workgroup_size(64)
fn search(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64u;
  if (row >= params.rows) {
    return;
  }
  let length = params.stride / 4u;
  let start = row * length;
  let wanted = log(params.perplexity);
  var total = 0.0;
  var nearest = 3.0e38;
  var others = 0.0;
  for (var k = 0u; k < length; k++) {
    let d = near[start + k];
    let is = d >= vec4f(0.0);
    total += dot(select(vec4f(0.0), d, is), vec4f(1.0));
    others += dot(select(vec4f(0.0), vec4f(1.0), is), vec4f(1.0));
    let least = select(vec4f(3.0e38), d, is);
    nearest = min(nearest, min(min(least.x, least.y), min(least.z, least.w)));
  }
  // Points that all coincide, or all lie equally far, have no scale: their affinities come out equal whatever it is.
  let mean = total / max(others, 1.0) - nearest;
  let scale = select(1.0, 1.0 / mean, mean > 1e-30);
  var b = 1.0;
  var low = 0.0;
  var high = 0.0;
  var z = 1.0;
  for (var step = 0u; step < 100u; step++) {
    // H = ln Σ e^{-βu} + β Σ u e^{-βu} / Σ e^{-βu},  u = (d − d_nearest) / scale
    z = 0.0;
    var moment = 0.0;
    for (var k = 0u; k < length; k++) {
      let d = near[start + k];
      let u = (d - nearest) * scale;
      let e = select(vec4f(0.0), exp(-b * u), d >= vec4f(0.0));
      z += dot(e, vec4f(1.0));
      moment += dot(u, e);
    }
    let difference = log(z) + b * moment / z - wanted;
    // As many equal nearest neighbours as the perplexity or more: no β is large enough, this one will do.
    if (abs(difference) < 1e-5 || b > 1e15) {
      break;
    }
    if (difference > 0.0) {
      low = b;
      b = select(0.5 * (low + high), 2.0 * b, high == 0.0);
    } else {
      high = b;
      b = 0.5 * (low + high);
    }
  }
  let into = (params.firstRow + row) * length;
  for (var k = 0u; k < length; k++) {
    let d = near[start + k];
    p[into + k] = select(vec4f(0.0), exp(-b * scale * (d - nearest)) / z, d >= vec4f(0.0));
  }
  beta[params.firstRow + row] = b * scale;
}

@compute @workgroup_size(64)
fn symmetrise(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  if (index >= params.N * params.stride) {
    return;
  }
  let i = index / params.stride;
  let j = index % params.stride;
  var value = 0.0;
  if (j < params.N) {
    value = (conditional[index] + conditional[j * params.stride + i]) / (2.0 * f32(params.N));
  }
  joint[index] = value;
}
