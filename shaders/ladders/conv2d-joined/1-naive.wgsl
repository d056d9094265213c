// y[n,y,x,o] = phi(Σ_{u,v,c<C1} x1[n, y', x', c] · w[u,v,c,o] + Σ_{u,v,c<C2} x2[n, y', x', c] · w[u,v,C1+c,o] + bias[o])
//   with y' = y·stride + u·dilation − pad, x' = x·stride + v·dilation − pad
// gw[u,v,c,o] = Σ_{n,y,x} x1[n, y', x', c] · gy[n,y,x,o] for c < C1, and x2[n, y', x', c − C1] in place of x1 from there on
// gbias[o] = Σ_{n,y,x} gy[n,y,x,o]
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset.
// The convolution of [x1, x2], joined along their channels, without the tensor that holds both: a convolution is a sum over
// channels, so each input meets its own channels of w. A doubled input has half of H and W; each of its values stands for 2 x 2,
// so it is read at (y'/2, x'/2).
// Rung 1: the equation as it stands. The faster rungs are those of conv2d and conv2d-weight-gradient, one dispatch for each input.

override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;

struct Params {
  N: u32,
  H: u32,
  W: u32,
  C1: u32,
  C2: u32,
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
  // 1: the input is doubled
  doubled1: u32,
  doubled2: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x1: array<f32>;
@group(0) @binding(2) var<storage, read> x2: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
@group(0) @binding(6) var<storage, read> gy: array<f32>;
@group(0) @binding(7) var<storage, read_write> gw: array<f32>;
@group(0) @binding(8) var<storage, read_write> gbias: array<f32>;

fn phi(v: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return max(v, 0.0); }
    case 2u: { return select(v * params.slope, v, v > 0.0); }
    default: { return v; }
  }
}

// Index of the pixel at (yi, xi) of image n in an input; `doubled` is 0 or 1.
fn pixelOf(n: u32, yi: i32, xi: i32, doubled: u32) -> u32 {
  return (n * (params.H >> doubled) + (u32(yi) >> doubled)) * (params.W >> doubled) + (u32(xi) >> doubled);
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  if (index >= params.N * params.Ho * params.Wo * params.Co) {
    return;
  }
  let o = index % params.Co;
  let xo = index / params.Co % params.Wo;
  let yo = index / (params.Co * params.Wo) % params.Ho;
  let n = index / (params.Co * params.Wo * params.Ho);
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
      let tap = (u * params.kw + v) * (params.C1 + params.C2);
      let pixel1 = pixelOf(n, yi, xi, params.doubled1) * params.C1;
      for (var c = 0u; c < params.C1; c++) {
        sum += x1[pixel1 + c] * w[(tap + c) * params.Co + o];
      }
      let pixel2 = pixelOf(n, yi, xi, params.doubled2) * params.C2;
      for (var c = 0u; c < params.C2; c++) {
        sum += x2[pixel2 + c] * w[(tap + params.C1 + c) * params.Co + o];
      }
    }
  }
  if (HAS_BIAS) {
    sum += bias[o];
  }
  y[index] = phi(sum);
}

@compute @workgroup_size(64)
fn weightGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  let channels = params.C1 + params.C2;
  if (index >= params.kh * params.kw * channels * params.Co) {
    return;
  }
  let o = index % params.Co;
  let c = index / params.Co % channels;
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
        if (xi < 0 || xi >= i32(params.W)) {
          continue;
        }
        var value = 0.0;
        if (c < params.C1) {
          value = x1[pixelOf(n, yi, xi, params.doubled1) * params.C1 + c];
        } else {
          value = x2[pixelOf(n, yi, xi, params.doubled2) * params.C2 + c - params.C1];
        }
        sum += value * gy[((n * params.Ho + yo) * params.Wo + xo) * params.Co + o];
      }
    }
  }
  gw[index] = sum;
}

@compute @workgroup_size(64)
fn biasGradient(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
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
