enable subgroups;
diagnostic(off, subgroup_uniformity);

// dx[n,y,x,c] = activate(Σ_{u,v,o} dy[n, (y + pad − u·dilation) / stride, (x + pad − v·dilation) / stride, o] · w[u,v,c,o] + bias[c])
// over the u,v for which the divisions leave no remainder
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, o runs over the channels of c's group.
// Rung 3: as matmul/5-quad-swap.wgsl: a subgroup of 4 lanes shares a tile of 16 pixels x 16 channels of dx, and each value
// of dy is loaded once per subgroup and broadcast. With strides, the positions of dx fall into strideY x strideX phases; all
// pixels of a phase need the same taps, so each tile belongs to one phase and runs over its taps only: no product is wasted.
// All branches are the same for the 4 lanes of a subgroup, which the uniformity analysis cannot know.

override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;

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
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

fn activate(v: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return max(v, 0.0); }
    case 2u: { return select(v * params.slope, v, v > 0.0); }
    default: { return v; }
  }
}

@compute @workgroup_size(4, 4)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let tilesPerGroup = (channelsIn + 15u) / 16u;
  let columnTiles = tilesPerGroup * params.groups;
  let stride = vec2u(params.strideY, params.strideX);
  let size = vec2u(params.H, params.W);
  let most = (size + stride - 1u) / stride;
  let rowTiles = (params.N * most[0] * most[1] + 15u) / 16u;
  let tile = (group.x + group.y * groups.x) * 4u + local.y;
  let phaseIndex = tile / (columnTiles * rowTiles);
  let phase = vec2u(phaseIndex / stride[1], phaseIndex % stride[1]);
  // Positions of this phase along y and x (none where the input is smaller than the stride).
  let extent = (max(size, phase) - phase + stride - 1u) / stride;
  let pixels = params.N * extent[0] * extent[1];
  let row = tile / columnTiles % rowTiles * 16u;
  if (phaseIndex >= stride[0] * stride[1] || row >= pixels) {
    return;
  }
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * 16u + local.x * 4u;

  // The 4 pixels that this lane loads and stores: position / stride, first pixel of their image in dy, place in dx.
  var positionY: array<i32, 4>;
  var positionX: array<i32, 4>;
  var image: array<i32, 4>;
  var place: array<u32, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let p = min(row + i * 4u + local.x, pixels - 1u);
    let at = vec2u(p / extent[1] % extent[0], p % extent[1]);
    let n = p / (extent[1] * extent[0]);
    let position = at * stride + phase;
    positionY[i] = i32(at[0]);
    positionX[i] = i32(at[1]);
    image[i] = i32(n * params.Ho * params.Wo);
    place[i] = ((n * params.H + position[0]) * params.W + position[1]) * params.Ci + g * channelsIn;
  }
  var channel: array<u32, 4>;
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    channel[c] = min(column + c, channelsIn - 1u);
  }
  var sum: array<vec4f, 16>;
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
      var inside: array<bool, 4>;
      var pixel: array<u32, 4>;
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        let yo = positionY[i] + shiftY / i32(stride[0]);
        let xo = positionX[i] + shiftX / i32(stride[1]);
        inside[i] = (u32(yo) < params.Ho) & (u32(xo) < params.Wo);
        pixel[i] = u32(select(0, image[i] + yo * i32(params.Wo) + xo, inside[i])) * params.Co + g * channelsOut;
      }
      let tap = (u * params.kw + v) * channelsIn;
      let wRow = (vec4u(channel[0], channel[1], channel[2], channel[3]) + tap) * params.Co + g * channelsOut;
      for (var o = 0u; o < channelsOut; o += 2u) {
        let pair = vec2u(o, min(o + 1u, channelsOut - 1u));
        let paired = o + 1u < channelsOut;
        var left: array<vec2f, 4>;
        // @unroll
        for (var i = 0u; i < 4u; i++) {
          left[i] = vec2f(select(0.0, dy[pixel[i] + pair[0]], inside[i]), select(0.0, dy[pixel[i] + pair[1]], inside[i] & paired));
        }
        // @unroll
        for (var s = 0u; s < 2u; s++) {
          let right = vec4f(w[wRow[0] + pair[s]], w[wRow[1] + pair[s]], w[wRow[2] + pair[s]], w[wRow[3] + pair[s]]);
          // @unroll
          for (var i = 0u; i < 4u; i++) {
            let value = left[i][s];
            sum[i * 4u + 0u] = fma(vec4f(value), right, sum[i * 4u + 0u]);
            sum[i * 4u + 1u] = fma(vec4f(quadSwapX(value)), right, sum[i * 4u + 1u]);
            sum[i * 4u + 2u] = fma(vec4f(quadSwapY(value)), right, sum[i * 4u + 2u]);
            sum[i * 4u + 3u] = fma(vec4f(quadSwapDiagonal(value)), right, sum[i * 4u + 3u]);
          }
        }
      }
    }
  }
  var goal: array<u32, 16>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    goal[i * 4u + 0u] = place[i];
    goal[i * 4u + 1u] = quadSwapX(place[i]);
    goal[i * 4u + 2u] = quadSwapY(place[i]);
    goal[i * 4u + 3u] = quadSwapDiagonal(place[i]);
  }
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    if (column + c < channelsIn) {
      let shift = select(0.0, bias[g * channelsIn + channel[c]], HAS_BIAS);
      // @unroll
      for (var i = 0u; i < 16u; i++) {
        dx[goal[i] + channel[c]] = activate(sum[i][c] + shift);
      }
    }
  }
}
