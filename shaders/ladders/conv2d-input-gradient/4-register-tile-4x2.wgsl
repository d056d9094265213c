// gx[n,y,x,c] = phi(Σ_{u,v,o} gy[n, (y + pad − u·dilation) / stride, (x + pad − v·dilation) / stride, o] · w[u,v,c,o]
//               + bias[c])   over the u,v for which the divisions leave no remainder
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, o runs over the channels of c's group.
// The input channels of a group are multiples of 4.
// For the CPU device: `turn` writes the weights with c as the last axis, then the gradient is a convolution like any other: a
// register tile of 4 neighbouring pixels of gx x 8 channels c, and every value of gy is loaded into all four lanes at once. With strides,
// the positions of gx fall into strideY x strideX phases as in 2-register-tile.wgsl. gy is bound as `left`; `right` holds
// w[u, kw - 1 - v, c, o] at [u,v,o,c].

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gx: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> turned: array<vec4f>;
@group(0) @binding(6) var<storage, read> right: array<vec4f>;

// @include ../../include/activation4.wgsl

@compute @workgroup_size(64)
fn turn(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channels4 = params.Ci / params.groups / 4u;
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.kh * params.kw * params.Co * channels4) {
    return;
  }
  let c = i % channels4 * 4u;
  let o = i / channels4 % params.Co;
  // The offsets v backwards, so that gy is met forwards.
  let turnedTap = i / (channels4 * params.Co);
  let tap = turnedTap / params.kw * params.kw + params.kw - 1u - turnedTap % params.kw;
  let at = (tap * channels4 * 4u + c) * params.Co + o;
  turned[i] = vec4f(w[at], w[at + params.Co], w[at + 2u * params.Co], w[at + 3u * params.Co]);
}

// @include ../../include/pixel-products.wgsl

@compute @workgroup_size(8)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channelsIn = params.Ci / params.groups / 4u;
  let channelsOut = params.Co / params.groups;
  let tilesPerGroup = (channelsIn + COLUMNS - 1u) / COLUMNS;
  let columnTiles = tilesPerGroup * params.groups;
  let mostY = (params.H + params.strideY - 1u) / params.strideY;
  let mostX = (params.W + params.strideX - 1u) / params.strideX;
  let pixelTiles = (params.N * mostY * mostX + PIXELS - 1u) / PIXELS;
  let number = id.x + id.y * groups.x * 8u;
  let phase = number / (columnTiles * pixelTiles);
  let phaseY = phase / params.strideX;
  let phaseX = phase % params.strideX;
  // Positions of this phase along y and x (none where the input is smaller than the stride).
  let extentY = (max(params.H, phaseY) - phaseY + params.strideY - 1u) / params.strideY;
  let extentX = (max(params.W, phaseX) - phaseX + params.strideX - 1u) / params.strideX;
  let pixels = params.N * extentY * extentX;
  let first = number % pixelTiles * PIXELS;
  if (phase >= params.strideY * params.strideX || first >= pixels) {
    return;
  }
  let columnTile = number / pixelTiles % columnTiles;
  let g = columnTile / tilesPerGroup;
  let column = columnTile % tilesPerGroup * COLUMNS;

  // Position / stride, first pixel of the image in gy, place in gx. Pixels past the edge repeat the last one.
  var positionY: array<i32, PIXELS>;
  var positionX: array<i32, PIXELS>;
  var image: array<i32, PIXELS>;
  var place: array<u32, PIXELS>;
  let wholeRows = params.strideX == 1u && params.W % PIXELS == 0u;
  // @unroll
  for (var i = 0u; i < PIXELS; i++) {
    var atX = 0u;
    var atY = 0u;
    var n = 0u;
    if (wholeRows) {
      atX = first % params.W + i;
      atY = first / params.W % extentY;
      n = first / (params.W * extentY);
    } else {
      let p = min(first + i, pixels - 1u);
      atX = p % extentX;
      atY = p / extentX % extentY;
      n = p / (extentX * extentY);
    }
    positionY[i] = i32(atY);
    positionX[i] = i32(atX);
    image[i] = i32(n);
    place[i] = ((n * params.H + atY * params.strideY + phaseY) * params.W + atX * params.strideX + phaseX) * (params.Ci / 4u);
  }
  var channel: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    channel[j] = min(column + j, channelsIn - 1u);
  }
  var sum = array<vec4f, 8>();
  // Without strides, gaps and groups, the offsets (v,o) of a line are neighbours in gy and in the weights.
  let runs = params.strideX == 1u && params.dilationX == 1u && params.groups == 1u;
  for (var u = 0u; u < params.kh; u++) {
    let shiftY = i32(phaseY) + params.padTop - i32(u * params.dilationY);
    if (shiftY % i32(params.strideY) != 0) {
      continue;
    }
    if (runs) {
      let stepY = shiftY / i32(params.strideY);
      let stepX = params.padLeft - i32(params.kw - 1u);
      var whole: array<bool, PIXELS>;
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        let start = positionX[i] + stepX;
        let last = start + i32(params.kw - 1u);
        whole[i] = (u32(positionY[i] + stepY) < params.Ho) & (u32(start) < params.Wo) & (u32(last) < params.Wo);
      }
      if (whole[0] & whole[1] & whole[2] & whole[3]) {
        var pixel: array<u32, PIXELS>;
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          let at = (image[i] * i32(params.Ho) + positionY[i] + stepY) * i32(params.Wo) + positionX[i] + stepX;
          pixel[i] = u32(at) * params.Co;
        }
        addProducts(&pixel, u * params.kw * params.Co, params.kw * params.Co, channelsIn, &channel, &sum);
        continue;
      }
    }
    for (var v = 0u; v < params.kw; v++) {
      let shiftX = i32(phaseX) + params.padLeft - i32(v * params.dilationX);
      if (shiftX % i32(params.strideX) != 0) {
        continue;
      }
      let stepY = shiftY / i32(params.strideY);
      let stepX = shiftX / i32(params.strideX);
      var inside: array<bool, PIXELS>;
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        inside[i] = (u32(positionY[i] + stepY) < params.Ho) & (u32(positionX[i] + stepX) < params.Wo);
      }
      let row = (u * params.kw + params.kw - 1u - v) * params.Co + g * channelsOut;
      var pixel: array<u32, PIXELS>;
      if (inside[0] & inside[1] & inside[2] & inside[3]) {
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          let at = (image[i] * i32(params.Ho) + positionY[i] + stepY) * i32(params.Wo) + positionX[i] + stepX;
          pixel[i] = u32(at) * params.Co + g * channelsOut;
        }
        addProducts(&pixel, row, channelsOut, channelsIn, &channel, &sum);
      } else if (inside[0] | inside[1] | inside[2] | inside[3]) {
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          let at = (image[i] * i32(params.Ho) + positionY[i] + stepY) * i32(params.Wo) + positionX[i] + stepX;
          pixel[i] = u32(select(0, at, inside[i])) * params.Co + g * channelsOut;
        }
        addMasked(&pixel, &inside, row, channelsOut, channelsIn, &channel, &sum);
      }
    }
  }
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    if (column + j < channelsIn) {
      var shift = vec4f(0.0);
      if (HAS_BIAS) {
        shift = bias[g * channelsIn + channel[j]];
      }
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        gx[place[i] + g * channelsIn + channel[j]] = phi(sum[i * COLUMNS + j] + shift);
      }
    }
  }
}
