enable subgroups;
diagnostic(off, subgroup_uniformity);

// gx[n,y,x,c] = phi(Σ_{u,v,o} gy[n, (y + pad − u·dilation) / stride, (x + pad − v·dilation) / stride, o] · w[u,v,c,o]
//               + bias[c])   over the u,v for which the divisions leave no remainder
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, o runs over the channels of c's group.
// Rung 4: rung 3 with a wider tile: 16 pixels x 24 channels of gx, 6 by each lane. A pair of terms takes 20 loads for 192
// products of a lane, where rung 3 takes 16 for 128, and 24 or 48 channels leave no lane idle. 4.3 -> 5.0 GFLOP/s with 48
// channels, 3.4 -> 5.3 with 24 (software adapter, FMA peak 17). All branches are the same for the 4 lanes of a subgroup, which
// the uniformity analysis cannot know.

override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;

struct Params {
  N: u32,
  H: u32,
  W: u32,
  Ci: u32,
  Ho: u32,
  Wo: u32,
  Co: u32,
  kh: u32,
  kw: u32,
  strideY: u32,
  strideX: u32,
  padTop: i32,
  padLeft: i32,
  dilationY: u32,
  dilationX: u32,
  groups: u32,
  // The input channels of w that belong to gx: those from wFirst on, of wChannels.
  wChannels: u32,
  wFirst: u32,
  periodY: u32,
  periodX: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gy: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> gx: array<f32>;

fn phi(v: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return max(v, 0.0); }
    case 2u: { return select(v * params.slope, v, v > 0.0); }
    default: { return v; }
  }
}

@compute @workgroup_size(4, 4)
fn pairs(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let tilesPerGroup = (channelsIn + 23u) / 24u;
  let columnTiles = tilesPerGroup * params.groups;
  let stride = vec2u(params.strideY, params.strideX);
  let size = vec2u(params.H, params.W);
  let most = (size + stride - 1u) / stride;
  let rowTiles = (params.N * most[0] * most[1] + 15u) / 16u;
  let tile = (group.x + group.y * groups.x) * 4u + local.y;
  let phaseIndex = tile / (columnTiles * rowTiles);
  let phase = vec2u(phaseIndex / stride[1], phaseIndex % stride[1]);
  // Positions of this phase along y and x (none where the input is smaller than the stride).
  let extent = (max(size, phase) - phase + stride - 1u) / stride;
  let pixels = params.N * extent[0] * extent[1];
  let row = tile / columnTiles % rowTiles * 16u;
  if (phaseIndex >= stride[0] * stride[1] || row >= pixels) {
    return;
  }
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * 24u + local.x * 6u;

  // The offsets u, v of this phase: from the first one for which the divisions leave no remainder, each period one.
  let origin = vec2i(phase) + vec2i(params.padTop, params.padLeft);
  let dilation = vec2u(params.dilationY, params.dilationX);
  let period = vec2u(params.periodY, params.periodX);
  var first = vec2u(0u);
  while (first[0] < period[0] && (origin[0] - i32(first[0] * dilation[0])) % i32(stride[0]) != 0) {
    first[0]++;
  }
  while (first[1] < period[1] && (origin[1] - i32(first[1] * dilation[1])) % i32(stride[1]) != 0) {
    first[1]++;
  }
  let kernel = vec2u(params.kh, params.kw);
  let found = all(first < period) && all(first < kernel);
  let offsets = select(vec2u(0u), (kernel - min(first, kernel) + period - 1u) / period, found);
  let terms = offsets[0] * offsets[1] * channelsOut;

  // The 4 pixels that this lane loads and stores: position / stride, its index in gy, place in gx.
  var positionY: array<i32, 4>;
  var positionX: array<i32, 4>;
  var base: array<i32, 4>;
  var place: array<u32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let p = min(row + i * 4u + local.x, pixels - 1u);
    let at = vec2u(p / extent[1] % extent[0], p % extent[1]);
    let n = p / (extent[1] * extent[0]);
    let position = at * stride + phase;
    positionY[i] = i32(at[0]);
    positionX[i] = i32(at[1]);
    base[i] = i32(((n * params.Ho + at[0]) * params.Wo + at[1]) * params.Co + g * channelsOut);
    place[i] = ((n * params.H + position[0]) * params.W + position[1]) * params.Ci + g * channelsIn;
  }
  var channel: array<u32, 6>;
  // @unroll
  for (var c = 0u; c < 6u; c++) {
    channel[c] = min(column + c, channelsIn - 1u);
  }
  var sum = array<vec3f, 32>();
  var u = first[0];
  var v = first[1];
  var o = 0u;
  // Position / stride of the reads relative to the pixel's, for this u, v.
  var shift = (origin - vec2i(first * dilation)) / vec2i(stride);
  let step = vec2i(period * dilation) / vec2i(stride);
  for (var k = 0u; k < terms; k += 2u) {
    var left: array<vec2f, 4>;
    var at: array<u32, 12>;
    let offset = (shift[0] * i32(params.Wo) + shift[1]) * i32(params.Co) + i32(o);
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      let yo = positionY[i] + shift[0];
      let xo = positionX[i] + shift[1];
      let inside = (u32(yo) < params.Ho) & (u32(xo) < params.Wo);
      let pixel = u32(select(0, base[i] + offset, inside));
      left[i] = vec2f(select(0.0, gy[pixel], inside), select(0.0, gy[pixel + 1u], inside));
    }
    let tap = (u * params.kw + v) * params.wChannels + params.wFirst;
    // @unroll
    for (var c = 0u; c < 6u; c++) {
      at[c] = (tap + channel[c]) * params.Co + g * channelsOut + o;
      at[6u + c] = at[c] + 1u;
    }
    // The next (u, v, o), as an odometer.
    o += 2u;
    let nextV = o == channelsOut;
    o = select(o, 0u, nextV);
    v += select(0u, period[1], nextV);
    shift[1] -= select(0, step[1], nextV);
    let nextU = v >= params.kw;
    v = select(v, first[1], nextU);
    shift[1] += select(0, step[1] * i32(offsets[1]), nextU);
    u += select(0u, period[0], nextU);
    shift[0] -= select(0, step[0], nextU);
    // @unroll
    for (var s = 0u; s < 2u; s++) {
      // @unroll
      for (var j = 0u; j < 2u; j++) {
        let right = vec3f(w[at[s * 6u + j * 3u]], w[at[s * 6u + j * 3u + 1u]], w[at[s * 6u + j * 3u + 2u]]);
        // @unroll
        for (var i = 0u; i < 4u; i++) {
          let value = left[i][s];
          sum[i * 8u + 0u + j] = fma(vec3f(value), right, sum[i * 8u + 0u + j]);
          sum[i * 8u + 2u + j] = fma(vec3f(quadSwapX(value)), right, sum[i * 8u + 2u + j]);
          sum[i * 8u + 4u + j] = fma(vec3f(quadSwapY(value)), right, sum[i * 8u + 4u + j]);
          sum[i * 8u + 6u + j] = fma(vec3f(quadSwapDiagonal(value)), right, sum[i * 8u + 6u + j]);
        }
      }
    }
  }
  var goal: array<u32, 16>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    goal[i * 4u + 0u] = place[i];
    goal[i * 4u + 1u] = quadSwapX(place[i]);
    goal[i * 4u + 2u] = quadSwapY(place[i]);
    goal[i * 4u + 3u] = quadSwapDiagonal(place[i]);
  }
  // A running loop over the columns: unrolled, these stores would be most of the code.
  for (var c = 0u; c < 6u && column + c < channelsIn; c++) {
    var add = 0.0;
    if (HAS_BIAS) {
      add = bias[g * channelsIn + column + c];
    }
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let values = select(sum[i * 2u], sum[i * 2u + 1u], c >= 3u);
      gx[goal[i] + column + c] = phi(values[c % 3u] + add);
    }
  }
}

@compute @workgroup_size(4, 4)
fn single(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let tilesPerGroup = (channelsIn + 23u) / 24u;
  let columnTiles = tilesPerGroup * params.groups;
  let stride = vec2u(params.strideY, params.strideX);
  let size = vec2u(params.H, params.W);
  let most = (size + stride - 1u) / stride;
  let rowTiles = (params.N * most[0] * most[1] + 15u) / 16u;
  let tile = (group.x + group.y * groups.x) * 4u + local.y;
  let phaseIndex = tile / (columnTiles * rowTiles);
  let phase = vec2u(phaseIndex / stride[1], phaseIndex % stride[1]);
  // Positions of this phase along y and x (none where the input is smaller than the stride).
  let extent = (max(size, phase) - phase + stride - 1u) / stride;
  let pixels = params.N * extent[0] * extent[1];
  let row = tile / columnTiles % rowTiles * 16u;
  if (phaseIndex >= stride[0] * stride[1] || row >= pixels) {
    return;
  }
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * 24u + local.x * 6u;

  // The offsets u, v of this phase: from the first one for which the divisions leave no remainder, each period one.
  let origin = vec2i(phase) + vec2i(params.padTop, params.padLeft);
  let dilation = vec2u(params.dilationY, params.dilationX);
  let period = vec2u(params.periodY, params.periodX);
  var first = vec2u(0u);
  while (first[0] < period[0] && (origin[0] - i32(first[0] * dilation[0])) % i32(stride[0]) != 0) {
    first[0]++;
  }
  while (first[1] < period[1] && (origin[1] - i32(first[1] * dilation[1])) % i32(stride[1]) != 0) {
    first[1]++;
  }
  let kernel = vec2u(params.kh, params.kw);
  let found = all(first < period) && all(first < kernel);
  let offsets = select(vec2u(0u), (kernel - min(first, kernel) + period - 1u) / period, found);
  let terms = offsets[0] * offsets[1] * channelsOut;

  // The 4 pixels that this lane loads and stores: position / stride, its index in gy, place in gx.
  var positionY: array<i32, 4>;
  var positionX: array<i32, 4>;
  var base: array<i32, 4>;
  var place: array<u32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let p = min(row + i * 4u + local.x, pixels - 1u);
    let at = vec2u(p / extent[1] % extent[0], p % extent[1]);
    let n = p / (extent[1] * extent[0]);
    let position = at * stride + phase;
    positionY[i] = i32(at[0]);
    positionX[i] = i32(at[1]);
    base[i] = i32(((n * params.Ho + at[0]) * params.Wo + at[1]) * params.Co + g * channelsOut);
    place[i] = ((n * params.H + position[0]) * params.W + position[1]) * params.Ci + g * channelsIn;
  }
  var channel: array<u32, 6>;
  // @unroll
  for (var c = 0u; c < 6u; c++) {
    channel[c] = min(column + c, channelsIn - 1u);
  }
  var sum = array<vec3f, 32>();
  var u = first[0];
  var v = first[1];
  var o = 0u;
  // Position / stride of the reads relative to the pixel's, for this u, v.
  var shift = (origin - vec2i(first * dilation)) / vec2i(stride);
  let step = vec2i(period * dilation) / vec2i(stride);
  for (var k = 0u; k < terms; k += 2u) {
    var left: array<vec2f, 4>;
    var at: array<u32, 12>;
    // @unroll
    for (var s = 0u; s < 2u; s++) {
      // The last pair may have only one term: the other then counts as zero.
      let counts = k + s < terms;
      let offset = (shift[0] * i32(params.Wo) + shift[1]) * i32(params.Co) + i32(o);
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        let yo = positionY[i] + shift[0];
        let xo = positionX[i] + shift[1];
        let inside = counts & (u32(yo) < params.Ho) & (u32(xo) < params.Wo);
        left[i][s] = select(0.0, gy[u32(select(0, base[i] + offset, inside))], inside);
      }
      let tap = select(0u, (u * params.kw + v) * params.wChannels + params.wFirst, counts);
      // @unroll
      for (var c = 0u; c < 6u; c++) {
        at[s * 6u + c] = (tap + channel[c]) * params.Co + g * channelsOut + o;
      }
      // The next (u, v, o), as an odometer.
      o += 1u;
      let nextV = o == channelsOut;
      o = select(o, 0u, nextV);
      v += select(0u, period[1], nextV);
      shift[1] -= select(0, step[1], nextV);
      let nextU = v >= params.kw;
      v = select(v, first[1], nextU);
      shift[1] += select(0, step[1] * i32(offsets[1]), nextU);
      u += select(0u, period[0], nextU);
      shift[0] -= select(0, step[0], nextU);
    }
    // @unroll
    for (var s = 0u; s < 2u; s++) {
      // @unroll
      for (var j = 0u; j < 2u; j++) {
        let right = vec3f(w[at[s * 6u + j * 3u]], w[at[s * 6u + j * 3u + 1u]], w[at[s * 6u + j * 3u + 2u]]);
        // @unroll
        for (var i = 0u; i < 4u; i++) {
          let value = left[i][s];
          sum[i * 8u + 0u + j] = fma(vec3f(value), right, sum[i * 8u + 0u + j]);
          sum[i * 8u + 2u + j] = fma(vec3f(quadSwapX(value)), right, sum[i * 8u + 2u + j]);
          sum[i * 8u + 4u + j] = fma(vec3f(quadSwapY(value)), right, sum[i * 8u + 4u + j]);
          sum[i * 8u + 6u + j] = fma(vec3f(quadSwapDiagonal(value)), right, sum[i * 8u + 6u + j]);
        }
      }
    }
  }
  var goal: array<u32, 16>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    goal[i * 4u + 0u] = place[i];
    goal[i * 4u + 1u] = quadSwapX(place[i]);
    goal[i * 4u + 2u] = quadSwapY(place[i]);
    goal[i * 4u + 3u] = quadSwapDiagonal(place[i]);
  }
  // A running loop over the columns: unrolled, these stores would be most of the code.
  for (var c = 0u; c < 6u && column + c < channelsIn; c++) {
    var add = 0.0;
    if (HAS_BIAS) {
      add = bias[g * channelsIn + column + c];
    }
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let values = select(sum[i * 2u], sum[i * 2u + 1u], c >= 3u);
      gx[goal[i] + column + c] = phi(values[c % 3u] + add);
    }
  }
}
