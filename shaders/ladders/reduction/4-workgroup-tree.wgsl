// partials[o, s] = ⊕ over the slice s of row o, for a contiguous reduced axis (inner = 1).
//
// o outer index, s slice, r index along the reduced axis.
// A workgroup per slice. Its 256 invocations read neighbouring elements, so a GPU fetches whole cache lines, and meet in
// a tree in workgroup memory. For GPUs.

// @include ../../include/reduction-operation.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

var<workgroup> totals: array<f32, 256>;

// @include ../../include/reduction-terms.wgsl

// What an invocation starts from: the neutral element of ⊕, or an element of the slice, which may occur twice in an extreme.
fn neutral(element: f32) -> f32 {
  switch OPERATION {
    case MAX, MIN: { return element; }
    case PRODUCT: { return 1.0; }
    default: { return 0.0; }
  }
}

@compute @workgroup_size(256)
fn tree(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * groups.x;
  let o = i / params.slices;
  let s = i % params.slices;
  let length = (params.reduce + params.slices - 1u) / params.slices;
  let start = o * params.reduce;
  let end = start + min(params.reduce, (s + 1u) * length);
  let busy = i < params.outer * params.slices;
  var total = vec2f(neutral(x[min(start + s * length, params.outer * params.reduce - 1u)]), 0.0);
  if (busy) {
    for (var r = start + s * length + lane; r < end; r += 256u) {
      total = accumulate(total, contribution(x[r]));
    }
  }
  totals[lane] = total.x;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width /= 2u) {
    if (lane < width) {
      totals[lane] = combine(totals[lane], totals[lane + width]);
    }
    workgroupBarrier();
  }
  if (busy && lane == 0u) {
    partials[i] = params.scale * totals[0];
  }
}
