// gx[n,y,x,c] = phi(Σ_{u,v,o} gy[n, (y + pad − u·dilation) / stride, (x + pad − v·dilation) / stride, o] · w[u,v,c,o]
//               + bias[c])   over the u,v for which the divisions leave no remainder
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, o runs over the channels of c's group.
// The channels of a group are multiples of 4, in and out.
// A register tile. One invocation computes 8 pixels of gx x 8 channels c; both factors are read as vectors along o, so
// every product is a term of a dot product and the weights need no transposition. With strides, the positions of gx fall into
// strideY x strideX phases; all pixels of a phase need the same u and v, so each tile belongs to one phase and no product is
// wasted.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gy: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gx: array<vec4f>;

const PIXELS = 8u;
const COLUMNS = 2u;

// @include ../../include/activation4.wgsl

@compute @workgroup_size(64)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channelsIn = params.Ci / params.groups / 4u;
  let channelsOut = params.Co / params.groups / 4u;
  let Co4 = params.Co / 4u;
  let tilesPerGroup = (channelsIn + COLUMNS - 1u) / COLUMNS;
  let columnTiles = tilesPerGroup * params.groups;
  let stride = vec2u(params.strideY, params.strideX);
  let size = vec2u(params.H, params.W);
  let most = (size + stride - 1u) / stride;
  let rowTiles = (params.N * most[0] * most[1] + PIXELS - 1u) / PIXELS;
  let tile = id.x + id.y * groups.x * 64u;
  let phaseIndex = tile / (columnTiles * rowTiles);
  let phase = vec2u(phaseIndex / stride[1], phaseIndex % stride[1]);
  // Positions of this phase along y and x (none where the input is smaller than the stride).
  let extent = (max(size, phase) - phase + stride - 1u) / stride;
  let pixels = params.N * extent[0] * extent[1];
  let row = tile / columnTiles % rowTiles * PIXELS;
  if (phaseIndex >= stride[0] * stride[1] || row >= pixels) {
    return;
  }
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * COLUMNS;

  // Position / stride, first pixel of the image in gy, place in gx.
  var positionY: array<i32, PIXELS>;
  var positionX: array<i32, PIXELS>;
  var image: array<i32, PIXELS>;
  var place: array<u32, PIXELS>;
  // @unroll
  for (var i = 0u; i < PIXELS; i++) {
    let p = min(row + i, pixels - 1u);
    let at = vec2u(p / extent[1] % extent[0], p % extent[1]);
    let n = p / (extent[1] * extent[0]);
    let position = at * stride + phase;
    positionY[i] = i32(at[0]);
    positionX[i] = i32(at[1]);
    image[i] = i32(n * params.Ho * params.Wo);
    place[i] = ((n * params.H + position[0]) * params.W + position[1]) * (params.Ci / 4u);
  }
  var channel: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    channel[j] = min(column + j, channelsIn - 1u);
  }
  var sum = array<vec4f, PIXELS * COLUMNS>();
  for (var u = 0u; u < params.kh; u++) {
    let shiftY = i32(phase[0]) + params.padTop - i32(u * params.dilationY);
    if (shiftY % i32(stride[0]) != 0) {
      continue;
    }
    for (var v = 0u; v < params.kw; v++) {
      let shiftX = i32(phase[1]) + params.padLeft - i32(v * params.dilationX);
      if (shiftX % i32(stride[1]) != 0) {
        continue;
      }
      var inside: array<bool, PIXELS>;
      var pixel: array<u32, PIXELS>;
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        let yo = positionY[i] + shiftY / i32(stride[0]);
        let xo = positionX[i] + shiftX / i32(stride[1]);
        inside[i] = (u32(yo) < params.Ho) & (u32(xo) < params.Wo);
        pixel[i] = u32(select(0, image[i] + yo * i32(params.Wo) + xo, inside[i])) * Co4 + g * channelsOut;
      }
      let firstRow = (u * params.kw + v) * channelsIn * 4u;
      for (var o = 0u; o < channelsOut; o++) {
        var left: array<vec4f, PIXELS>;
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          left[i] = select(vec4f(0.0), gy[pixel[i] + o], inside[i]);
        }
        // @unroll
        for (var j = 0u; j < COLUMNS; j++) {
          // @unroll
          for (var c = 0u; c < 4u; c++) {
            let right = w[(firstRow + channel[j] * 4u + c) * Co4 + g * channelsOut + o];
            // @unroll
            for (var i = 0u; i < PIXELS; i++) {
              sum[i * COLUMNS + j][c] += dot(left[i], right);
            }
          }
        }
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
