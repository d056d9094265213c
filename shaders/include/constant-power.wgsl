// @include power.wgsl

// The same for an exponent that is the same for all: a small whole power is a product.
fn constantPower(v: f32, e: f32) -> f32 {
  if (round(e) == e && abs(e) <= 8.0) {
    var product = 1.0;
    for (var k = 0; k < i32(abs(e)); k++) {
      product *= v;
    }
    return select(product, 1.0 / product, e < 0.0);
  }
  return power(v, e);
}
