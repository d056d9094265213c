// y[i] = phi(Σ_s partials[s·stride + offset + i] + bias[i mod N]),   i < count
//
// s split, i element of the result. Adds what the splits of a long sum left, always in the same order, so results repeat bit
// for bit.

struct Params {
  count: u32,
  splits: u32,
  stride: u32,
  offset: u32,
  N: u32,
  slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;

// @include include/activation.wgsl

fn total(i: u32) -> f32 {
  var sum = 0.0;
  for (var s = 0u; s < params.splits; s++) {
    sum += partials[s * params.stride + params.offset + i];
  }
  return sum;
}

@compute @workgroup_size(64)
fn sum(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    y[i] = total(i);
  }
}

@compute @workgroup_size(64)
fn sumBiasActivate(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    var shift = 0.0;
    if (HAS_BIAS) {
      shift = bias[i % params.N];
    }
    y[i] = phi(total(i) + shift);
  }
}
