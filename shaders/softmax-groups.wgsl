// Softmax along long rows: the equations of softmax.wgsl with a workgroup per row.
//
// n row, k class. 256 invocations share a row: neighbours read neighbouring classes, and meet in a tree in workgroup memory. For hardware
// only, where one invocation per row would leave the machine idle; on a software adapter one barrier costs eighty launches.

override LOGARITHM: bool = false;

struct Params {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> gy: array<f32>;
@group(0) @binding(4) var<storage, read> saved: array<f32>;
@group(0) @binding(5) var<storage, read_write> gx: array<f32>;

var<workgroup> scratch: array<f32, 256>;

fn greatest(v: f32, lane: u32) -> f32 {
  scratch[lane] = v;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width /= 2u) {
    if (lane < width) {
      scratch[lane] = max(scratch[lane], scratch[lane + width]);
    }
    workgroupBarrier();
  }
  let result = scratch[0];
  workgroupBarrier();
  return result;
}

fn total(v: f32, lane: u32) -> f32 {
  scratch[lane] = v;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width /= 2u) {
    if (lane < width) {
      scratch[lane] += scratch[lane + width];
    }
    workgroupBarrier();
  }
  let result = scratch[0];
  workgroupBarrier();
  return result;
}

// A NaN (told by its bits) is never lost to a comparison.
fn isNaN(v: f32) -> bool {
  return (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u;
}

// e^r - 1 for |r| <= 0.35 (Cephes).
fn expMinusOneNear0(r: f32) -> f32 {
  var p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  return p * r * r + r;
}

// 2^n v for a whole n, -252 <= n <= 254, in two steps, so that neither factor leaves the range. A whole number added to 1.5 · 2^23 stands
// in the last bits of the sum: cheaper than a conversion, which must saturate.
fn scaled(v: f32, n: f32) -> f32 {
  let whole = bitcast<u32>(n + 12582912.0);
  let half = bitcast<u32>(0.5 * n + 12582912.0);
  return v * bitcast<f32>((half << 23u) + 0x3f800000u) * bitcast<f32>(((whole - half) << 23u) + 0x3f800000u);
}

// e^v to 1 ulp, 0 and infinity where f32 ends: an adapter's own may be off by 3 + 2|v| ulp. e^v = 2^n e^r with n = round(v / ln 2).
fn exponential(v: f32) -> f32 {
  let x = select(select(v, 89.0, v > 89.0), -104.0, v < -104.0);
  let n = round(x * 1.4426950408889634);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  return select(scaled(1.0 + expMinusOneNear0(r), n), v, isNaN(v));
}

// ln v to 1 ulp (Cephes), -infinity at 0, NaN below: v = 2^n m with sqrt(1/2) <= m < sqrt(2). A subnormal number is its bits times 2^-149.
fn naturalLog(v: f32) -> f32 {
  let bits = bitcast<u32>(v);
  if (bits - 1u >= 0x7f7fffffu) {
    let magnitude = bits & 0x7fffffffu;
    let ending = select(0x7fc00000u | (bits & 1u), bits, bits == 0x7f800000u);
    return bitcast<f32>(select(ending, 0xff800000u | magnitude, magnitude == 0u));
  }
  let subnormal = bits < 0x800000u;
  let shifted = select(bits, bitcast<u32>(f32(bits)), subnormal) - 0x3f3504f3u;
  let n = f32((bitcast<i32>(shifted) >> 23u) - select(0, 149, subnormal));
  let r = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0;
  let z = r * r;
  var p = 7.0376836292e-2;
  p = p * r - 1.1514610310e-1;
  p = p * r + 1.1676998740e-1;
  p = p * r - 1.2420140846e-1;
  p = p * r + 1.4249322787e-1;
  p = p * r - 1.6668057665e-1;
  p = p * r + 2.0000714765e-1;
  p = p * r - 2.4999993993e-1;
  p = p * r + 3.3333331174e-1;
  return r + (p * r * z - 2.12194440e-4 * n - 0.5 * z) + 0.693359375 * n;
}

@compute @workgroup_size(256)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x + group.y * groups.x;
  let start = n * params.classes;
  let classes = select(0u, params.classes, n < params.rows);
  // An invocation without a class of its own repeats the last one.
  var m = x[min(n, params.rows - 1u) * params.classes + min(lane, params.classes - 1u)];
  for (var k = lane; k < classes; k += 256u) {
    m = max(m, x[start + k]);
  }
  m = greatest(m, lane);
  var sum = 0.0;
  for (var k = lane; k < classes; k += 256u) {
    sum += exponential(x[start + k] - m);
  }
  sum = total(sum, lane);
  let shift = naturalLog(sum);
  for (var k = lane; k < classes; k += 256u) {
    let v = x[start + k] - m;
    if (LOGARITHM) {
      y[start + k] = v - shift;
    } else {
      y[start + k] = exponential(v) / sum;
    }
  }
}

@compute @workgroup_size(256)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x + group.y * groups.x;
  let start = n * params.classes;
  let classes = select(0u, params.classes, n < params.rows);
  var sum = 0.0;
  for (var k = lane; k < classes; k += 256u) {
    if (LOGARITHM) {
      sum += gy[start + k];
    } else {
      sum += gy[start + k] * saved[start + k];
    }
  }
  sum = total(sum, lane);
  for (var k = lane; k < classes; k += 256u) {
    let g = gy[start + k];
    let s = saved[start + k];
    if (LOGARITHM) {
      gx[start + k] = g - exponential(s) * sum;
    } else {
      gx[start + k] = s * (g - sum);
    }
  }
}
