// y_i = f(a_i, b_i) of integers with broadcasting, for one function f of two variables chosen by OPERATION (the switch folds away).
//
// i element of the output. An operand is read by its stride per output axis (0 where it is repeated): up to 8 axes, `outer` holds the
// first four extents, `inner` the last four, leading axes of extent 1. Sums and products wrap around modulo 2^32, as in PyTorch.
// `arithmetic` gives an integer, `comparison` 0 or 1 as a float, as comparisons of floats do.

override OPERATION: u32 = 0u;

const ADD = 0u;
const SUB = 1u;
const MUL = 2u;
const MAXIMUM = 3u;
const MINIMUM = 4u;
const GREATER = 5u;
const GREATER_EQUAL = 6u;
const LESS = 7u;
const LESS_EQUAL = 8u;
const EQUAL = 9u;
const NOT_EQUAL = 10u;

struct Params {
  count: u32,
  // @include include/operand-fields.wgsl
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<i32>;
@group(0) @binding(2) var<storage, read> b: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;
@group(0) @binding(4) var<storage, read_write> flags: array<f32>;

// @include include/operands.wgsl

@compute @workgroup_size(64)
fn arithmetic(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.count) {
    return;
  }
  let at = operandsOf(i);
  let u = a[at.x];
  let v = b[at.y];
  var result = u + v;
  switch OPERATION {
    case SUB: { result = u - v; }
    case MUL: { result = u * v; }
    case MAXIMUM: { result = max(u, v); }
    case MINIMUM: { result = min(u, v); }
    default: {}
  }
  y[i] = result;
}

@compute @workgroup_size(64)
fn comparison(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.count) {
    return;
  }
  let at = operandsOf(i);
  let u = a[at.x];
  let v = b[at.y];
  var holds = u == v;
  switch OPERATION {
    case GREATER: { holds = u > v; }
    case GREATER_EQUAL: { holds = u >= v; }
    case LESS: { holds = u < v; }
    case LESS_EQUAL: { holds = u <= v; }
    case NOT_EQUAL: { holds = u != v; }
    default: {}
  }
  flags[i] = select(0.0, 1.0, holds);
}
