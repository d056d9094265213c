// y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o])
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The channels of a group are multiples of 4, in and out.
// Rung 2: a register tile. One invocation computes 8 neighbouring pixels (counted over n,y,x) x 8 channels o, so 16 loads of 4
// floats serve 256 products. Positions are divided out once per pixel, borders are checked once per offset (u,v), and the loop
// over c only adds. Pixels past the edge repeat the last one. 0.24 -> 1.4 GFLOP/s for 16 to 32 channels, 3 x 3 (software
// adapter, FMA peak 17). `tileStatistics` also gives, for batch normalisation, the mean of each tile's pixels in each channel and the
// sum of their squared distances from it.

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
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> tileMean: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> tileSquares: array<vec4f>;

const PIXELS = 8u;
const COLUMNS = 2u;

fn phi(v: vec4f) -> vec4f {
  switch ACTIVATION {
    case 1u: { return max(v, vec4f(0.0)); }
    case 2u: { return select(v * params.slope, v, v > vec4f(0.0)); }
    default: { return v; }
  }
}

// Index of the pixel of x at (yi, xi) of image n.
fn pixelOf(n: i32, yi: i32, xi: i32) -> i32 {
  if (DOUBLED) {
    return (n * i32(params.H / 2u) + (yi >> 1u)) * i32(params.W / 2u) + (xi >> 1u);
  }
  return (n * i32(params.H) + yi) * i32(params.W) + xi;
}

// What an invocation computes: 8 pixels from `row` on, and 2 vectors of channels of group `g` from `column` on.
struct Tile {
  row: u32,
  g: u32,
  column: u32,
}

fn columnTiles() -> u32 {
  return (params.Co / params.groups / 4u + COLUMNS - 1u) / COLUMNS * params.groups;
}

// Whether there is a tile of this number.
fn exists(number: u32) -> bool {
  return number < columnTiles() * ((params.N * params.Ho * params.Wo + PIXELS - 1u) / PIXELS);
}

fn tileOf(number: u32) -> Tile {
  let tilesPerGroup = columnTiles() / params.groups;
  let g = number % columnTiles() / tilesPerGroup;
  return Tile(number / columnTiles() * PIXELS, g, number % tilesPerGroup * COLUMNS);
}

fn sumProducts(tile: Tile, sum: ptr<function, array<vec4f, 16>>) {
  let channelsIn = params.Ci / params.groups / 4u;
  let channelsOut = params.Co / params.groups / 4u;
  let Ci4 = params.Ci / 4u;
  let Co4 = params.Co / 4u;
  let pixels = params.N * params.Ho * params.Wo;
  var originY: array<i32, PIXELS>;
  var originX: array<i32, PIXELS>;
  var image: array<i32, PIXELS>;
  // @unroll
  for (var i = 0u; i < PIXELS; i++) {
    let p = min(tile.row + i, pixels - 1u);
    originX[i] = i32(p % params.Wo * params.strideX) - params.padLeft;
    originY[i] = i32(p / params.Wo % params.Ho * params.strideY) - params.padTop;
    image[i] = i32(p / (params.Wo * params.Ho));
  }
  var output: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    output[j] = tile.g * channelsOut + min(tile.column + j, channelsOut - 1u);
  }
  for (var u = 0u; u < params.kh; u++) {
    for (var v = 0u; v < params.kw; v++) {
      var inside: array<bool, PIXELS>;
      var pixel: array<u32, PIXELS>;
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        let yi = originY[i] + i32(u * params.dilationY);
        let xi = originX[i] + i32(v * params.dilationX);
        inside[i] = !PADDED | ((u32(yi) < params.H) & (u32(xi) < params.W));
        pixel[i] = u32(select(0, pixelOf(image[i], yi, xi), inside[i])) * Ci4 + tile.g * channelsIn;
      }
      let firstRow = (u * params.kw + v) * params.wChannels + params.wFirst;
      for (var c = 0u; c < channelsIn; c++) {
        var left: array<vec4f, PIXELS>;
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          left[i] = select(vec4f(0.0), x[pixel[i] + c], inside[i]);
        }
        // @unroll
        for (var s = 0u; s < 4u; s++) {
          // @unroll
          for (var j = 0u; j < COLUMNS; j++) {
            let right = w[(firstRow + c * 4u + s) * Co4 + output[j]];
            // @unroll
            for (var i = 0u; i < PIXELS; i++) {
              (*sum)[i * COLUMNS + j] = fma(vec4f(left[i][s]), right, (*sum)[i * COLUMNS + j]);
            }
          }
        }
      }
    }
  }
}

fn store(tile: Tile, sum: ptr<function, array<vec4f, 16>>) {
  let channelsOut = params.Co / params.groups / 4u;
  let Co4 = params.Co / 4u;
  let pixels = params.N * params.Ho * params.Wo;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    if (tile.column + j < channelsOut) {
      let output = tile.g * channelsOut + tile.column + j;
      var shift = vec4f(0.0);
      if (HAS_BIAS) {
        shift = bias[output];
      }
      // All loads before the first store: a pixel past the edge repeats the last one.
      var before = array<vec4f, PIXELS>();
      if (ACCUMULATE) {
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          before[i] = y[min(tile.row + i, pixels - 1u) * Co4 + output];
        }
      }
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        y[min(tile.row + i, pixels - 1u) * Co4 + output] = phi((*sum)[i * COLUMNS + j] + (before[i] + shift));
      }
    }
  }
}

fn storeStatistics(tile: Tile, sum: ptr<function, array<vec4f, 16>>) {
  let channelsOut = params.Co / params.groups / 4u;
  let count = min(PIXELS, params.N * params.Ho * params.Wo - tile.row);
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    if (tile.column + j < channelsOut) {
      var total = vec4f(0.0);
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        total += select(vec4f(0.0), (*sum)[i * COLUMNS + j], i < count);
      }
      let mean = total / f32(count);
      var squares = vec4f(0.0);
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        let d = select(vec4f(0.0), (*sum)[i * COLUMNS + j] - mean, i < count);
        squares = fma(d, d, squares);
      }
      let output = tile.g * channelsOut + tile.column + j;
      let at = tile.row / PIXELS * (params.Co / 4u) + output;
      var shift = vec4f(0.0);
      if (HAS_BIAS) {
        shift = bias[output];
      }
      tileMean[at] = mean + shift;
      tileSquares[at] = squares;
    }
  }
}

@compute @workgroup_size(64)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let number = id.x + id.y * groups.x * 64u;
  if (!exists(number)) {
    return;
  }
  let tile = tileOf(number);
  var sum = array<vec4f, 16>();
  sumProducts(tile, &sum);
  store(tile, &sum);
}

@compute @workgroup_size(64)
fn tileStatistics(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let number = id.x + id.y * groups.x * 64u;
  if (!exists(number)) {
    return;
  }
  let tile = tileOf(number);
  var sum = array<vec4f, 16>();
  sumProducts(tile, &sum);
  store(tile, &sum);
  storeStatistics(tile, &sum);
}
