var<workgroup> scratch: array<Sum, 256>;

// The sum over the 256 invocations of a workgroup, as a tree.
fn total(v: Sum, lane: u32) -> Sum {
  scratch[lane] = v;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width /= 2u) {
    if (lane < width) {
      scratch[lane] += scratch[lane + width];
    }
    workgroupBarrier();
  }
  let result = scratch[0];
  workgroupBarrier();
  return result;
}
