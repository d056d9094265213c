// gw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · gy[n,y,x,o]
// gbias[o] = Σ_{n,y,x} gy[n,y,x,o]
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The channels of a group are multiples of 4, in and out.
// A tile in workgroup memory, as matmul-tn/3-workgroup-tile.wgsl. gw is a matrix of rows (u,v,c) x columns o; 64
// invocations compute 64 rows x 64 columns over the `pixelsPerSplit` pixels (n,y,x) of their split s. For 16 pixels at a time
// they copy 16 vectors of x and 16 of gy for each pixel. Each invocation fetches for one vector of rows, every fourth pixel; its
// position is carried on, not divided out. gbias is one more vector of rows, as in 2-register-tile.wgsl. sum-partials.wgsl adds the parts of the
// splits. For GPUs.

override HAS_BIAS: bool = false;
// Whether some taps fall outside the input.
override PADDED: bool = true;

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  splits: u32,
  pixelsPerSplit: u32,
  // Rows of a partial matrix: those of gw, and behind them those of gbias.
  rowsPerSplit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> gy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gw: array<vec4f>;

// Vectors along a side of the tile, and pixels at a time.
// @include ../../include/tile-of-outer-products.wgsl

@compute @workgroup_size(8, 8)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let channelsIn = params.Ci / params.groups / 4u;
  let channelsOut = params.Co / params.groups / 4u;
  let Ci4 = params.Ci / 4u;
  let Co4 = params.Co / 4u;
  let terms = params.kh * params.kw * channelsIn;
  let rows = terms + u32(HAS_BIAS);
  let tilesPerGroup = (channelsOut + TILE - 1u) / TILE;
  let columnTiles = tilesPerGroup * params.groups;
  let rowTiles = (rows + TILE - 1u) / TILE;
  let tile = group.x + group.y * groups.x;
  let s = tile / (columnTiles * rowTiles);
  if (s >= params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * TILE;
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * TILE;

  // The vector of rows and the vector of columns for which this invocation fetches.
  let fetchRow = min(row + index % 16u, rows - 1u);
  let isBias = HAS_BIAS & (fetchRow == terms);
  let channel = g * channelsIn + fetchRow % channelsIn;
  let tapX = i32(fetchRow / channelsIn % params.kw * params.dilationX) - params.padLeft;
  let tapY = i32(fetchRow / (channelsIn * params.kw) * params.dilationY) - params.padTop;
  let output = g * channelsOut + min(column + index % 16u, channelsOut - 1u);
  let pixels = params.N * params.Ho * params.Wo;
  let start = s * params.pixelsPerSplit;
  let end = min(start + params.pixelsPerSplit, pixels);
  // Where it is: the pixel, and 4 pixels in the same places (x, y, image).
  let fetchFirst = start + index / 16u;
  var xo = fetchFirst % params.Wo;
  var yo = fetchFirst / params.Wo % params.Ho;
  var n = fetchFirst / (params.Wo * params.Ho);
  let stepX = 4u % params.Wo;
  let stepY = 4u / params.Wo % params.Ho;
  let stepN = 4u / (params.Wo * params.Ho);
  let height = i32(params.H);
  let width = i32(params.W);

  var sum = array<vec4f, 16>();
  for (var first = start; first < end; first += DEPTH) {
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      let p = first + index / 16u + q * 4u;
      let counts = p < end;
      let yi = i32(yo * params.strideY) + tapY;
      let xi = i32(xo * params.strideX) + tapX;
      let inside = counts & !isBias & (!PADDED | ((u32(yi) < params.H) & (u32(xi) < params.W)));
      let at = u32(select(0, (i32(n) * height + yi) * width + xi, inside)) * Ci4 + channel;
      leftTile[index + q * 64u] = select(vec4f(select(0.0, 1.0, isBias & counts), 0.0, 0.0, 0.0), x[at], inside);
      rightTile[index + q * 64u] = select(vec4f(0.0), gy[min(p, pixels - 1u) * Co4 + output], counts);
      // Four pixels on, as an odometer.
      xo += stepX;
      let nextLine = xo >= params.Wo;
      xo -= select(0u, params.Wo, nextLine);
      yo += stepY + u32(nextLine);
      let nextImage = yo >= params.Ho;
      yo -= select(0u, params.Ho, nextImage);
      n += stepN + u32(nextImage);
    }
    workgroupBarrier();
    addTile(local.xy, &sum);
    workgroupBarrier();
  }
  // @unroll
  for (var i = 0u; i < 2u; i++) {
    let r = row + local.y + i * 8u;
    if (r < rows) {
      let place = s * params.rowsPerSplit + r * 4u;
      // @unroll
      for (var j = 0u; j < 2u; j++) {
        let o = column + local.x + j * 8u;
        if (o < channelsOut) {
          // @unroll
          for (var c = 0u; c < 4u; c++) {
            gw[(place + c) * Co4 + g * channelsOut + o] = sum[(i * 4u + c) * 2u + j];
          }
        }
      }
    }
  }
}
