/** Programs with planted faults. */
import { range, type TracedProgram, X, Y, zeros } from './program.ts';

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
