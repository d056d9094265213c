// @include is-nan.wgsl
// @include gaussian.wgsl

const SQRT_HALF = 0.7071067811865476;

// erf v for |v| < 1, to 3 ulp; a minimax polynomial in v².
fn erfNear0(v: f32) -> f32 {
  let z = v * v;
  var p = 7.88912265e-5;
  p = p * z - 8.02084221e-4;
  p = p * z + 5.18953544e-3;
  p = p * z - 2.68544446e-2;
  p = p * z + 1.12836002e-1;
  p = p * z - 3.76126271e-1;
  p = p * z + 1.12837917;
  return v * p;
}

// erfc a = 1 - erf a for a >= 1, to 6 ulp: e^(-a²) / a times a minimax polynomial in (a - 2) / (a + 2). 0 from 12 on.
fn erfTail(a: f32) -> f32 {
  let x = min(a, 12.0);
  let t = (x - 2.0) / (x + 2.0);
  var p = -9.0556463e-4;
  p = p * t + 1.0816878e-3;
  p = p * t + 4.8257715e-3;
  p = p * t - 7.5156254e-3;
  p = p * t - 2.8979762e-2;
  p = p * t + 1.2151508e-1;
  p = p * t - 2.038442e-1;
  p = p * t + 1.6721101e-1;
  p = p * t + 5.1079136e-1;
  return gaussian(x) * p / x;
}

// The standard normal distribution Φ(v) = (1 + erf(v / sqrt 2)) / 2, without cancellation where v < 0.
fn normalCdf(v: f32) -> f32 {
  let u = SQRT_HALF * v;
  let a = abs(u);
  let tail = 0.5 * erfTail(max(a, 1.0));
  return select(select(select(1.0 - tail, tail, v < 0.0), 0.5 + 0.5 * erfNear0(u), a < 1.0), v, isNaN(v));
}
