// Squared distances and, per row, the Gaussian affinities with a given perplexity (van der Maaten & Hinton 2008, eq. 1).
//
// i point (row), j other point, d coordinate, D coordinates rounded up to a multiple of 4 (the rest are zero).
// `distances` fills a block of rows: distance[i, j] = Σ_d (x_id − x_jd)².
// `search` finds β_i = 1/(2σ_i²) by bisection until |ln Perp(P_i) − ln perplexity| < 1e-5, then writes p_{j|i}. A point is no
// neighbour of itself: entries whose index equals the row's own are skipped.

struct Params {
  N: u32,
  D: u32,
  firstRow: u32,
  rows: u32,
  K: u32,
  perplexity: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> distance: array<f32>;
@group(0) @binding(3) var<storage, read> neighbourDistance: array<f32>;
@group(0) @binding(4) var<storage, read> neighbour: array<u32>;
@group(0) @binding(5) var<storage, read_write> p: array<f32>;
@group(0) @binding(6) var<storage, read_write> beta: array<f32>;

// One invocation: 4 columns of one row, so that x_i is read once for four distances.
@compute @workgroup_size(64)
fn distances(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let columns = (params.N + 3u) / 4u;
  let index = id.x + id.y * groups.x * 64u;
  if (index >= columns * params.rows) {
    return;
  }
  let row = index / columns;
  let j = 4u * (index % columns);
  let D4 = params.D / 4u;
  let last = params.N - 1u;
  let i0 = (params.firstRow + row) * D4;
  let j0 = j * D4;
  let j1 = min(j + 1u, last) * D4;
  let j2 = min(j + 2u, last) * D4;
  let j3 = min(j + 3u, last) * D4;
  var sum = vec4f(0.0);
  for (var d = 0u; d < D4; d++) {
    let xi = x[i0 + d];
    let e0 = xi - x[j0 + d];
    let e1 = xi - x[j1 + d];
    let e2 = xi - x[j2 + d];
    let e3 = xi - x[j3 + d];
    sum += vec4f(dot(e0, e0), dot(e1, e1), dot(e2, e2), dot(e3, e3));
  }
  let at = row * params.N + j;
  distance[at] = sum.x;
  if (j + 1u < params.N) {
    distance[at + 1u] = sum.y;
  }
  if (j + 2u < params.N) {
    distance[at + 2u] = sum.z;
  }
  if (j + 3u < params.N) {
    distance[at + 3u] = sum.w;
  }
}

// One invocation per row.
@compute @workgroup_size(64)
fn search(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64u;
  if (row >= params.rows) {
    return;
  }
  let i = params.firstRow + row;
  let start = row * params.K;
  let wanted = log(params.perplexity);
  var total = 0.0;
  var nearest = 3.0e38;
  var others = 0.0;
  for (var k = 0u; k < params.K; k++) {
    if (neighbour[start + k] != i) {
      let d = neighbourDistance[start + k];
      total += d;
      others += 1.0;
      nearest = min(nearest, d);
    }
  }
  var b = others / max(total, 1e-12);
  var low = 0.0;
  var high = 0.0;
  var bounded = false;
  for (var step = 0u; step < 100u; step++) {
    // H = ln Σ e^{-β(d − d_min)} + β Σ (d − d_min) e^{…} / Σ e^{…}: shifted by the nearest, so nothing underflows.
    var z = 0.0;
    var moment = 0.0;
    for (var k = 0u; k < params.K; k++) {
      if (neighbour[start + k] != i) {
        let d = neighbourDistance[start + k] - nearest;
        let e = exp(-b * d);
        z += e;
        moment += d * e;
      }
    }
    let difference = log(z) + b * moment / z - wanted;
    if (abs(difference) < 1e-5) {
      break;
    }
    if (difference > 0.0) {
      low = b;
      b = select(2.0 * b, 0.5 * (low + high), bounded);
    } else {
      high = b;
      bounded = true;
      b = 0.5 * (low + high);
    }
  }
  var z = 0.0;
  for (var k = 0u; k < params.K; k++) {
    if (neighbour[start + k] != i) {
      z += exp(-b * (neighbourDistance[start + k] - nearest));
    }
  }
  for (var k = 0u; k < params.K; k++) {
    let e = exp(-b * (neighbourDistance[start + k] - nearest)) / z;
    p[start + k] = select(e, 0.0, neighbour[start + k] == i);
  }
  beta[row] = b;
}
