// gw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · gy[n,y,x,o]
// gbias[o] = Σ_{n,y,x} gy[n,y,x,o]
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The equation as it stands. One invocation computes one gw[u,v,c,o], or one gbias[o], over all images and positions.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gy: array<f32>;
@group(0) @binding(3) var<storage, read_write> gw: array<f32>;
@group(0) @binding(4) var<storage, read_write> gbias: array<f32>;

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  let channels = params.Ci / params.groups;
  if (index >= params.kh * params.kw * channels * params.Co) {
    return;
  }
  let o = index % params.Co;
  let c = index / params.Co % channels + o / (params.Co / params.groups) * channels;
  let v = index / (params.Co * channels) % params.kw;
  let u = index / (params.Co * channels * params.kw);
  var sum = 0.0;
  for (var n = 0u; n < params.N; n++) {
    for (var yo = 0u; yo < params.Ho; yo++) {
      let yi = i32(yo * params.strideY + u * params.dilationY) - params.padTop;
      if (yi < 0 || yi >= i32(params.H)) {
        continue;
      }
      for (var xo = 0u; xo < params.Wo; xo++) {
        let xi = i32(xo * params.strideX + v * params.dilationX) - params.padLeft;
        if (xi >= 0 && xi < i32(params.W)) {
          let pixel = (n * params.H + u32(yi)) * params.W + u32(xi);
          sum += x[pixel * params.Ci + c] * gy[((n * params.Ho + yo) * params.Wo + xo) * params.Co + o];
        }
      }
    }
  }
  gw[index] = sum;
}

@compute @workgroup_size(64)
fn naiveBias(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let o = id.x + id.y * groups.x * 64u;
  if (o >= params.Co) {
    return;
  }
  var sum = 0.0;
  for (var p = 0u; p < params.N * params.Ho * params.Wo; p++) {
    sum += gy[p * params.Co + o];
  }
  gbias[o] = sum;
}
