// y[n,y,x,c] = phi(Σ_{u,v} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c] + bias[c])
//
// n image, y,x position, c channel, u,v kernel offset. Every channel is a group of its own (depthwise convolution); their number
// is a multiple of 4.
// Nothing is summed over channels, so tiles of output channels would be idle but for one. One invocation computes 8
// neighbouring pixels (counted over n,y,x) x 4 channels: for each offset (u,v) 9 loads of 4 floats serve 32 products. Pixels past
// the edge repeat the last one.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

// @include ../../include/activation4.wgsl

@compute @workgroup_size(64)
fn pixels(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let C4 = params.Ci / 4u;
  let pixels = params.N * params.Ho * params.Wo;
  let index = id.x + id.y * groups.x * 64u;
  if (index >= C4 * ((pixels + 7u) / 8u)) {
    return;
  }
  let c = index % C4;
  let row = index / C4 * 8u;
  var originY: array<i32, 8>;
  var originX: array<i32, 8>;
  var image: array<i32, 8>;
  // @unroll
  for (var i = 0u; i < 8u; i++) {
    let p = min(row + i, pixels - 1u);
    originX[i] = i32(p % params.Wo * params.strideX) - params.padLeft;
    originY[i] = i32(p / params.Wo % params.Ho * params.strideY) - params.padTop;
    image[i] = i32(p / (params.Wo * params.Ho) * params.H * params.W);
  }
  var sum = array<vec4f, 8>();
  var u = 0u;
  var v = 0u;
  for (var k = 0u; k < params.kh * params.kw; k++) {
    let right = w[k * C4 + c];
    // @unroll
    for (var i = 0u; i < 8u; i++) {
      let yi = originY[i] + i32(u * params.dilationY);
      let xi = originX[i] + i32(v * params.dilationX);
      let inside = (u32(yi) < params.H) & (u32(xi) < params.W);
      let at = u32(select(0, image[i] + yi * i32(params.W) + xi, inside)) * C4 + c;
      sum[i] = fma(select(vec4f(0.0), x[at], inside), right, sum[i]);
    }
    // The next (u, v), as an odometer.
    v++;
    u += u32(v == params.kw);
    v = select(v, 0u, v == params.kw);
  }
  var shift = vec4f(0.0);
  if (HAS_BIAS) {
    shift = bias[c];
  }
  // @unroll
  for (var i = 0u; i < 8u; i++) {
    y[min(row + i, pixels - 1u) * C4 + c] = phi(sum[i] + shift);
  }
}
