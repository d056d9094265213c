// gw[u,v,c,o] = Σ_{n,y,x} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · gy[n,y,x,o]
// gbias[o] = Σ_{n,y,x} gy[n,y,x,o]
//
// n image, y,x position, o output channel, c input channel, u,v kernel offset. In groups, c runs over the channels of o's group.
// The output channels of a group are multiples of 4.
// For the CPU device: for one u, gw is a matrix of rows (v,c) x columns o; an invocation computes 4 rows x 8 columns for each u
// in turn, over the output rows (n,y) of its split s, `block` of them at a time: they stay in the cache for the next u. Sums wait in gw
// meanwhile. Along a row, the positions where all 4 rows of gw meet the input need no test; those before and behind are masked.
// sum-partials.wgsl adds the partial matrices of the splits. gbias has its own entry.

struct Params {
  // @include ../../include/conv2d-fields.wgsl
  splits: u32,
  linesPerSplit: u32,
  block: u32,
  // Rows of a partial matrix: those of gw, and behind them that of gbias.
  rowsPerSplit: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gw: array<vec4f>;

const ROWS = 4u;
const COLUMNS = 2u;

// Quotient rounded up, of a dividend of either sign.
fn ceilDivide(a: i32, b: i32) -> i32 {
  return select(a / b, (a + b - 1) / b, a > 0);
}

@compute @workgroup_size(1)
fn tile(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channelsIn = params.Ci / params.groups;
  let channelsOut = params.Co / params.groups / 4u;
  let Co4 = params.Co / 4u;
  let rows = params.kw * channelsIn;
  let rowTiles = (rows + ROWS - 1u) / ROWS;
  let tilesPerGroup = (channelsOut + COLUMNS - 1u) / COLUMNS;
  let columnTiles = tilesPerGroup * params.groups;
  let number = id.x + id.y * groups.x;
  let s = number / (columnTiles * rowTiles);
  if (s >= params.splits) {
    return;
  }
  let row = number / columnTiles % rowTiles * ROWS;
  let g = number % columnTiles / tilesPerGroup;
  let column = number % tilesPerGroup * COLUMNS;

  // Rows and columns past the edge repeat the last one. `offset`: from position 0 of a line of x, before padding.
  var tapX: array<i32, ROWS>;
  var channel: array<i32, ROWS>;
  var place: array<u32, ROWS>;
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    if (channelsIn % ROWS == 0u) {
      let v = row / channelsIn;
      tapX[i] = i32(v * params.dilationX) - params.padLeft;
      channel[i] = i32(g * channelsIn + row % channelsIn + i);
      place[i] = v * channelsIn + row % channelsIn + i;
    } else {
      let r = min(row + i, rows - 1u);
      let v = r / channelsIn;
      tapX[i] = i32(v * params.dilationX) - params.padLeft;
      channel[i] = i32(g * channelsIn + r % channelsIn);
      place[i] = v * channelsIn + r % channelsIn;
    }
  }
  var output: array<u32, COLUMNS>;
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    output[j] = g * channelsOut + min(column + j, channelsOut - 1u);
  }
  // Positions [begin, end) along a line of gy where all rows meet the input.
  let strideX = i32(params.strideX);
  var begin = 0;
  var end = i32(params.Wo);
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    begin = max(begin, ceilDivide(-tapX[i], strideX));
    end = min(end, ceilDivide(i32(params.W) - tapX[i], strideX));
  }
  begin = min(begin, i32(params.Wo));
  end = max(end, begin);

  let lines = params.N * params.Ho;
  let lastLine = min((s + 1u) * params.linesPerSplit, lines);
  let width = i32(params.W);
  let height = i32(params.H);
  let base = s * params.rowsPerSplit;
  for (var first = s * params.linesPerSplit; first < lastLine; first += params.block) {
    let behind = min(first + params.block, lastLine);
    for (var u = 0u; u < params.kh; u++) {
      var sum = array<vec4f, 8>();
      if (first > s * params.linesPerSplit) {
        // @unroll
        for (var i = 0u; i < ROWS; i++) {
          // @unroll
          for (var j = 0u; j < COLUMNS; j++) {
            sum[i * COLUMNS + j] = gw[(base + u * params.kw * channelsIn + place[i]) * Co4 + output[j]];
          }
        }
      }
      for (var line = first; line < behind; line++) {
        let yi = i32(line % params.Ho * params.strideY + u * params.dilationY) - params.padTop;
        if (u32(yi) >= params.H) {
          continue;
        }
        let start = (i32(line / params.Ho) * height + yi) * width;
        let out = line * params.Wo;
        for (var part = 0u; part < 2u; part++) {
          let lower = select(0, end, part == 1u);
          let upper = select(begin, i32(params.Wo), part == 1u);
          for (var at = lower; at < upper; at++) {
            var right: array<vec4f, COLUMNS>;
            // @unroll
            for (var j = 0u; j < COLUMNS; j++) {
              right[j] = gy[(out + u32(at)) * Co4 + output[j]];
            }
            // @unroll
            for (var i = 0u; i < ROWS; i++) {
              let xi = at * strideX + tapX[i];
              let inside = u32(xi) < params.W;
              let value = x[u32(select(0, start + xi, inside) * i32(params.Ci) + channel[i])];
              let left = select(vec4f(0.0), vec4f(value), inside);
              // @unroll
              for (var j = 0u; j < COLUMNS; j++) {
                sum[i * COLUMNS + j] = fma(left, right[j], sum[i * COLUMNS + j]);
              }
            }
          }
        }
        for (var at = u32(begin); at < u32(end); at++) {
          var right: array<vec4f, COLUMNS>;
          // @unroll
          for (var j = 0u; j < COLUMNS; j++) {
            right[j] = gy[(out + at) * Co4 + output[j]];
          }
          // @unroll
          for (var i = 0u; i < ROWS; i++) {
            let left = vec4f(x[u32((start + tapX[i]) * i32(params.Ci) + channel[i]) + at * params.strideX * params.Ci]);
            // @unroll
            for (var j = 0u; j < COLUMNS; j++) {
              sum[i * COLUMNS + j] = fma(left, right[j], sum[i * COLUMNS + j]);
            }
          }
        }
      }
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        // @unroll
        for (var j = 0u; j < COLUMNS; j++) {
          gw[(base + u * params.kw * channelsIn + place[i]) * Co4 + output[j]] = sum[i * COLUMNS + j];
        }
      }
    }
  }
}

// Sums of gy over the lines of split s, in the last row of its partial matrix.
@compute @workgroup_size(8)
fn bias(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let Co4 = params.Co / 4u;
  let number = id.x + id.y * groups.x * 8u;
  if (number >= params.splits * Co4) {
    return;
  }
  let o = number % Co4;
  let s = number / Co4;
  let first = s * params.linesPerSplit * params.Wo;
  let behind = min((s + 1u) * params.linesPerSplit, params.N * params.Ho) * params.Wo;
  var sum = vec4f(0.0);
  for (var at = first; at < behind; at++) {
    sum += gy[at * Co4 + o];
  }
  gw[(s * params.rowsPerSplit + params.rowsPerSplit - 1u) * Co4 + o] = sum;
}
