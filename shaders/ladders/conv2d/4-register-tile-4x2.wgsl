// y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o])
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The output channels of a group are multiples of 4.
// For the CPU device: a register tile of 4 neighbouring pixels (counted over n,y,x) x 8 channels o, whose 8 sums, 2 vectors of w
// and one value of x fit the 16 vector registers of a processor. A value of x is loaded into all four lanes at once, so input channels
// need no whole vectors. Where all four pixels of an offset (u,v) lie inside, nothing is masked; where a row holds whole tiles, its
// pixels are neighbours in memory; and where whole lines of the kernel lie inside, (v,c) is one run. Neighbouring invocations take the
// same columns of w, which stay in the cache. x is bound as `left` and w as `right`.

// Whether some taps fall outside the input.
override PADDED: bool = true;

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

// @include ../../include/activation4.wgsl

// @include ../../include/pixel-products.wgsl

@compute @workgroup_size(8)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups / 4u;
  let Co4 = params.Co / 4u;
  let pixels = params.N * params.Ho * params.Wo;
  let pixelTiles = (pixels + PIXELS - 1u) / PIXELS;
  let tilesPerGroup = (channelsOut + COLUMNS - 1u) / COLUMNS;
  let number = id.x + id.y * groups.x * 8u;
  if (number >= pixelTiles * tilesPerGroup * params.groups) {
    return;
  }
  let first = number % pixelTiles * PIXELS;
  let columnTile = number / pixelTiles;
  let g = columnTile / tilesPerGroup;
  let column = columnTile % tilesPerGroup * COLUMNS;

  // Pixels and columns past the edge repeat the last one.
  var originY: array<i32, PIXELS>;
  var originX: array<i32, PIXELS>;
  var image: array<i32, PIXELS>;
  let wholeRows = params.Wo % PIXELS == 0u;
  // @unroll
  for (var i = 0u; i < PIXELS; i++) {
    if (wholeRows) {
      originX[i] = i32((first % params.Wo + i) * params.strideX) - params.padLeft;
      originY[i] = i32(first / params.Wo % params.Ho * params.strideY) - params.padTop;
      image[i] = i32(first / (params.Wo * params.Ho));
    } else {
      let p = min(first + i, pixels - 1u);
      originX[i] = i32(p % params.Wo * params.strideX) - params.padLeft;
      originY[i] = i32(p / params.Wo % params.Ho * params.strideY) - params.padTop;
      image[i] = i32(p / (params.Wo * params.Ho));
    }
  }
  var output: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    output[j] = g * channelsOut + min(column + j, channelsOut - 1u);
  }
  var sum = array<vec4f, 8>();
  // Without gaps and groups, the offsets (v,c) of a line are neighbours in x and in w.
  let runs = params.dilationX == 1u && params.groups == 1u;
  for (var u = 0u; u < params.kh; u++) {
    if (runs) {
      var whole: array<bool, PIXELS>;
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        let yi = originY[i] + i32(u * params.dilationY);
        let last = originX[i] + i32(params.kw - 1u);
        whole[i] = !PADDED | ((u32(yi) < params.H) & (u32(originX[i]) < params.W) & (u32(last) < params.W));
      }
      if (whole[0] & whole[1] & whole[2] & whole[3]) {
        var pixel: array<u32, PIXELS>;
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          pixel[i] = u32(((image[i] * i32(params.H) + originY[i] + i32(u * params.dilationY)) * i32(params.W) + originX[i])) * params.Ci;
        }
        addProducts(&pixel, u * params.kw * params.Ci, params.kw * params.Ci, Co4, &output, &sum);
        continue;
      }
    }
    for (var v = 0u; v < params.kw; v++) {
      var inside: array<bool, PIXELS>;
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        let yi = originY[i] + i32(u * params.dilationY);
        let xi = originX[i] + i32(v * params.dilationX);
        inside[i] = !PADDED | ((u32(yi) < params.H) & (u32(xi) < params.W));
      }
      let row = (u * params.kw + v) * channelsIn;
      var pixel: array<u32, PIXELS>;
      if (inside[0] & inside[1] & inside[2] & inside[3]) {
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          let yi = originY[i] + i32(u * params.dilationY);
          let xi = originX[i] + i32(v * params.dilationX);
          pixel[i] = u32((image[i] * i32(params.H) + yi) * i32(params.W) + xi) * params.Ci + g * channelsIn;
        }
        addProducts(&pixel, row, channelsIn, Co4, &output, &sum);
      } else if (inside[0] | inside[1] | inside[2] | inside[3]) {
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          let yi = originY[i] + i32(u * params.dilationY);
          let xi = originX[i] + i32(v * params.dilationX);
          pixel[i] = u32(select(0, (image[i] * i32(params.H) + yi) * i32(params.W) + xi, inside[i])) * params.Ci + g * channelsIn;
        }
        addMasked(&pixel, &inside, row, channelsIn, Co4, &output, &sum);
      }
    }
  }
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    if (column + j < channelsOut) {
      var shift = vec4f(0.0);
      if (HAS_BIAS) {
        shift = bias[output[j]];
      }
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        y[min(first + i, pixels - 1u) * Co4 + output[j]] = phi(sum[i * COLUMNS + j] + shift);
      }
    }
  }
}
