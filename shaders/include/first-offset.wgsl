// The first offset of the kernel that positions of a phase meet, or `period` where they meet none.
fn firstOffset(origin: i32, dilation: u32, stride: u32, period: u32) -> u32 {
  var first = 0u;
  while (first < period && (origin - i32(first * dilation)) % i32(stride) != 0) {
    first++;
  }
  return first;
}
