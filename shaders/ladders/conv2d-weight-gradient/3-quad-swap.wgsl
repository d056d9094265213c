enable subgroups;
diagnostic(off, subgroup_uniformity);

// gw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · gy[n,y,x,o]
// gbias[o] = Σ_{n,y,x} gy[n,y,x,o]
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// Rung 3: as matmul/5-quad-swap.wgsl. gw is a matrix of rows (u,v,c) x columns o; the 4 lanes of a subgroup share a tile of 16
// rows x 16 columns, and each value of x is loaded once per subgroup and swapped between its lanes. One loop runs over pixels
// p, which count (n,y,x), two at a time. Each split s sums `pixelsPerSplit` of them into its own partial matrix;
// sum-partials.wgsl adds the parts. gbias is one more row, for which x is 1 everywhere. `pairs` is for outputs of even width,
// where both pixels of a pair lie in one line. 3.5 -> 4.5 GFLOP/s for 16 to 32 channels, 3 x 3 (software adapter, FMA peak 17).
// All branches are the same for the 4 lanes of a subgroup, which the uniformity analysis cannot know.

override HAS_BIAS: bool = false;
// Whether some taps fall outside the input.
override PADDED: bool = true;
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
  // The input channels of gw that belong to x: those from wFirst on, of wChannels.
  wChannels: u32,
  wFirst: u32,
  splits: u32,
  pixelsPerSplit: u32,
  // Rows of a partial matrix: those of gw, and behind them those of gbias.
  rowsPerSplit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gy: array<f32>;
@group(0) @binding(3) var<storage, read_write> gw: array<f32>;

// Position in x of a position in the input.
fn along(i: i32) -> i32 {
  if (DOUBLED) {
    return i >> 1u;
  }
  return i;
}

@compute @workgroup_size(4, 4)
fn pairs(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let terms = params.kh * params.kw * channelsIn;
  let rows = terms + u32(HAS_BIAS);
  let tilesPerGroup = (channelsOut + 15u) / 16u;
  let columnTiles = tilesPerGroup * params.groups;
  let rowTiles = (rows + 15u) / 16u;
  let tile = (group.x + group.y * groups.x) * 4u + local.y;
  let s = tile / (columnTiles * rowTiles);
  if (s >= params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * 16u;
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * 16u + local.x * 4u;

  // The 4 rows whose x this lane loads, and their places in a partial matrix.
  var tapY: array<i32, 4>;
  var tapX: array<i32, 4>;
  var channel: array<u32, 4>;
  var isBias: array<bool, 4>;
  var place: array<u32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let r = min(row + i * 4u + local.x, rows - 1u);
    isBias[i] = HAS_BIAS & (r == terms);
    // The bias row lies behind the rows of all inputs.
    place[i] = r / channelsIn * params.wChannels + select(params.wFirst, 0u, isBias[i]) + r % channelsIn;
    channel[i] = g * channelsIn + r % channelsIn;
    tapX[i] = i32(r / channelsIn % params.kw * params.dilationX) - params.padLeft;
    tapY[i] = i32(r / (channelsIn * params.kw) * params.dilationY) - params.padTop;
  }
  var output: array<u32, 4>;
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    output[c] = g * channelsOut + min(column + c, channelsOut - 1u);
  }
  var sum = array<vec4f, 16>();
  let start = s * params.pixelsPerSplit;
  let end = min(start + params.pixelsPerSplit, params.N * params.Ho * params.Wo);
  // Where offset (0, 0) reads for pixel p, before padding, and the first pixel of its image.
  var yi = start / params.Wo % params.Ho * params.strideY;
  var xi = start % params.Wo * params.strideX;
  let width = along(i32(params.W));
  let imageSize = u32(along(i32(params.H)) * width);
  var image = start / (params.Wo * params.Ho) * imageSize;
  let pastY = params.Ho * params.strideY;
  let pastX = params.Wo * params.strideX;
  for (var p = start; p < end; p += 2u) {
    var left: array<vec2f, 4>;
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      let fromY = i32(yi) + tapY[i];
      let inY = (u32(fromY) < params.H) & !isBias[i];
      let line = i32(image) + along(fromY) * width;
      // @unroll
      for (var q = 0u; q < 2u; q++) {
        let fromX = i32(xi + q * params.strideX) + tapX[i];
        let inside = !(PADDED | HAS_BIAS) | (inY & (u32(fromX) < params.W));
        let value = x[u32(select(0, line + along(fromX), inside)) * params.Ci + channel[i]];
        left[i][q] = select(select(0.0, 1.0, isBias[i]), value, inside);
      }
    }
    // The next pair of pixels, as an odometer.
    xi += 2u * params.strideX;
    let nextLine = xi == pastX;
    xi = select(xi, 0u, nextLine);
    yi += select(0u, params.strideY, nextLine);
    let nextImage = yi == pastY;
    yi = select(yi, 0u, nextImage);
    image += select(0u, imageSize, nextImage);
    // @unroll
    for (var q = 0u; q < 2u; q++) {
      let at = (p + q) * params.Co;
      let right = vec4f(gy[at + output[0]], gy[at + output[1]], gy[at + output[2]], gy[at + output[3]]);
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        let value = left[i][q];
        sum[i * 4u + 0u] = fma(vec4f(value), right, sum[i * 4u + 0u]);
        sum[i * 4u + 1u] = fma(vec4f(quadSwapX(value)), right, sum[i * 4u + 1u]);
        sum[i * 4u + 2u] = fma(vec4f(quadSwapY(value)), right, sum[i * 4u + 2u]);
        sum[i * 4u + 3u] = fma(vec4f(quadSwapDiagonal(value)), right, sum[i * 4u + 3u]);
      }
    }
  }
  var goal: array<u32, 16>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let at = (s * params.rowsPerSplit + place[i]) * params.Co;
    goal[i * 4u + 0u] = at;
    goal[i * 4u + 1u] = quadSwapX(at);
    goal[i * 4u + 2u] = quadSwapY(at);
    goal[i * 4u + 3u] = quadSwapDiagonal(at);
  }
  // A running loop over the columns: unrolled, these stores would be most of the code.
  for (var c = 0u; c < 4u && column + c < channelsOut; c++) {
    let o = g * channelsOut + column + c;
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let values = sum[i];
      gw[goal[i] + o] = values[c];
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
  let terms = params.kh * params.kw * channelsIn;
  let rows = terms + u32(HAS_BIAS);
  let tilesPerGroup = (channelsOut + 15u) / 16u;
  let columnTiles = tilesPerGroup * params.groups;
  let rowTiles = (rows + 15u) / 16u;
  let tile = (group.x + group.y * groups.x) * 4u + local.y;
  let s = tile / (columnTiles * rowTiles);
  if (s >= params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * 16u;
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * 16u + local.x * 4u;

  // The 4 rows whose x this lane loads, and their places in a partial matrix.
  var tapY: array<i32, 4>;
  var tapX: array<i32, 4>;
  var channel: array<u32, 4>;
  var isBias: array<bool, 4>;
  var place: array<u32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let r = min(row + i * 4u + local.x, rows - 1u);
    isBias[i] = HAS_BIAS & (r == terms);
    // The bias row lies behind the rows of all inputs.
    place[i] = r / channelsIn * params.wChannels + select(params.wFirst, 0u, isBias[i]) + r % channelsIn;
    channel[i] = g * channelsIn + r % channelsIn;
    tapX[i] = i32(r / channelsIn % params.kw * params.dilationX) - params.padLeft;
    tapY[i] = i32(r / (channelsIn * params.kw) * params.dilationY) - params.padTop;
  }
  var output: array<u32, 4>;
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    output[c] = g * channelsOut + min(column + c, channelsOut - 1u);
  }
  var sum = array<vec4f, 16>();
  let start = s * params.pixelsPerSplit;
  let end = min(start + params.pixelsPerSplit, params.N * params.Ho * params.Wo);
  // Where offset (0, 0) reads for pixel p, before padding, and the first pixel of its image.
  var yi = start / params.Wo % params.Ho * params.strideY;
  var xi = start % params.Wo * params.strideX;
  let width = along(i32(params.W));
  let imageSize = u32(along(i32(params.H)) * width);
  var image = start / (params.Wo * params.Ho) * imageSize;
  let pastY = params.Ho * params.strideY;
  let pastX = params.Wo * params.strideX;
  for (var p = start; p < end; p += 2u) {
    var left: array<vec2f, 4>;
    // @unroll
    for (var q = 0u; q < 2u; q++) {
      let counts = p + q < end;
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        let fromY = i32(yi) + tapY[i];
        let fromX = i32(xi) + tapX[i];
        let inside = counts & !isBias[i] & (!PADDED | ((u32(fromY) < params.H) & (u32(fromX) < params.W)));
        let value = x[u32(select(0, i32(image) + along(fromY) * width + along(fromX), inside)) * params.Ci + channel[i]];
        left[i][q] = select(select(0.0, 1.0, isBias[i] & counts), value, inside);
      }
      // The next pixel, as an odometer.
      xi += params.strideX;
      let nextLine = xi == pastX;
      xi = select(xi, 0u, nextLine);
      yi += select(0u, params.strideY, nextLine);
      let nextImage = yi == pastY;
      yi = select(yi, 0u, nextImage);
      image += select(0u, imageSize, nextImage);
    }
    // @unroll
    for (var q = 0u; q < 2u; q++) {
      let at = min(p + q, end - 1u) * params.Co;
      let right = vec4f(gy[at + output[0]], gy[at + output[1]], gy[at + output[2]], gy[at + output[3]]);
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        let value = left[i][q];
        sum[i * 4u + 0u] = fma(vec4f(value), right, sum[i * 4u + 0u]);
        sum[i * 4u + 1u] = fma(vec4f(quadSwapX(value)), right, sum[i * 4u + 1u]);
        sum[i * 4u + 2u] = fma(vec4f(quadSwapY(value)), right, sum[i * 4u + 2u]);
        sum[i * 4u + 3u] = fma(vec4f(quadSwapDiagonal(value)), right, sum[i * 4u + 3u]);
      }
    }
  }
  var goal: array<u32, 16>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let at = (s * params.rowsPerSplit + place[i]) * params.Co;
    goal[i * 4u + 0u] = at;
    goal[i * 4u + 1u] = quadSwapX(at);
    goal[i * 4u + 2u] = quadSwapY(at);
    goal[i * 4u + 3u] = quadSwapDiagonal(at);
  }
  // A running loop over the columns: unrolled, these stores would be most of the code.
  for (var c = 0u; c < 4u && column + c < channelsOut; c++) {
    let o = g * channelsOut + column + c;
    // @unroll
    for (var i = 0u; i < 16u; i++) {
      let values = sum[i];
      gw[goal[i] + o] = values[c];
    }
  }
}
