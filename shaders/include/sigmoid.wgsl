// @include exponential.wgsl

// exponential never sees a positive argument, so nothing overflows. To 3 ulp.
fn sigmoid(v: f32) -> f32 {
  let e = exponential(-abs(v));
  return select(e, 1.0, v >= 0.0) / (1.0 + e);
}
