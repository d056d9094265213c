/** Programs without faults, and what they compute. */
import { range, type TracedProgram, X, Y, zeros } from './program.ts';

export const CLEAN: readonly TracedProgram[] = [
  {
    name: 'a tree of sums',
    source: `${X}
${Y}
var<workgroup> part: array<f32, 16>;
@compute @workgroup_size(16)
fn main(@builtin(local_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  part[id.x] = x[group.x * 16u + id.x];
  workgroupBarrier();
  for (var s = 8u; s > 0u; s >>= 1u) {
    if (id.x < s) {
      part[id.x] += part[id.x + s];
    }
    workgroupBarrier();
  }
  if (id.x == 0u) { y[group.x] = part[0]; }
}`,
    workgroups: [3, 1, 1],
    buffers: { x: range(48), y: zeros(3) },
    gives: { y: [120, 376, 632] },
  },
  {
    name: 'a tiled matrix product with tails',
    source: `struct Params { M: u32, N: u32, K: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
override T: u32 = 4u;
var<workgroup> left: array<f32, T * T>;
var<workgroup> right: array<f32, T * T>;
@compute @workgroup_size(T, T)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) at: vec3u) {
  var sum = 0.0;
  for (var k = 0u; k < params.K; k += T) {
    let inA = id.y < params.M && k + at.x < params.K;
    let inB = id.x < params.N && k + at.y < params.K;
    left[at.y * T + at.x] = 0.0;
    right[at.y * T + at.x] = 0.0;
    if (inA) { left[at.y * T + at.x] = a[id.y * params.K + k + at.x]; }
    if (inB) { right[at.y * T + at.x] = b[(k + at.y) * params.N + id.x]; }
    workgroupBarrier();
    for (var c = 0u; c < T; c++) {
      sum += left[at.y * T + c] * right[c * T + at.x];
    }
    workgroupBarrier();
  }
  if (id.x < params.N && id.y < params.M) {
    y[id.y * params.N + id.x] = sum;
  }
}`,
    workgroups: [2, 3, 1],
    uniform: { M: 5, N: 3, K: 2 },
    overrides: { T: 2 },
    buffers: { a: range(10), b: range(6), y: zeros(15) },
    gives: { y: [3, 4, 5, 9, 14, 19, 15, 24, 33, 21, 34, 47, 27, 44, 61] },
  },
  {
    name: 'a stencil with two buffers in turn, and a storage barrier between',
    source: `${Y}
@group(0) @binding(2) var<storage, read_write> z: array<f32>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  for (var step = 0u; step < 2u; step++) {
    z[i] = y[(i + 1u) % 4u] + y[i];
    storageBarrier();
    y[i] = z[(i + 3u) % 4u];
    storageBarrier();
  }
}`,
    buffers: { y: Float32Array.of(1, 2, 3, 4), z: zeros(4) },
    gives: { y: [12, 8, 8, 12] },
  },
  {
    name: 'quad operations, pointers, structs, switch, and loops left in the middle',
    source: `enable subgroups;
diagnostic(off, subgroup_uniformity);
${X}
${Y}
struct Pair { first: f32, rest: array<vec2f, 2> }
fn add(p: ptr<function, Pair>, v: f32) {
  (*p).first += v;
  (*p).rest[1].y = (*p).first;
}
fn pick(i: u32) -> f32 {
  switch i % 3u {
    case 0u: { return 10.0; }
    case 1u, 5u: { return 20.0; }
    default: { return 30.0; }
  }
}
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) i: u32) {
  var pair = Pair(1.0, array<vec2f, 2>(vec2f(1.0, 2.0), vec2f(3.0, 4.0)));
  add(&pair, x[i]);
  var k = 0u;
  loop {
    if (k == 3u) { continue; }
    k += 0u;
    continuing {
      k++;
      break if k > 4u;
    }
  }
  y[i] = quadSwapX(pair.rest[1].y) + quadSwapDiagonal(pick(i)) + f32(k);
}`,
    buffers: { x: range(8), y: zeros(8) },
    // 1 + x of the neighbour in x, pick of the one across, and 5.
    gives: { y: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => 1 + (i ^ 1) + 10 * (1 + ((i ^ 3) % 3)) + 5) },
  },
  {
    name: 'private variables begin anew in each invocation',
    source: `${Y}
var<private> count = 3.0;
var<private> seen: array<f32, 2> = array<f32, 2>(1.0, 2.0);
fn bump() -> f32 { count += 1.0; seen[1] += count; return seen[1]; }
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = bump() + bump();
}`,
    workgroups: [2, 1, 1],
    buffers: { y: zeros(8) },
    gives: { y: new Array(8).fill(6 + 11) },
  },
  {
    name: 'operands of a barrier inside an expression',
    source: `${X}
${Y}
var<workgroup> best: f32;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  if (i == 2u) { best = x[i]; }
  let old = y[i];
  y[i] = x[i] + workgroupUniformLoad(&best) * old;
  if (workgroupUniformLoad(&best) > 1.0 && x[2] < 0.0) { y[i] += 100.0; }
}`,
    buffers: { x: range(4), y: Float32Array.of(1, 1, 1, 1) },
    gives: { y: [2, 3, 4, 5] },
  },
];
