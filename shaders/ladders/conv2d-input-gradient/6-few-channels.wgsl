// gx[n,y,x,c] = phi(Σ_{u,v,o} gy[n, y + pad − u, x + pad − v, o] · w[u,v,c,o] + bias[c])
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. Without strides, gaps and groups; the output
// channels are a multiple of 4, the input channels at most 4.
// Rung 6: for the gradient of an image, where a tile of 16 or more channels would be mostly idle. One invocation computes 8
// neighbours of a line x all channels c. It takes the offsets v three at a time: 10 vectors of gy along o serve all 8 x 3 pairs of
// a pixel and an offset, so a step takes 10 loads of gy and 3 of w for each channel. Both factors are read as they lie, so every
// product is a term of a dot product. 3 times as fast as rung 3 for 1 channel and twice as fast for 3 or 4, from 32 channels, 3 x 3
// (software adapter).

override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;
// Input channels, as a constant: the unrolled loops keep only these.
override CHANNELS: u32 = 4u;

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
  padTop: i32,
  padLeft: i32,
  // The input channels of w that belong to gx: those from wFirst on, of wChannels.
  wChannels: u32,
  wFirst: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gy: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> gx: array<f32>;

fn phi(v: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return max(v, 0.0); }
    case 2u: { return select(v * params.slope, v, v > 0.0); }
    default: { return v; }
  }
}

@compute @workgroup_size(64)
fn strip(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let strips = (params.W + 7u) / 8u;
  let index = id.x + id.y * groups.x * 64u;
  if (index >= params.N * params.H * strips) {
    return;
  }
  let line = index / strips;
  let x = index % strips * 8u;
  let n = line / params.H;
  let y = line % params.H;
  let Co4 = params.Co / 4u;

  var sum = array<f32, 32>();
  var u = 0u;
  var v = 0u;
  var o = 0u;
  // One loop over all (u, v, o), as in rung 3.
  for (var k = 0u; k < params.kh * ((params.kw + 2u) / 3u) * Co4; k++) {
    // Pixel i meets offset v + s at position i + 2 − s of this window.
    let yo = i32(y) + params.padTop - i32(u);
    let first = i32(x) + params.padLeft - i32(v + 2u);
    let start = (i32(n * params.Ho) + yo) * i32(params.Wo) + first;
    let inY = u32(yo) < params.Ho;
    var left: array<vec4f, 10>;
    // @unroll
    for (var i = 0u; i < 10u; i++) {
      let inside = inY & (u32(first + i32(i)) < params.Wo);
      left[i] = select(vec4f(0.0), gy[u32(select(0, start + i32(i), inside)) * Co4 + o], inside);
    }
    // @unroll
    for (var s = 0u; s < 3u; s++) {
      // The last three offsets may be fewer: the others count as zero.
      let tap = (u * params.kw + min(v + s, params.kw - 1u)) * params.wChannels + params.wFirst;
      // @unroll
      for (var c = 0u; c < 4u; c++) {
        if (c < CHANNELS) {
          let right = select(vec4f(0.0), w[(tap + c) * Co4 + o], v + s < params.kw);
          // @unroll
          for (var i = 0u; i < 8u; i++) {
            sum[i * 4u + c] += dot(left[i + 2u - s], right);
          }
        }
      }
    }
    // The next (u, v, o), as an odometer.
    o++;
    v += select(0u, 3u, o == Co4);
    o = select(o, 0u, o == Co4);
    u += u32(v >= params.kw);
    v = select(v, 0u, v >= params.kw);
  }
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    if (c < CHANNELS) {
      var add = 0.0;
      if (HAS_BIAS) {
        add = bias[c];
      }
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        if (x + i < params.W) {
          gx[(line * params.W + x + i) * params.Ci + c] = phi(sum[i * 4u + c] + add);
        }
      }
    }
  }
}
