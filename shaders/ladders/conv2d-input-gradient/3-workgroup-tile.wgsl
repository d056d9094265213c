// gx[n,y,x,c] = phi(Σ_{u,v,o} gy[n, (y + pad − u·dilation) / stride, (x + pad − v·dilation) / stride, o] · w[u,v,c,o]
//               + bias[c])   over the u,v for which the divisions leave no remainder
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, o runs over the channels of c's group.
// The output channels of a group are a multiple of 4.
// A tile in workgroup memory, as matmul-nt/3-workgroup-tile.wgsl. 64 invocations compute 64 pixels of one phase (see
// 2-register-tile.wgsl) x 64 channels c; for each offset (u,v) of that phase and 16 channels o at a time they copy a tile of gy and one of w as
// they lie, in vectors along o, so every product is a term of a dot product. Each invocation fetches for 4 fixed pixels, whose
// positions are divided out once. For GPUs.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  periodY: u32,
  periodX: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gy: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> gx: array<f32>;

// @include ../../include/tile-of-dots.wgsl

// @include ../../include/activation.wgsl

// @include ../../include/first-offset.wgsl

@compute @workgroup_size(8, 8)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups / 4u;
  let Co4 = params.Co / 4u;
  let tilesPerGroup = (channelsIn + TILE - 1u) / TILE;
  let columnTiles = tilesPerGroup * params.groups;
  let stride = vec2u(params.strideY, params.strideX);
  let size = vec2u(params.H, params.W);
  let most = (size + stride - 1u) / stride;
  let rowTiles = (params.N * most[0] * most[1] + TILE - 1u) / TILE;
  let tile = group.x + group.y * groups.x;
  let phaseIndex = tile / (columnTiles * rowTiles);
  let phase = vec2u(phaseIndex / stride[1], phaseIndex % stride[1]);
  // Positions of this phase along y and x (none where the input is smaller than the stride).
  let extent = (max(size, phase) - phase + stride - 1u) / stride;
  let pixels = params.N * extent[0] * extent[1];
  let row = tile / columnTiles % rowTiles * TILE;
  if (phaseIndex >= stride[0] * stride[1] || row >= pixels) {
    return;
  }
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * TILE;

  // The offsets u, v of this phase: from the first one for which the divisions leave no remainder, each period one.
  let origin = vec2i(phase) + vec2i(params.padTop, params.padLeft);
  let dilation = vec2u(params.dilationY, params.dilationX);
  let period = vec2u(params.periodY, params.periodX);
  let first = vec2u(
    firstOffset(origin[0], dilation[0], stride[0], period[0]),
    firstOffset(origin[1], dilation[1], stride[1], period[1]),
  );
  let kernel = vec2u(params.kh, params.kw);
  let found = all(first < period) && all(first < kernel);
  let offsets = select(vec2u(0u), (kernel - min(first, kernel) + period - 1u) / period, found);

  // The 4 pixels that this invocation fetches: position / stride, and the first pixel of their image in gy.
  var positionY: array<i32, 4>;
  var positionX: array<i32, 4>;
  var image: array<i32, 4>;
  // @unroll
  for (var q = 0u; q < 4u; q++) {
    let p = min(row + index / 4u + q * 16u, pixels - 1u);
    positionY[q] = i32(p / extent[1] % extent[0]);
    positionX[q] = i32(p % extent[1]);
    image[q] = i32(p / (extent[1] * extent[0]) * params.Ho * params.Wo);
  }
  let blocks = (channelsOut + DEPTH - 1u) / DEPTH;
  var sum = array<f32, 64>();
  for (var step = 0u; step < offsets[0] * offsets[1] * blocks; step++) {
    let tap = step / blocks;
    let offset = first + vec2u(tap / offsets[1], tap % offsets[1]) * period;
    let shift = (origin - vec2i(offset * dilation)) / vec2i(stride);
    let firstRow = (offset[0] * params.kw + offset[1]) * channelsIn;
    let d = index % 4u;
    let counts = step % blocks * DEPTH + d < channelsOut;
    let o = g * channelsOut + min(step % blocks * DEPTH + d, channelsOut - 1u);
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      // 64 pixels of 4 vectors of gy, and 64 channels of 4 vectors of w; zeros past the last channel.
      let r = index / 4u + q * 16u;
      let yo = positionY[q] + shift[0];
      let xo = positionX[q] + shift[1];
      let inside = counts & (u32(yo) < params.Ho) & (u32(xo) < params.Wo);
      let at = u32(select(0, image[q] + yo * i32(params.Wo) + xo, inside)) * Co4 + o;
      leftTile[r * PITCH + d] = select(vec4f(0.0), gy[at], inside);
      let other = w[(firstRow + min(column + r, channelsIn - 1u)) * Co4 + o];
      rightTile[r * PITCH + d] = select(vec4f(0.0), other, counts);
    }
    workgroupBarrier();
    addTile(local.xy, &sum);
    workgroupBarrier();
  }
  // @unroll
  for (var i = 0u; i < 8u; i++) {
    let p = row + local.y + i * 8u;
    if (p < pixels) {
      let at = vec2u(p / extent[1] % extent[0], p % extent[1]) * stride + phase;
      let n = p / (extent[1] * extent[0]);
      let place = ((n * params.H + at[0]) * params.W + at[1]) * params.Ci + g * channelsIn;
      // @unroll
      for (var j = 0u; j < 8u; j++) {
        let c = column + local.x + j * 8u;
        if (c < channelsIn) {
          var add = 0.0;
          if (HAS_BIAS) {
            add = bias[g * channelsIn + c];
          }
          gx[place + c] = phi(sum[i * 8u + j] + add);
        }
      }
    }
  }
}
