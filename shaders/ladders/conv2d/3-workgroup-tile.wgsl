// y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o])
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The channels of a group are multiples of 4, in and out.
// A tile in workgroup memory, as matmul/3-workgroup-tile.wgsl. 64 invocations compute 64 pixels (counted over n,y,x) x
// 64 channels o; for each offset (u,v) and 16 channels c at a time they copy a tile of x and one of w into workgroup memory.
// Each invocation fetches for 4 fixed pixels, whose positions are divided out once. For GPUs.
//

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

// @include ../../include/tile-of-vectors.wgsl

// @include ../../include/activation4.wgsl

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
  let pixels = params.N * params.Ho * params.Wo;
  let tilesPerGroup = (channelsOut + 15u) / 16u;
  let columnTiles = tilesPerGroup * params.groups;
  let number = group.x + group.y * groups.x;
  let row = number / columnTiles * TILE;
  if (row >= pixels) {
    return;
  }
  let g = number % columnTiles / tilesPerGroup;
  let column = number % tilesPerGroup * 16u;
  // The 4 pixels that this invocation fetches: where offset (0, 0) reads, and their image.
  var originY: array<i32, 4>;
  var originX: array<i32, 4>;
  var image: array<i32, 4>;
  // @unroll
  for (var q = 0u; q < 4u; q++) {
    let p = min(row + index / 4u + q * 16u, pixels - 1u);
    originX[q] = i32(p % params.Wo * params.strideX) - params.padLeft;
    originY[q] = i32(p / params.Wo % params.Ho * params.strideY) - params.padTop;
    image[q] = i32(p / (params.Wo * params.Ho));
  }
  let output = g * channelsOut + min(column + index % 16u, channelsOut - 1u);
  let blocks = (channelsIn + DEPTH - 1u) / DEPTH;
  var sum = array<vec4f, 16>();
  for (var step = 0u; step < params.kh * params.kw * blocks; step++) {
    let tap = step / blocks;
    let c4 = step % blocks * DEPTH;
    let offset = vec2i(vec2u(tap / params.kw * params.dilationY, tap % params.kw * params.dilationX));
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      // 64 pixels of 4 vectors of x, and 16 rows of 16 vectors of w; zeros past the last channel.
      let d = index % 4u;
      let yi = originY[q] + offset[0];
      let xi = originX[q] + offset[1];
      let inside = (c4 + d < channelsIn) & (!PADDED | ((u32(yi) < params.H) & (u32(xi) < params.W)));
      let pixel = u32(select(0, (image[q] * i32(params.H) + yi) * i32(params.W) + xi, inside));
      let at = pixel * Ci4 + g * channelsIn + min(c4 + d, channelsIn - 1u);
      leftTile[(index / 4u + q * 16u) * PITCH + d] = select(vec4f(0.0), x[at], inside);
      let c = c4 * 4u + index / 16u + q * 4u;
      let other = w[(tap * channelsIn * 4u + min(c, channelsIn * 4u - 1u)) * Co4 + output];
      rightTile[(index / 16u + q * 4u) * 16u + index % 16u] = select(vec4f(0.0), other, c < channelsIn * 4u);
    }
    workgroupBarrier();
    addTile(local.xy, &sum);
    workgroupBarrier();
  }
  // @unroll
  for (var j = 0u; j < 2u; j++) {
    let o = column + local.x + j * 8u;
    if (o < channelsOut) {
      var shift = vec4f(0.0);
      if (HAS_BIAS) {
        shift = bias[g * channelsOut + o];
      }
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        let p = row + local.y + i * 8u;
        if (p < pixels) {
          y[p * Co4 + g * channelsOut + o] = phi(sum[i * 2u + j] + shift);
        }
      }
    }
  }
}
