enable subgroups;
diagnostic(off, subgroup_uniformity);

// y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o])
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// Rung 4: rung 3 with a wider tile: 16 pixels x 24 channels, 6 by each lane. A pair of terms takes 20 loads for 192 products of
// a lane, where rung 3 takes 16 for 128, and 24 or 48 channels leave no lane idle. 5.8 -> 6.0 GFLOP/s for 24 to 48 channels,
// 4.0 -> 5.6 for 24 to 24, 2.4 -> 4.0 for a first layer of 1 to 24 (software adapter, FMA peak 17). All branches are the same
// for the 4 lanes of a subgroup, which the uniformity analysis cannot know. `…Statistics` as in rung 3.

override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;
// Whether some taps fall outside the input.
override PADDED: bool = true;
// Several inputs can share one convolution: this one meets the channels of w from wFirst on, and adds to what y holds of the others.
override ACCUMULATE: bool = false;
// x has half of H and W: each value stands for 2 x 2.
override DOUBLED: bool = false;

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
  wChannels: u32,
  wFirst: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> tileMean: array<f32>;
@group(0) @binding(6) var<storage, read_write> tileSquares: array<f32>;

fn phi(v: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return max(v, 0.0); }
    case 2u: { return select(v * params.slope, v, v > 0.0); }
    default: { return v; }
  }
}

// Index in x of the first channel at (yi, xi) of image n; where x is doubled, of the image only.
fn originOf(n: i32, yi: i32, xi: i32) -> i32 {
  if (DOUBLED) {
    return n * i32(params.H / 2u * (params.W / 2u) * params.Ci);
  }
  return ((n * i32(params.H) + yi) * i32(params.W) + xi) * i32(params.Ci);
}

// How far from there channel c at (yi, xi) lies: `offset` for all pixels, unless x is doubled.
fn distance(yi: i32, xi: i32, c: u32, offset: i32) -> i32 {
  if (DOUBLED) {
    return ((yi >> 1u) * i32(params.W / 2u) + (xi >> 1u)) * i32(params.Ci) + i32(c);
  }
  return offset;
}

// What the 4 lanes of a subgroup compute: 16 pixels from `row` on, and 6 channels of group `g` from `column` on for each lane.
struct Tile {
  row: u32,
  g: u32,
  column: u32,
}

fn columnTiles() -> u32 {
  return (params.Co / params.groups + 23u) / 24u * params.groups;
}

// Whether there is a tile of this number.
fn exists(number: u32) -> bool {
  return number < columnTiles() * ((params.N * params.Ho * params.Wo + 15u) / 16u);
}

fn tileOf(number: u32, lane: u32) -> Tile {
  let tilesPerGroup = columnTiles() / params.groups;
  let g = number % columnTiles() / tilesPerGroup;
  return Tile(number / columnTiles() * 16u, g, number % tilesPerGroup * 24u + lane * 6u);
}

// Adds up the products for an even number of input channels.
fn sumPairs(tile: Tile, lane: u32, sum: ptr<function, array<vec3f, 32>>) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let pixels = params.N * params.Ho * params.Wo;
  // The 4 pixels that this lane loads: position and index in x of what offset (0, 0) reads (before x, where that is padding).
  var originY: array<i32, 4>;
  var originX: array<i32, 4>;
  var origin: array<i32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let p = min(tile.row + i * 4u + lane, pixels - 1u);
    originX[i] = i32(p % params.Wo * params.strideX) - params.padLeft;
    originY[i] = i32(p / params.Wo % params.Ho * params.strideY) - params.padTop;
    origin[i] = originOf(i32(p / (params.Wo * params.Ho)), originY[i], originX[i]) + i32(tile.g * channelsIn);
  }
  var output: array<u32, 6>;
  // @unroll
  for (var c = 0u; c < 6u; c++) {
    output[c] = tile.g * channelsOut + min(tile.column + c, channelsOut - 1u);
  }
  let terms = params.kh * params.kw * channelsIn;
  var u = 0u;
  var v = 0u;
  var c = 0u;
  // The row of w that belongs to (u, v, c).
  var wRow = params.wFirst;
  let wGap = params.wChannels - channelsIn;
  for (var k = 0u; k < terms; k += 2u) {
    var left: array<vec2f, 4>;
    let offset = i32((u * params.dilationY * params.W + v * params.dilationX) * params.Ci + c);
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      let yi = originY[i] + i32(u * params.dilationY);
      let xi = originX[i] + i32(v * params.dilationX);
      let inside = !PADDED | ((u32(yi) < params.H) & (u32(xi) < params.W));
      let at = u32(select(0, origin[i] + distance(yi, xi, c, offset), inside));
      left[i] = vec2f(select(0.0, x[at], inside), select(0.0, x[at + 1u], inside));
    }
    let firstRow = wRow;
    // The next (u, v, c), as an odometer.
    c += 2u;
    wRow += select(2u, 2u + wGap, c == channelsIn);
    v += u32(c == channelsIn);
    c = select(c, 0u, c == channelsIn);
    u += u32(v == params.kw);
    v = select(v, 0u, v == params.kw);
    // @unroll
    for (var s = 0u; s < 2u; s++) {
      let at = (firstRow + s) * params.Co;
      // @unroll
      for (var j = 0u; j < 2u; j++) {
        let right = vec3f(w[at + output[j * 3u]], w[at + output[j * 3u + 1u]], w[at + output[j * 3u + 2u]]);
        // @unroll
        for (var i = 0u; i < 4u; i++) {
          let value = left[i][s];
          (*sum)[i * 8u + 0u + j] = fma(vec3f(value), right, (*sum)[i * 8u + 0u + j]);
          (*sum)[i * 8u + 2u + j] = fma(vec3f(quadSwapX(value)), right, (*sum)[i * 8u + 2u + j]);
          (*sum)[i * 8u + 4u + j] = fma(vec3f(quadSwapY(value)), right, (*sum)[i * 8u + 4u + j]);
          (*sum)[i * 8u + 6u + j] = fma(vec3f(quadSwapDiagonal(value)), right, (*sum)[i * 8u + 6u + j]);
        }
      }
    }
  }
}

// Adds up the products for any number of input channels.
fn sumSingle(tile: Tile, lane: u32, sum: ptr<function, array<vec3f, 32>>) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let pixels = params.N * params.Ho * params.Wo;
  // The 4 pixels that this lane loads: position and index in x of what offset (0, 0) reads (before x, where that is padding).
  var originY: array<i32, 4>;
  var originX: array<i32, 4>;
  var origin: array<i32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let p = min(tile.row + i * 4u + lane, pixels - 1u);
    originX[i] = i32(p % params.Wo * params.strideX) - params.padLeft;
    originY[i] = i32(p / params.Wo % params.Ho * params.strideY) - params.padTop;
    origin[i] = originOf(i32(p / (params.Wo * params.Ho)), originY[i], originX[i]) + i32(tile.g * channelsIn);
  }
  var output: array<u32, 6>;
  // @unroll
  for (var c = 0u; c < 6u; c++) {
    output[c] = tile.g * channelsOut + min(tile.column + c, channelsOut - 1u);
  }
  let terms = params.kh * params.kw * channelsIn;
  var u = 0u;
  var v = 0u;
  var c = 0u;
  // The row of w that belongs to (u, v, c).
  var wRow = params.wFirst;
  let wGap = params.wChannels - channelsIn;
  for (var k = 0u; k < terms; k += 2u) {
    var left: array<vec2f, 4>;
    var rows: array<u32, 2>;
    // @unroll
    for (var s = 0u; s < 2u; s++) {
      // The last pair may have only one term: the other then counts as zero.
      let counts = k + s < terms;
      rows[s] = select(params.wFirst, wRow, counts);
      let offset = i32((u * params.dilationY * params.W + v * params.dilationX) * params.Ci + c);
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        let yi = originY[i] + i32(u * params.dilationY);
        let xi = originX[i] + i32(v * params.dilationX);
        let inside = counts & (!PADDED | ((u32(yi) < params.H) & (u32(xi) < params.W)));
        left[i][s] = select(0.0, x[u32(select(0, origin[i] + distance(yi, xi, c, offset), inside))], inside);
      }
      // The next (u, v, c), as an odometer.
      c += 1u;
      wRow += select(1u, 1u + wGap, c == channelsIn);
      v += u32(c == channelsIn);
      c = select(c, 0u, c == channelsIn);
      u += u32(v == params.kw);
      v = select(v, 0u, v == params.kw);
    }
    // @unroll
    for (var s = 0u; s < 2u; s++) {
      let at = rows[s] * params.Co;
      // @unroll
      for (var j = 0u; j < 2u; j++) {
        let right = vec3f(w[at + output[j * 3u]], w[at + output[j * 3u + 1u]], w[at + output[j * 3u + 2u]]);
        // @unroll
        for (var i = 0u; i < 4u; i++) {
          let value = left[i][s];
          (*sum)[i * 8u + 0u + j] = fma(vec3f(value), right, (*sum)[i * 8u + 0u + j]);
          (*sum)[i * 8u + 2u + j] = fma(vec3f(quadSwapX(value)), right, (*sum)[i * 8u + 2u + j]);
          (*sum)[i * 8u + 4u + j] = fma(vec3f(quadSwapY(value)), right, (*sum)[i * 8u + 4u + j]);
          (*sum)[i * 8u + 6u + j] = fma(vec3f(quadSwapDiagonal(value)), right, (*sum)[i * 8u + 6u + j]);
        }
      }
    }
  }
}

fn store(tile: Tile, lane: u32, sum: ptr<function, array<vec3f, 32>>) {
  let channelsOut = params.Co / params.groups;
  let pixels = params.N * params.Ho * params.Wo;
  // A running loop over the columns: unrolled, these stores would be most of the code.
  for (var c = 0u; c < 6u && tile.column + c < channelsOut; c++) {
    let o = tile.g * channelsOut + tile.column + c;
    var shift = 0.0;
    if (HAS_BIAS) {
      shift = bias[o];
    }
    // All loads before the first store: a pixel past the edge repeats the last one.
    var before = array<f32, 16>();
    if (ACCUMULATE) {
      // @unroll
      for (var i = 0u; i < 16u; i++) {
        before[i] = y[min(tile.row + i / 4u * 4u + ((i % 4u) ^ lane), pixels - 1u) * params.Co + o];
      }
    }
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let p = min(tile.row + i / 4u * 4u + ((i % 4u) ^ lane), pixels - 1u);
      let values = select((*sum)[i * 2u], (*sum)[i * 2u + 1u], c >= 3u);
      y[p * params.Co + o] = phi(values[c % 3u] + (before[i] + shift));
    }
  }
}

fn storeStatistics(tile: Tile, lane: u32, sum: ptr<function, array<vec3f, 32>>) {
  let channelsOut = params.Co / params.groups;
  let count = min(16u, params.N * params.Ho * params.Wo - tile.row);
  // @unroll
  for (var j = 0u; j < 2u; j++) {
    var total = vec3f(0.0);
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      total += select(vec3f(0.0), (*sum)[i * 2u + j], i / 4u * 4u + ((i % 4u) ^ lane) < count);
    }
    let mean = total / f32(count);
    var squares = vec3f(0.0);
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let d = select(vec3f(0.0), (*sum)[i * 2u + j] - mean, i / 4u * 4u + ((i % 4u) ^ lane) < count);
      squares = fma(d, d, squares);
    }
    for (var c = 0u; c < 3u && tile.column + j * 3u + c < channelsOut; c++) {
      let o = tile.g * channelsOut + tile.column + j * 3u + c;
      let at = tile.row / 16u * params.Co + o;
      var shift = 0.0;
      if (HAS_BIAS) {
        shift = bias[o];
      }
      tileMean[at] = mean[c] + shift;
      tileSquares[at] = squares[c];
    }
  }
}

@compute @workgroup_size(4, 4)
fn pairs(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let number = (group.x + group.y * groups.x) * 4u + local.y;
  if (!exists(number)) {
    return;
  }
  let tile = tileOf(number, local.x);
  var sum = array<vec3f, 32>();
  sumPairs(tile, local.x, &sum);
  store(tile, local.x, &sum);
}

@compute @workgroup_size(4, 4)
fn pairsStatistics(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let number = (group.x + group.y * groups.x) * 4u + local.y;
  if (!exists(number)) {
    return;
  }
  let tile = tileOf(number, local.x);
  var sum = array<vec3f, 32>();
  sumPairs(tile, local.x, &sum);
  store(tile, local.x, &sum);
  storeStatistics(tile, local.x, &sum);
}

@compute @workgroup_size(4, 4)
fn single(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let number = (group.x + group.y * groups.x) * 4u + local.y;
  if (!exists(number)) {
    return;
  }
  let tile = tileOf(number, local.x);
  var sum = array<vec3f, 32>();
  sumSingle(tile, local.x, &sum);
  store(tile, local.x, &sum);
}

@compute @workgroup_size(4, 4)
fn singleStatistics(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let number = (group.x + group.y * groups.x) * 4u + local.y;
  if (!exists(number)) {
    return;
  }
  let tile = tileOf(number, local.x);
  var sum = array<vec3f, 32>();
  sumSingle(tile, local.x, &sum);
  store(tile, local.x, &sum);
  storeStatistics(tile, local.x, &sum);
}
