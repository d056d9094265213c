// Mean and variance of each channel from those of tiles of its rows (Chan, Golub & LeVeque 1979). With n_t rows, mean m_t and sum of
// squared distances M_t from it in tile t:
//   n = sum_t n_t,  mean = sum_t n_t m_t / n,  M = sum_t (M_t + n_t (m_t - mean)²),  variance = M / n,
// tile by tile: with d = m_t - mean and N = n + n_t,  mean += d n_t / N,  M += M_t + d² n n_t / N,  n = N.
//
// t tile, c channel, s group of `span` neighbouring tiles. Where INTERLEAVE is 1, a tile has `perTile` neighbouring rows, the last one what
// is left; else INTERLEAVE tiles share a block of rows, and each has every INTERLEAVE-th. `merge`: one invocation per group and channel, in
// a fixed order; only squares are added, so nothing cancels. `mergeVectors`: four channels at a time (channels is a multiple of 4).
// FINAL: M is divided by the rows.

override INTERLEAVE: u32 = 1u;
override FINAL: bool = false;

struct Params {
  rows: u32,
  channels: u32,
  tiles: u32,
  perTile: u32,
  span: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tileMean: array<f32>;
@group(0) @binding(2) var<storage, read> tileSquares: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> squares: array<f32>;
@group(0) @binding(5) var<storage, read> tileMean4: array<vec4f>;
@group(0) @binding(6) var<storage, read> tileSquares4: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> mean4: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> squares4: array<vec4f>;

// Rows of tile t; none where its block breaks off before it.
fn rowsOf(t: u32) -> f32 {
  let together = params.perTile * INTERLEAVE;
  let first = min(t / INTERLEAVE * together, params.rows);
  let inBlock = min(together, params.rows - first);
  return f32((inBlock + INTERLEAVE - 1u - t % INTERLEAVE) / INTERLEAVE);
}

@compute @workgroup_size(64)
fn merge(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= (params.tiles + params.span - 1u) / params.span * params.channels) {
    return;
  }
  let c = i % params.channels;
  let first = i / params.channels * params.span;
  var n = 0.0;
  var m = 0.0;
  var M = 0.0;
  for (var t = first; t < min(first + params.span, params.tiles); t++) {
    let rows = rowsOf(t);
    let share = rows / (n + rows);
    let d = tileMean[t * params.channels + c] - m;
    m += d * share;
    M += tileSquares[t * params.channels + c] + d * d * n * share;
    n += rows;
  }
  mean[i] = m;
  squares[i] = M / select(1.0, n, FINAL);
}

@compute @workgroup_size(64)
fn mergeVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  if (i >= (params.tiles + params.span - 1u) / params.span * channels4) {
    return;
  }
  let c = i % channels4;
  let first = i / channels4 * params.span;
  var n = 0.0;
  var m = vec4f(0.0);
  var M = vec4f(0.0);
  for (var t = first; t < min(first + params.span, params.tiles); t++) {
    let rows = rowsOf(t);
    let share = rows / (n + rows);
    let d = tileMean4[t * channels4 + c] - m;
    m += d * share;
    M += tileSquares4[t * channels4 + c] + d * d * n * share;
    n += rows;
  }
  mean4[i] = m;
  squares4[i] = M / select(1.0, n, FINAL);
}
