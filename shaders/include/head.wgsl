// The first 12 bits of a significand: products of two such numbers are exact.
fn head(v: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(v) & 0xfffff000u);
}
