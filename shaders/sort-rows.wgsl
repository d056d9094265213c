// y[n, ·] = x[n, ·] in rising order, every NaN behind +infinity, as in PyTorch and NumPy.
//
// n row, length elements a row. One invocation per row: a heap sort in place (Williams 1964) takes about 2 L log2 L steps for any input and no
// memory beside the row. Rows are what there are many of here: thousands of images, hundreds of pixels each.
//
// Sorted are whole numbers in the order of the floats, for WGSL leaves open what a comparison makes of a NaN: the bits of a positive number
// rise with it and those of a negative one fall, so these are turned over and those put above them.

struct Params {
  rows: u32,
  length: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

const QUIET_NAN = 0x7fc00000u;

fn keyOf(bits: u32) -> u32 {
  let isNaN = (bits & 0x7fffffffu) > 0x7f800000u;
  return select(select(bits | 0x80000000u, ~bits, bits >> 31u == 1u), QUIET_NAN | 0x80000000u, isNaN);
}

fn bitsOf(key: u32) -> u32 {
  return select(~key, key & 0x7fffffffu, key >> 31u == 1u);
}

// Lets the element at `first` sink until no child of it is greater; the heap ends before `end`.
fn sink(start: u32, first: u32, end: u32) {
  let v = y[start + first];
  var root = first;
  for (var child = 2u * root + 1u; child < end; child = 2u * root + 1u) {
    if (child + 1u < end) {
      if (y[start + child] < y[start + child + 1u]) {
        child++;
      }
    }
    if (v >= y[start + child]) {
      break;
    }
    y[start + root] = y[start + child];
    root = child;
  }
  y[start + root] = v;
}

@compute @workgroup_size(64)
fn heap(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.y * groups.x * 64u;
  if (n >= params.rows) {
    return;
  }
  let start = n * params.length;
  for (var i = 0u; i < params.length; i++) {
    y[start + i] = keyOf(x[start + i]);
  }
  for (var i = params.length / 2u; i > 0u; i--) {
    sink(start, i - 1u, params.length);
  }
  for (var end = params.length - 1u; end > 0u; end--) {
    let greatest = y[start];
    y[start] = y[start + end];
    y[start + end] = greatest;
    sink(start, 0u, end);
  }
  for (var i = 0u; i < params.length; i++) {
    y[start + i] = bitsOf(y[start + i]);
  }
}
