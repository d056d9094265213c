// Softmax along long rows: the equations of softmax.wgsl with a workgroup per row.
//
// n row, k class. 256 invocations share a row: neighbours read neighbouring classes, and meet in a tree in workgroup memory. For GPUs,
// where one invocation per row would leave the machine idle.

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

alias Sum = f32;
// @include include/workgroup-total.wgsl

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

// @include include/exponential.wgsl
// @include include/natural-log.wgsl

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
