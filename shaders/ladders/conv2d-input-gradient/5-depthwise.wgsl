// gx[n,y,x,c] = phi(Σ_{u,v} gy[n, (y + pad − u·dilation) / stride, (x + pad − v·dilation) / stride, c] · w[u,v,c] + bias[c])
//   over the u,v for which the divisions leave no remainder
//
// n image, y,x position, c channel, u,v kernel offset. Every channel is a group of its own (depthwise convolution); their number
// is a multiple of 4.
// As conv2d/5-depthwise.wgsl: one invocation computes 8 pixels x 4 channels. They belong to one phase of the strides (see
// 2-register-tile.wgsl), so all of them need the same u and v.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  periodY: u32,
  periodX: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gy: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gx: array<vec4f>;

// @include ../../include/activation4.wgsl

// @include ../../include/first-offset.wgsl

@compute @workgroup_size(64)
fn pixels(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let C4 = params.Ci / 4u;
  let stride = vec2u(params.strideY, params.strideX);
  let size = vec2u(params.H, params.W);
  let most = (size + stride - 1u) / stride;
  let rowTiles = (params.N * most[0] * most[1] + 7u) / 8u;
  let index = id.x + id.y * groups.x * 64u;
  let phaseIndex = index / (C4 * rowTiles);
  let phase = vec2u(phaseIndex / stride[1], phaseIndex % stride[1]);
  // Positions of this phase along y and x (none where the input is smaller than the stride).
  let extent = (max(size, phase) - phase + stride - 1u) / stride;
  let pixels = params.N * extent[0] * extent[1];
  let row = index / C4 % rowTiles * 8u;
  if (phaseIndex >= stride[0] * stride[1] || row >= pixels) {
    return;
  }
  let c = index % C4;
  // Position / stride, first pixel of the image in gy, place in gx.
  var positionY: array<i32, 8>;
  var positionX: array<i32, 8>;
  var image: array<i32, 8>;
  var place: array<u32, 8>;
  // @unroll
  for (var i = 0u; i < 8u; i++) {
    let p = min(row + i, pixels - 1u);
    let at = vec2u(p / extent[1] % extent[0], p % extent[1]);
    let n = p / (extent[1] * extent[0]);
    let position = at * stride + phase;
    positionY[i] = i32(at[0]);
    positionX[i] = i32(at[1]);
    image[i] = i32(n * params.Ho * params.Wo);
    place[i] = ((n * params.H + position[0]) * params.W + position[1]) * C4 + c;
  }
  // The offsets u, v of this phase: from the first one for which the divisions leave no remainder, each period one.
  let origin = vec2i(phase) + vec2i(params.padTop, params.padLeft);
  let firstV = firstOffset(origin[1], params.dilationX, stride[1], params.periodX);
  var u = firstOffset(origin[0], params.dilationY, stride[0], params.periodY);
  var v = firstV;
  if (u == params.periodY || v == params.periodX || v >= params.kw) {
    u = params.kh;
  }
  var sum = array<vec4f, 8>();
  while (u < params.kh) {
    let shift = (origin - vec2i(vec2u(u * params.dilationY, v * params.dilationX))) / vec2i(stride);
    let right = w[(u * params.kw + v) * C4 + c];
    // @unroll
    for (var i = 0u; i < 8u; i++) {
      let yo = positionY[i] + shift[0];
      let xo = positionX[i] + shift[1];
      let inside = (u32(yo) < params.Ho) & (u32(xo) < params.Wo);
      let at = u32(select(0, image[i] + yo * i32(params.Wo) + xo, inside)) * C4 + c;
      sum[i] = fma(select(vec4f(0.0), gy[at], inside), right, sum[i]);
    }
    // The next (u, v), as an odometer.
    v += params.periodX;
    u += select(0u, params.periodY, v >= params.kw);
    v = select(v, firstV, v >= params.kw);
  }
  var add = vec4f(0.0);
  if (HAS_BIAS) {
    add = bias[c];
  }
  // @unroll
  for (var i = 0u; i < 8u; i++) {
    gx[place[i]] = phi(sum[i] + add);
  }
}
