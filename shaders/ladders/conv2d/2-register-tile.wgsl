// y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o])
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The channels of a group are multiples of 4, in and out.
// A register tile. One invocation computes 8 neighbouring pixels (counted over n,y,x) x 8 channels o, so 16 loads of 4
// floats serve 256 products. Positions are divided out once per pixel, borders are checked once per offset (u,v), and the loop
// over c only adds. Pixels past the edge repeat the last one.

// Whether some taps fall outside the input.
override PADDED: bool = true;

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

const PIXELS = 8u;
const COLUMNS = 2u;

// @include ../../include/activation4.wgsl

@compute @workgroup_size(64)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channelsIn = params.Ci / params.groups / 4u;
  let channelsOut = params.Co / params.groups / 4u;
  let Ci4 = params.Ci / 4u;
  let Co4 = params.Co / 4u;
  let pixels = params.N * params.Ho * params.Wo;
  let tilesPerGroup = (channelsOut + COLUMNS - 1u) / COLUMNS;
  let columnTiles = tilesPerGroup * params.groups;
  let number = id.x + id.y * groups.x * 64u;
  let row = number / columnTiles * PIXELS;
  if (row >= pixels) {
    return;
  }
  let g = number % columnTiles / tilesPerGroup;
  let column = number % tilesPerGroup * COLUMNS;
  var originY: array<i32, PIXELS>;
  var originX: array<i32, PIXELS>;
  var image: array<i32, PIXELS>;
  // @unroll
  for (var i = 0u; i < PIXELS; i++) {
    let p = min(row + i, pixels - 1u);
    originX[i] = i32(p % params.Wo * params.strideX) - params.padLeft;
    originY[i] = i32(p / params.Wo % params.Ho * params.strideY) - params.padTop;
    image[i] = i32(p / (params.Wo * params.Ho));
  }
  var output: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    output[j] = g * channelsOut + min(column + j, channelsOut - 1u);
  }
  var sum = array<vec4f, PIXELS * COLUMNS>();
  for (var u = 0u; u < params.kh; u++) {
    for (var v = 0u; v < params.kw; v++) {
      var inside: array<bool, PIXELS>;
      var pixel: array<u32, PIXELS>;
      // @unroll
      for (var i = 0u; i < PIXELS; i++) {
        let yi = originY[i] + i32(u * params.dilationY);
        let xi = originX[i] + i32(v * params.dilationX);
        inside[i] = !PADDED | ((u32(yi) < params.H) & (u32(xi) < params.W));
        pixel[i] = u32(select(0, (image[i] * i32(params.H) + yi) * i32(params.W) + xi, inside[i])) * Ci4 + g * channelsIn;
      }
      let firstRow = (u * params.kw + v) * channelsIn * 4u;
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
              sum[i * COLUMNS + j] = fma(vec4f(left[i][s]), right, sum[i * COLUMNS + j]);
            }
          }
        }
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
        y[min(row + i, pixels - 1u) * Co4 + output[j]] = phi(sum[i * COLUMNS + j] + shift);
      }
    }
  }
}
