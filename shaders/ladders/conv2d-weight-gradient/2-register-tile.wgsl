// gw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · gy[n,y,x,o]
// gbias[o] = Σ_{n,y,x} gy[n,y,x,o]
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The channels of a group are multiples of 4, in and out.
// A register tile and split sums. gw is a matrix of rows (u,v,c) x columns o; one invocation computes 8 rows x 8
// columns over the `pixelsPerSplit` pixels (n,y,x) of its split s: each pixel adds an outer product, 4 loads of 4 floats for 64
// products. sum-partials.wgsl adds the partial matrices of the splits. gbias is one more row, for which x is 1 everywhere (of a
// vector of 4 such rows the last 3 are 0).

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

const VECTORS = 2u;

@compute @workgroup_size(64)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channelsIn = params.Ci / params.groups / 4u;
  let channelsOut = params.Co / params.groups / 4u;
  let Ci4 = params.Ci / 4u;
  let Co4 = params.Co / 4u;
  let terms = params.kh * params.kw * channelsIn;
  let rows = terms + u32(HAS_BIAS);
  let tilesPerGroup = (channelsOut + VECTORS - 1u) / VECTORS;
  let columnTiles = tilesPerGroup * params.groups;
  let rowTiles = (rows + VECTORS - 1u) / VECTORS;
  let tile = id.x + id.y * groups.x * 64u;
  let s = tile / (columnTiles * rowTiles);
  if (s >= params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * VECTORS;
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * VECTORS;

  var tapY: array<i32, VECTORS>;
  var tapX: array<i32, VECTORS>;
  var channel: array<u32, VECTORS>;
  var isBias: array<bool, VECTORS>;
  var place: array<u32, VECTORS>;
  var output: array<u32, VECTORS>;
  // @unroll
  for (var i = 0u; i < VECTORS; i++) {
    let r = min(row + i, rows - 1u);
    isBias[i] = HAS_BIAS & (r == terms);
    place[i] = r * 4u;
    channel[i] = g * channelsIn + r % channelsIn;
    tapX[i] = i32(r / channelsIn % params.kw * params.dilationX) - params.padLeft;
    tapY[i] = i32(r / (channelsIn * params.kw) * params.dilationY) - params.padTop;
    output[i] = g * channelsOut + min(column + i, channelsOut - 1u);
  }
  var sum = array<vec4f, 16>();
  let start = s * params.pixelsPerSplit;
  let end = min(start + params.pixelsPerSplit, params.N * params.Ho * params.Wo);
  // Where offset (0, 0) reads for pixel p, before padding, and the first pixel of its image.
  var yi = start / params.Wo % params.Ho * params.strideY;
  var xi = start % params.Wo * params.strideX;
  let imageSize = params.H * params.W;
  var image = start / (params.Wo * params.Ho) * imageSize;
  for (var p = start; p < end; p++) {
    // @unroll
    for (var i = 0u; i < VECTORS; i++) {
      let fromY = i32(yi) + tapY[i];
      let fromX = i32(xi) + tapX[i];
      let inside = !isBias[i] & (!PADDED | ((u32(fromY) < params.H) & (u32(fromX) < params.W)));
      let value = x[u32(select(0, i32(image) + fromY * i32(params.W) + fromX, inside)) * Ci4 + channel[i]];
      let left = select(vec4f(select(0.0, 1.0, isBias[i]), 0.0, 0.0, 0.0), value, inside);
      // @unroll
      for (var j = 0u; j < VECTORS; j++) {
        let right = gy[p * Co4 + output[j]];
        // @unroll
        for (var c = 0u; c < 4u; c++) {
          sum[(i * 4u + c) * VECTORS + j] = fma(vec4f(left[c]), right, sum[(i * 4u + c) * VECTORS + j]);
        }
      }
    }
    // The next pixel, as an odometer.
    xi += params.strideX;
    let nextLine = xi == params.Wo * params.strideX;
    xi = select(xi, 0u, nextLine);
    yi += select(0u, params.strideY, nextLine);
    let nextImage = yi == params.Ho * params.strideY;
    yi = select(yi, 0u, nextImage);
    image += select(0u, imageSize, nextImage);
  }
  // @unroll
  for (var i = 0u; i < VECTORS; i++) {
    // @unroll
    for (var j = 0u; j < VECTORS; j++) {
      if (row + i < rows && column + j < channelsOut) {
        // @unroll
        for (var c = 0u; c < 4u; c++) {
          gw[(s * params.rowsPerSplit + place[i] + c) * Co4 + output[j]] = sum[(i * 4u + c) * VECTORS + j];
        }
      }
    }
  }
}
