// y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o])
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The equation as it stands. One invocation computes one y[n,y,x,o]; every product costs two loads of one float.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// @include ../../include/activation.wgsl

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  if (index >= params.N * params.Ho * params.Wo * params.Co) {
    return;
  }
  let o = index % params.Co;
  let xo = index / params.Co % params.Wo;
  let yo = index / (params.Co * params.Wo) % params.Ho;
  let n = index / (params.Co * params.Wo * params.Ho);
  let channels = params.Ci / params.groups;
  let first = o / (params.Co / params.groups) * channels;
  var sum = 0.0;
  for (var u = 0u; u < params.kh; u++) {
    let yi = i32(yo * params.strideY + u * params.dilationY) - params.padTop;
    if (yi < 0 || yi >= i32(params.H)) {
      continue;
    }
    for (var v = 0u; v < params.kw; v++) {
      let xi = i32(xo * params.strideX + v * params.dilationX) - params.padLeft;
      if (xi < 0 || xi >= i32(params.W)) {
        continue;
      }
      let pixel = ((n * params.H + u32(yi)) * params.W + u32(xi)) * params.Ci + first;
      let tap = (u * params.kw + v) * channels;
      for (var c = 0u; c < channels; c++) {
        sum += x[pixel + c] * w[(tap + c) * params.Co + o];
      }
    }
  }
  if (HAS_BIAS) {
    sum += bias[o];
  }
  y[index] = phi(sum);
}
