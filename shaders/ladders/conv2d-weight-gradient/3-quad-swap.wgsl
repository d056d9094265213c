enable subgroups;
diagnostic(off, subgroup_uniformity);

// dw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · dy[n,y,x,o],   db[o] = Σ_{n,y,x} dy[n,y,x,o]
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// Rung 3: as matmul/5-quad-swap.wgsl. dw is a matrix of rows (u,v,c) x columns o; a subgroup of 4 lanes shares a tile of
// 16 rows x 16 columns, and each value of x is loaded once per subgroup and broadcast. Each split s sums `linesPerSplit` of the
// N·Ho lines of dy into its own partial matrix, two positions per iteration; sum-partials.wgsl adds the parts. db is one more
// row, for which x is 1 everywhere.
// All branches are the same for the 4 lanes of a subgroup, which the uniformity analysis cannot know.

override HAS_BIAS: bool = false;
// Whether some taps fall outside the input.
override PADDED: bool = true;

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
  splits: u32,
  linesPerSplit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dw: array<f32>;

@compute @workgroup_size(4, 4)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups;
  let terms = params.kh * params.kw * channelsIn;
  let rows = terms + u32(HAS_BIAS);
  let tilesPerGroup = (channelsOut + 15u) / 16u;
  let columnTiles = tilesPerGroup * params.groups;
  let rowTiles = (rows + 15u) / 16u;
  let tile = (group.x + group.y * groups.x) * 4u + local.y;
  let s = tile / (columnTiles * rowTiles);
  if (s >= params.splits) {
    return;
  }
  let row = tile / columnTiles % rowTiles * 16u;
  let g = tile % columnTiles / tilesPerGroup;
  let column = tile % tilesPerGroup * 16u + local.x * 4u;

  // The 4 rows whose x this lane loads.
  var tapY: array<i32, 4>;
  var tapX: array<i32, 4>;
  var channel: array<i32, 4>;
  var isBias: array<bool, 4>;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    let r = min(row + i * 4u + local.x, rows - 1u);
    isBias[i] = HAS_BIAS & (r == terms);
    channel[i] = i32(g * channelsIn + r % channelsIn);
    tapX[i] = i32(r / channelsIn % params.kw * params.dilationX) - params.padLeft;
    tapY[i] = i32(r / (channelsIn * params.kw) * params.dilationY) - params.padTop;
  }
  var output: array<u32, 4>;
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    output[c] = g * channelsOut + min(column + c, channelsOut - 1u);
  }
  var sum: array<vec4f, 16>;
  let end = min((s + 1u) * params.linesPerSplit, params.N * params.Ho);
  for (var line = s * params.linesPerSplit; line < end; line++) {
    let n = line / params.Ho;
    let yo = line % params.Ho;
    var inY: array<bool, 4>;
    var start: array<i32, 4>;
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      let yi = i32(yo * params.strideY) + tapY[i];
      inY[i] = (u32(yi) < params.H) & !isBias[i];
      start[i] = (i32(n * params.H) + yi) * i32(params.W);
    }
    for (var xo = 0u; xo < params.Wo; xo += 2u) {
      let pair = vec2u(xo, min(xo + 1u, params.Wo - 1u));
      let paired = xo + 1u < params.Wo;
      var left: array<vec2f, 4>;
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        // @unroll
        for (var q = 0u; q < 2u; q++) {
          let xi = i32(pair[q] * params.strideX) + tapX[i];
          let inside = !(PADDED | HAS_BIAS) | (inY[i] & (u32(xi) < params.W));
          let value = x[u32(select(0, (start[i] + xi) * i32(params.Ci) + channel[i], inside))];
          left[i][q] = select(select(0.0, 1.0, isBias[i]), value, inside);
        }
      }
      // @unroll
      for (var q = 0u; q < 2u; q++) {
        let at = (line * params.Wo + pair[q]) * params.Co;
        let values = vec4f(dy[at + output[0]], dy[at + output[1]], dy[at + output[2]], dy[at + output[3]]);
        let right = select(vec4f(0.0), values, (q == 0u) | paired);
        // @unroll
        for (var i = 0u; i < 4u; i++) {
          let value = left[i][q];
          sum[i * 4u + 0u] = fma(vec4f(value), right, sum[i * 4u + 0u]);
          sum[i * 4u + 1u] = fma(vec4f(quadSwapX(value)), right, sum[i * 4u + 1u]);
          sum[i * 4u + 2u] = fma(vec4f(quadSwapY(value)), right, sum[i * 4u + 2u]);
          sum[i * 4u + 3u] = fma(vec4f(quadSwapDiagonal(value)), right, sum[i * 4u + 3u]);
        }
      }
    }
  }
  // @unroll
  for (var c = 0u; c < 4u; c++) {
    if (column + c < channelsOut) {
      // @unroll
      for (var i = 0u; i < 16u; i++) {
        dw[(s * rows + min(row + i / 4u * 4u + ((i % 4u) ^ local.x), rows - 1u)) * params.Co + output[c]] = sum[i][c];
      }
    }
  }
}
