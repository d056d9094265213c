// y[z,m,n] = Σ_k a[z,k,m] · b[z,k,n]
//
// z batch, m row, n column, k the axis that is summed over.
// The equation as it stands. One invocation computes one y[z,m,n]; every product costs two loads of one float.

struct Params {
  batch: u32,
  M: u32,
  N: u32,
  K: u32,
  aBatchStride: u32,
  bBatchStride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn naive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.x + id.y * groups.x * 64u;
  if (index >= params.batch * params.M * params.N) {
    return;
  }
  let n = index % params.N;
  let m = index / params.N % params.M;
  let z = index / (params.N * params.M);
  var sum = 0.0;
  for (var k = 0u; k < params.K; k++) {
    sum += a[z * params.aBatchStride + k * params.M + m] * b[z * params.bBatchStride + k * params.N + n];
  }
  y[index] = sum;
}
