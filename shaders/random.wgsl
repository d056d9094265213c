// Counter-based random numbers: element i of a draw comes from component i mod 4 of
//   PCG4D(i div 4, draw, stream, seed xor hash(step))            (Jarzynski and Olano, JCGT 9(3), 2020),
// the same bits as engine/kernels/pcg.ts. `state` holds [seed, stream, step, 0] and is data, so a recorded step can be replayed;
// `draw` numbers the draws within a step.
//
// uniform   y = low + (high - low) U,  U = (word >> 8) / 2^24
// normal    y = mean + std · sqrt(-2 ln U') cos 2πU, or sin for odd elements (Box and Muller), U' in (0, 1]
// bernoulli y = 1 where U < p, else 0
// dropout   y = x · scale where U >= p, else 0. The gradient is the same kernel applied to gy: the mask is computed again, not stored.
// dropoutChannels   the same with one U for each image and channel: element number n · channels + c of the draw; plane = elements of an image
//
// low, high: the two numbers of the distribution (mean and std, p and scale).
// i vector of four elements, j vector within an invocation.

override DISTRIBUTION: u32 = 0u;

const NORMAL = 1u;
const BERNOULLI = 2u;

struct Params {
  count: u32,
  draw: u32,
  low: f32,
  high: f32,
  channels: u32,
  plane: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> x4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y4: array<vec4f>;

fn pcg4d(counter: vec4u) -> vec4u {
  var v = counter * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}

fn pcgHash(value: u32) -> u32 {
  let word0 = value * 747796405u + 2891336453u;
  let word = ((word0 >> ((word0 >> 28u) + 4u)) ^ word0) * 277803737u;
  return (word >> 22u) ^ word;
}

// The words of the counter that a whole draw shares: stream, and seed xor hash(step).
fn drawKey() -> vec2u {
  return vec2u(state[1], state[0] ^ pcgHash(state[2]));
}

fn randomWords(i: u32, key: vec2u) -> vec4u {
  return pcg4d(vec4u(i, params.draw, key));
}

fn uniformOf(words: vec4u) -> vec4f {
  return vec4f(words >> vec4u(8u)) * 5.9604644775390625e-8;
}

// @include include/natural-log.wgsl

// (cos, sin) of 2πu for u in [0, 1), to 1e-7 (Cephes).
fn turn(u: f32) -> vec2f {
  let quarter = round(4.0 * u);
  let r = (4.0 * u - quarter) * 1.5707963267948966;
  let z = r * r;
  let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let turned = select(vec2f(c, s), vec2f(-s, c), (i32(quarter) & 1) == 1);
  return select(turned, -turned, (i32(quarter) & 2) == 2);
}

fn normalOf(words: vec4u) -> vec4f {
  let u = uniformOf(words);
  let near = sqrt(-2.0 * naturalLog(u.x + 5.9604644775390625e-8));
  let far = sqrt(-2.0 * naturalLog(u.z + 5.9604644775390625e-8));
  return vec4f(near * turn(u.y), far * turn(u.w));
}

// The factors of four elements: scale (in params.high) or 0.
fn keep(words: vec4u) -> vec4f {
  return select(vec4f(), vec4f(params.high), uniformOf(words) >= vec4f(params.low));
}

// The factor of element e where one number serves an image's whole channel.
fn keepChannel(e: u32) -> f32 {
  let number = (e / params.plane) * params.channels + e % params.channels;
  return keep(randomWords(number / 4u, drawKey()))[number % 4u];
}

fn drawn(words: vec4u) -> vec4f {
  switch DISTRIBUTION {
    case NORMAL: { return params.low + params.high * normalOf(words); }
    case BERNOULLI: { return select(vec4f(), vec4f(1.0), uniformOf(words) < vec4f(params.low)); }
    default: { return params.low + (params.high - params.low) * uniformOf(words); }
  }
}

// Past the end an invocation takes the last vector once more, so that no load branches, but does not store it.
@compute @workgroup_size(256)
fn draw(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = (group.x + group.y * groups.x) * 1024u + lane;
  let last = (params.count - 1u) / 4u;
  let key = drawKey();
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = min(start + j * 256u, last);
    if (start + j * 256u <= last) {
      y4[i] = drawn(randomWords(i, key));
    }
  }
}

@compute @workgroup_size(256)
fn dropoutNaive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    y[i] = x[i] * keep(randomWords(i / 4u, drawKey()))[i % 4u];
  }
}

@compute @workgroup_size(256)
fn dropoutVectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = (group.x + group.y * groups.x) * 1024u + lane;
  let last = (params.count - 1u) / 4u;
  let key = drawKey();
  // @unroll
  for (var j = 0u; j < 4u; j++) {
    let i = min(start + j * 256u, last);
    if (start + j * 256u <= last) {
      y4[i] = x4[i] * keep(randomWords(i, key));
    }
  }
}

@compute @workgroup_size(256)
fn channelsNaive(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 256u;
  if (i < params.count) {
    y[i] = x[i] * keepChannel(i);
  }
}

// channels is a multiple of 4: four channels of an image share one block of random words, which serves 8 pixels here.
@compute @workgroup_size(64)
fn channelsVectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let channels4 = params.channels / 4u;
  let pixels = params.plane / params.channels;
  let blocks = (pixels + 7u) / 8u;
  if (i >= (params.count / params.plane) * blocks * channels4) {
    return;
  }
  let c = i % channels4;
  let t = (i / channels4) % blocks;
  let n = i / (channels4 * blocks);
  let factor = keep(randomWords(n * channels4 + c, drawKey()));
  // @unroll
  for (var j = 0u; j < 8u; j++) {
    let at = (n * pixels + min(t + j * blocks, pixels - 1u)) * channels4 + c;
    y4[at] = x4[at] * factor;
  }
}
