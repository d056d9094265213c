// @include is-nan.wgsl
// @include exponential-parts.wgsl

// e^v to 1 ulp, 0 and infinity where f32 ends: an adapter's own may be off by 3 + 2|v| ulp. e^v = 2^n e^r with n = round(v / ln 2).
fn exponential(v: f32) -> f32 {
  let x = select(select(v, 89.0, v > 89.0), -104.0, v < -104.0);
  let n = round(x * 1.4426950408889634);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  return select(scaled(1.0 + expMinusOneNear0(r), n), v, isNaN(v));
}
