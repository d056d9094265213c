/**
 * Programs with planted faults and programs without. A line that must be reported ends in `// <kind>`; every other line must not be,
 * hints aside.
 */

export interface TracedProgram {
  readonly name: string;
  readonly source: string;
  readonly workgroups?: readonly [number, number, number];
  readonly buffers: Readonly<Record<string, Float32Array | Int32Array | Uint32Array>>;
  readonly uniform?: Readonly<Record<string, unknown>>;
  readonly overrides?: Readonly<Record<string, number | boolean>>;
  /** Words of the message of the first finding. */
  readonly says?: readonly string[];
  /** What a clean program must compute, by buffer. */
  readonly gives?: Readonly<Record<string, readonly number[]>>;
}

const range = (n: number) => Float32Array.from({ length: n }, (_, i) => i);
const zeros = (n: number) => new Float32Array(n);

const X = '@group(0) @binding(0) var<storage, read> x: array<f32>;';
const Y = '@group(0) @binding(1) var<storage, read_write> y: array<f32>;';

export const FAULTY: readonly TracedProgram[] = [
  {
    name: 'a neighbour past the end',
    source: `${X}
${Y}
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = x[id.x] + x[id.x + 1u]; // out-of-bounds
}`,
    buffers: { x: range(8), y: zeros(8) },
    says: ['x[8], but x has 8 elements (0…7), in invocation (7, 0, 0)'],
  },
  {
    name: 'an index below zero, signed and unsigned',
    source: `${X}
${Y}
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = i32(id.x);
  y[id.x] = x[i - 1]; // out-of-bounds
  y[id.x] += x[id.x - 2u]; // out-of-bounds
}`,
    buffers: { x: range(4), y: zeros(4) },
    says: ['x[-1], but x has 4 elements', '(0, 0, 0)'],
  },
  {
    name: 'arrayLength as an index',
    source: `${X}
${Y}
@compute @workgroup_size(1)
fn main() {
  for (var i = 0u; i <= arrayLength(&x); i++) {
    y[0] += x[i]; // out-of-bounds
  }
}`,
    buffers: { x: range(5), y: zeros(1) },
    says: ['x[5], but x has 5 elements'],
  },
  {
    name: 'a guard by the wrong array',
    source: `${X}
${Y}
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&x)) {
    y[id.x] = x[id.x]; // out-of-bounds
  }
}`,
    buffers: { x: range(8), y: zeros(6) },
    says: ['y[6], but y has 6 elements', '(6, 0, 0)'],
  },
  {
    name: 'a private array, a workgroup array, a vector and a row of a matrix by name',
    source: `${Y}
struct Row { cells: array<vec4f, 3> }
var<private> table: array<f32, 4>;
var<workgroup> tile: array<array<f32, 4>, 2>;
@compute @workgroup_size(1)
fn main() {
  var row: Row;
  row.cells[1] = vec4f(1.0);
  let n = arrayLength(&y);
  table[n] = 1.0; // out-of-bounds
  tile[1][n] = 2.0; // out-of-bounds
  tile[n - 2u][0] = 2.0; // out-of-bounds
  row.cells[1][n] = 3.0; // out-of-bounds
  y[0] = row.cells[1].x;
}`,
    buffers: { y: zeros(4) },
    says: ['table[4], but table has 4 elements'],
  },
  {
    name: 'a reduction without its barrier',
    source: `${X}
${Y}
var<workgroup> part: array<f32, 16>;
@compute @workgroup_size(16)
fn main(@builtin(local_invocation_id) id: vec3u) {
  part[id.x] = x[id.x];
  workgroupBarrier();
  for (var s = 8u; s > 0u; s >>= 1u) {
    if (id.x < s) {
      part[id.x] += part[id.x + s]; // race
    }
  }
  if (id.x == 0u) { y[0] = part[0]; }
}`,
    buffers: { x: range(16), y: zeros(1) },
    says: ['part[1]', 'no workgroupBarrier() lies between'],
  },
  {
    name: 'a tile read before it is full: both lines',
    source: `${X}
${Y}
var<workgroup> tile: array<f32, 8>;
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) i: u32) {
  tile[i] = x[i]; // race
  y[i] = tile[7u - i]; // race
}`,
    buffers: { x: range(8), y: zeros(8) },
    says: ['tile', 'workgroupBarrier()'],
  },
  {
    name: 'a tile overwritten while it is still read: the second barrier of the loop is missing',
    source: `${X}
${Y}
var<workgroup> tile: array<f32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  var sum = 0.0;
  for (var k = 0u; k < 8u; k += 4u) {
    tile[i] = x[k + i]; // race
    workgroupBarrier();
    for (var c = 0u; c < 4u; c++) {
      sum += tile[c]; // race
    }
  }
  y[i] = sum;
}`,
    buffers: { x: range(8), y: zeros(4) },
  },
  {
    name: 'two workgroups that add to one element',
    source: `${X}
${Y}
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  y[id.x % 4u] += x[id.x]; // race
}`,
    workgroups: [2, 1, 1],
    buffers: { x: range(8), y: zeros(4) },
    says: ['y[0]', 'two workgroups', '(4, 0, 0)'],
  },
  {
    name: 'a stencil in place across workgroups',
    source: `${Y}
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) n: vec3u) {
  let right = y[min(id.x + 1u, n.x - 1u)]; // race
  y[id.x] = y[id.x] + right; // race
}`,
    workgroups: [5, 1, 1],
    buffers: { y: range(5) },
  },
  {
    name: 'storage memory behind the wrong barrier',
    source: `${Y}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  y[i] = f32(i); // race
  workgroupBarrier();
  y[4u + i] = y[3u - i]; // race
}`,
    buffers: { y: zeros(8) },
    says: ['workgroupBarrier() orders workgroup memory only', 'storageBarrier()'],
  },
  {
    name: 'two components of one vector',
    source: `@group(0) @binding(0) var<storage, read_write> v: array<vec2f>;
@compute @workgroup_size(2)
fn main(@builtin(local_invocation_index) i: u32) {
  v[0][i] = 1.0; // race
}`,
    buffers: { v: zeros(2) },
    says: ['v[0]'],
  },
  {
    name: 'a barrier after an early return',
    source: `${X}
${Y}
var<workgroup> tile: array<f32, 8>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (x[id.x] > 4.0) {
    return;
  }
  tile[id.x] = x[id.x];
  workgroupBarrier(); // divergent-barrier
  y[id.x] = tile[id.x];
}`,
    buffers: { x: range(8), y: zeros(8) },
    says: ['workgroupBarrier() is reached by 5 of the 8', '(5, 0, 0), which has returned at line 7'],
  },
  {
    name: 'a barrier in one branch',
    source: `${X}
${Y}
var<workgroup> tile: array<f32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  tile[i] = x[i];
  if (x[i] < 2.0) {
    workgroupBarrier(); // divergent-barrier
  }
  workgroupBarrier();
  y[i] = tile[i];
}`,
    buffers: { x: range(4), y: zeros(4) },
    says: ['by 2 of the 4', 'waits at workgroupBarrier() in line 10'],
  },
  {
    name: 'loops of different length around a barrier, in a function',
    source: `${X}
${Y}
var<workgroup> sum: array<f32, 4>;
fn turn(i: u32) {
  sum[i] += 1.0;
  workgroupBarrier(); // divergent-barrier
}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  for (var k = 0u; k < u32(x[i]); k++) {
    turn(i);
  }
  y[i] = sum[i];
}`,
    buffers: { x: Float32Array.of(2, 2, 3, 2), y: zeros(4) },
  },
  {
    name: 'a while that does not count',
    source: `${Y}
@compute @workgroup_size(1)
fn main() {
  var i = 0u;
  while (i < 10u) { // step-budget
    y[0] += 1.0;
  }
}`,
    buffers: { y: zeros(1) },
    says: ['does it ever end?'],
  },
  {
    name: 'an outer loop whose counter the inner one resets',
    source: `${Y}
@compute @workgroup_size(1)
fn main() {
  var i = 0u;
  loop { // step-budget
    if (i == 5u) { break; }
    for (i = 0u; i < 3u; i++) {
      y[0] += 1.0;
    }
  }
}`,
    buffers: { y: zeros(1) },
  },
  {
    name: 'an endless loop with barriers',
    source: `${Y}
var<workgroup> count: u32;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  loop { // step-budget
    if (i == 0u) { count += 2u; }
    workgroupBarrier();
    let seen = workgroupUniformLoad(&count);
    if (seen == 7u) { break; }
  }
  y[i] = 1.0;
}`,
    buffers: { y: zeros(4) },
  },
  {
    name: 'a quotient and a remainder by zero',
    source: `@group(0) @binding(0) var<storage, read> n: array<u32>;
${Y}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  y[i] = f32(i / n[i]); // division-by-zero
  y[i] += f32(i32(i) % i32(n[i])); // division-by-zero
}`,
    buffers: { n: Uint32Array.of(1, 2, 0, 4), y: zeros(4) },
    says: ['2 / 0', '(2, 0, 0)'],
  },
  {
    name: 'the first of many NaN',
    source: `${X}
${Y}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  let d = x[i] - 2.0;
  let q = d / d; // nan
  y[i] = q * 2.0 + exp(q);
}`,
    buffers: { x: range(4), y: zeros(4) },
    says: ['0 / 0 is NaN, in invocation (2, 0, 0)'],
  },
  {
    name: 'a root and a logarithm of a negative number',
    source: `${X}
${Y}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  y[i] = sqrt(x[i] - 1.0); // nan
  y[i] += log(x[i] - 1.5); // nan
  y[i] += dot(vec2f(x[i] / 0.0, 1.0), vec2f(0.0, 1.0)); // nan
}`,
    buffers: { x: range(4), y: zeros(4) },
    says: ['sqrt(-1) is NaN'],
  },
  {
    name: 'an accumulator, a private array and a tile that nobody wrote',
    source: `${X}
${Y}
var<workgroup> tile: array<f32, 8>;
var<private> table: array<f32, 4>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  var sum: f32;
  sum += x[i]; // read-before-write
  table[0] = sum;
  tile[i] = table[0];
  workgroupBarrier();
  y[i] = tile[i + 4u]; // read-before-write
  y[i] += table[i]; // read-before-write
}`,
    buffers: { x: range(4), y: zeros(4) },
    says: ['sum is read in invocation (0, 0, 0) before anything was written to it'],
  },
  {
    name: 'a quad operation that half of a quad leaves',
    source: `enable subgroups;
diagnostic(off, subgroup_uniformity);
${X}
${Y}
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) {
  if (i < 2u) {
    y[i] = quadSwapY(x[i]); // divergent-barrier
  }
}`,
    buffers: { x: range(4), y: zeros(4) },
    says: ['quadSwapY()'],
  },
];

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
