// gw[u,v,c] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · gy[n,y,x,c]
// gbias[c] = Σ_{n,y,x} gy[n,y,x,c]
//
// n image, y,x position, c channel, u,v kernel offset. Every channel is a group of its own (depthwise convolution); their number
// is a multiple of 4.
// As conv2d/5-depthwise.wgsl. One invocation sums 4 rows (u,v) x 4 channels over the `pixelsPerSplit` pixels (n,y,x) of
// its split s: for each pixel one load of gy serves 4 of x. gbias is one more row, for which x is 1 everywhere. sum-partials.wgsl
// adds the parts of the splits.

override HAS_BIAS: bool = false;

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  splits: u32,
  pixelsPerSplit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> gy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gw: array<vec4f>;

@compute @workgroup_size(64)
fn rows(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let C4 = params.Ci / 4u;
  let terms = params.kh * params.kw;
  let rows = terms + u32(HAS_BIAS);
  let rowTiles = (rows + 3u) / 4u;
  let index = id.x + id.y * groups.x * 64u;
  let s = index / (C4 * rowTiles);
  if (s >= params.splits) {
    return;
  }
  let c = index % C4;
  let row = index / C4 % rowTiles * 4u;
  var tapY: array<i32, 4>;
  var tapX: array<i32, 4>;
  var isBias: array<bool, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let r = min(row + i, rows - 1u);
    isBias[i] = HAS_BIAS & (r == terms);
    tapX[i] = i32(r % params.kw * params.dilationX) - params.padLeft;
    tapY[i] = i32(r / params.kw * params.dilationY) - params.padTop;
  }
  var sum = array<vec4f, 4>();
  let start = s * params.pixelsPerSplit;
  let end = min(start + params.pixelsPerSplit, params.N * params.Ho * params.Wo);
  // Where offset (0, 0) reads for pixel p, before padding, and the first pixel of its image.
  var yi = start / params.Wo % params.Ho * params.strideY;
  var xi = start % params.Wo * params.strideX;
  var image = start / (params.Wo * params.Ho) * params.H * params.W;
  for (var p = start; p < end; p++) {
    let right = gy[p * C4 + c];
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      let readY = i32(yi) + tapY[i];
      let readX = i32(xi) + tapX[i];
      let inside = !isBias[i] & (u32(readY) < params.H) & (u32(readX) < params.W);
      let value = x[u32(select(0, i32(image) + readY * i32(params.W) + readX, inside)) * C4 + c];
      sum[i] = fma(select(vec4f(select(0.0, 1.0, isBias[i])), value, inside), right, sum[i]);
    }
    // The next pixel, as an odometer.
    xi += params.strideX;
    let nextLine = xi == params.Wo * params.strideX;
    xi = select(xi, 0u, nextLine);
    yi += select(0u, params.strideY, nextLine);
    let nextImage = yi == params.Ho * params.strideY;
    yi = select(yi, 0u, nextImage);
    image += select(0u, params.H * params.W, nextImage);
  }
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    if (row + i < rows) {
      gw[(s * rows + row + i) * C4 + c] = sum[i];
    }
  }
}
