// gx[n,y,x,c] = phi(Σ_{u,v,o} gy[n, (y + pad − u·dilation) / stride, (x + pad − v·dilation) / stride, o] · w[u,v,c,o]
//               + bias[c])   over the u,v for which the divisions leave no remainder
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, o runs over the channels of c's group.
// The gradient of a convolution with respect to its input, and with bias and activation a transposed convolution.
// The equation as it stands. One invocation computes one gx[n,y,x,c] and divides for every tap.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gy: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> gx: array<f32>;

// @include ../../include/activation.wgsl

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  if (index >= params.N * params.H * params.W * params.Ci) {
    return;
  }
  let c = index % params.Ci;
  let xi = index / params.Ci % params.W;
  let yi = index / (params.Ci * params.W) % params.H;
  let n = index / (params.Ci * params.W * params.H);
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let first = c / channelsIn * channelsOut;
  let stride = vec2i(vec2u(params.strideY, params.strideX));
  var sum = 0.0;
  for (var u = 0u; u < params.kh; u++) {
    let yo = i32(yi) + params.padTop - i32(u * params.dilationY);
    if (yo < 0 || yo % stride[0] != 0 || yo / stride[0] >= i32(params.Ho)) {
      continue;
    }
    for (var v = 0u; v < params.kw; v++) {
      let xo = i32(xi) + params.padLeft - i32(v * params.dilationX);
      if (xo < 0 || xo % stride[1] != 0 || xo / stride[1] >= i32(params.Wo)) {
        continue;
      }
      let pixel = ((n * params.Ho + u32(yo / stride[0])) * params.Wo + u32(xo / stride[1])) * params.Co + first;
      let tap = ((u * params.kw + v) * channelsIn + c % channelsIn) * params.Co + first;
      for (var o = 0u; o < channelsOut; o++) {
        sum += gy[pixel + o] * w[tap + o];
      }
    }
  }
  if (HAS_BIAS) {
    sum += bias[c];
  }
  gx[index] = phi(sum);
}
