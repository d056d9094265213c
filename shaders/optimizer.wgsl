// One step of an optimiser over a stretch of parameters, in place. All numbers that change from step to step are data in `hyper`, so that
// a recorded step can be replayed. Its length is fixed, so that its loads need no test of the index.
//
// p parameter, g gradient, b momentum, m and v first and second moment. i vector of four, j vector within an invocation: as many as the
// registers of a CPU hold, 4 for sgd, 2 with momentum, 1 for adam.
// `…Naive` takes the elements from `first` on. `…Vectors` takes all; or, where not GUARDED, whole workgroups without a test.
//
// sgd, momentum (PyTorch): hyper = [lr, momentum, 1 - dampening, nesterov, weightDecay, first]
//   g' = g + weightDecay p;  b = first ? g' : momentum b + (1 - dampening) g';  p -= lr (nesterov ? g' + momentum b : b)
// adam, both epsilon forms, coupled and decoupled decay:
//   hyper = [stepSize, beta1, 1 - beta1, beta2, 1 - beta2, rootCorrection, epsilon, weightDecay, shrink]
//   g' = g + weightDecay p;  m = beta1 m + (1 - beta1) g';  v = beta2 v + (1 - beta2) g'²
//   p = shrink p - stepSize m / (sqrt(v) rootCorrection + epsilon)

override GUARDED: bool = true;

struct Params {
  count: u32,
  first: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sgdHyper: array<f32, 6>;
@group(0) @binding(2) var<storage, read> adamHyper: array<f32, 9>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> p: array<f32>;
@group(0) @binding(5) var<storage, read_write> b: array<f32>;
@group(0) @binding(6) var<storage, read_write> m: array<f32>;
@group(0) @binding(7) var<storage, read_write> v: array<f32>;
@group(0) @binding(8) var<storage, read> g4: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> p4: array<vec4f>;
@group(0) @binding(10) var<storage, read_write> b4: array<vec4f>;
@group(0) @binding(11) var<storage, read_write> m4: array<vec4f>;
@group(0) @binding(12) var<storage, read_write> v4: array<vec4f>;

// Moments below 2^-126 become 0 on every device: adapters differ about subnormal numbers, which some compute at a hundredth of the speed.
// Told by the exponent's bits.
fn flushed(v: f32) -> f32 {
  return select(0.0, v, (bitcast<u32>(v) & 0x7f800000u) != 0u);
}

fn flushed4(v: vec4f) -> vec4f {
  return select(vec4f(), v, (bitcast<vec4u>(v) & vec4u(0x7f800000u)) != vec4u());
}

@compute @workgroup_size(256)
fn sgdNaive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = params.first + id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    p[i] -= sgdHyper[0] * (g[i] + sgdHyper[4] * p[i]);
  }
}

@compute @workgroup_size(256)
fn sgdVectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = (group.x + group.y * groups.x) * 1024u + lane;
  let count4 = (params.count + 3u) / 4u;
  let lr = sgdHyper[0];
  let weightDecay = sgdHyper[4];
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = start + j * 256u;
    if (!GUARDED || i < count4) {
      let old = p4[i];
      p4[i] = old - lr * (g4[i] + weightDecay * old);
    }
  }
}

@compute @workgroup_size(256)
fn momentumNaive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = params.first + id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    let gradient = g[i] + sgdHyper[4] * p[i];
    let momentum = flushed(select(sgdHyper[1] * b[i] + sgdHyper[2] * gradient, gradient, sgdHyper[5] != 0.0));
    b[i] = momentum;
    p[i] -= sgdHyper[0] * select(momentum, gradient + sgdHyper[1] * momentum, sgdHyper[3] != 0.0);
  }
}

@compute @workgroup_size(256)
fn momentumVectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = (group.x + group.y * groups.x) * 512u + lane;
  let count4 = (params.count + 3u) / 4u;
  let lr = sgdHyper[0];
  let decay = sgdHyper[1];
  let share = sgdHyper[2];
  let nesterov = sgdHyper[3] != 0.0;
  let weightDecay = sgdHyper[4];
  let first = sgdHyper[5] != 0.0;
  // @unroll
  for (var j = 0u; j < 2u; j++) {
    let i = start + j * 256u;
    if (!GUARDED || i < count4) {
      let old = p4[i];
      let gradient = g4[i] + weightDecay * old;
      let momentum = flushed4(select(decay * b4[i] + share * gradient, gradient, first));
      b4[i] = momentum;
      p4[i] = old - lr * select(momentum, gradient + decay * momentum, nesterov);
    }
  }
}

@compute @workgroup_size(256)
fn adamNaive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = params.first + id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    let gradient = g[i] + adamHyper[7] * p[i];
    m[i] = flushed(adamHyper[1] * m[i] + adamHyper[2] * gradient);
    v[i] = flushed(adamHyper[3] * v[i] + adamHyper[4] * gradient * gradient);
    p[i] = adamHyper[8] * p[i] - adamHyper[0] * m[i] / (sqrt(v[i]) * adamHyper[5] + adamHyper[6]);
  }
}

@compute @workgroup_size(256)
fn adamVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  let stepSize = adamHyper[0];
  let beta1 = adamHyper[1];
  let share1 = adamHyper[2];
  let beta2 = adamHyper[3];
  let share2 = adamHyper[4];
  let rootCorrection = adamHyper[5];
  let epsilon = adamHyper[6];
  let weightDecay = adamHyper[7];
  let shrink = adamHyper[8];
  if (!GUARDED || i < (params.count + 3u) / 4u) {
    let old = p4[i];
    let gradient = g4[i] + weightDecay * old;
    let first = flushed4(beta1 * m4[i] + share1 * gradient);
    m4[i] = first;
    let second = flushed4(beta2 * v4[i] + share2 * gradient * gradient);
    v4[i] = second;
    p4[i] = shrink * old - stepSize * first / (sqrt(second) * rootCorrection + epsilon);
  }
}
