// A NaN (told by its bits) is never lost to a comparison.
fn isNaN4(v: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}
