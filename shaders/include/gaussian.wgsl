// @include exponential.wgsl
// @include head.wgsl

// e^(-a²) for a >= 0, to 3 ulp; 0 from 12 on.
fn gaussian(a: f32) -> f32 {
  let x = select(a, 12.0, a > 12.0);
  return exponential(-head(x) * head(x)) * exponential((head(x) - x) * (head(x) + x));
}
