/** The error function in double precision, the same bits in every JavaScript engine: see exponential.ts. */
import { exp } from './exponential.ts';

/** √π */
const SQRT_PI = 1.7724538509055159;
/** From here on the continued fraction needs fewer terms than the series. */
const TAIL = 2.5;

/** 2/√π e^{−a²} Σ_n 2ⁿ a^{2n+1} / (2n+1)!! for 0 ≤ a < 2.5: every term is positive, so nothing cancels (Abramowitz & Stegun 7.1.6). */
function series(a: number): number {
  let term = a;
  let sum = a;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * a * a) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * exp(-a * a) * sum;
}

/** erfc a for a ≥ 2.5: e^{−a²}/√π · 1/(a + ½/(a + 1/(a + 3⁄2/(a + …)))) (Abramowitz & Stegun 7.1.14). */
function tail(a: number): number {
  if (a > 27.3) return 0;
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return exp(-a * a) / (SQRT_PI * fraction);
}

/** erf x = 2/√π ∫₀ˣ e^{−t²} dt, to 1e-15. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x) || a === 0) return x;
  const y = a < TAIL ? series(a) : 1 - tail(a);
  return x < 0 ? -y : y;
}

/** 1 − erf x, to a relative 1e-11 (a relative |x|²·1e-15 far out). */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  const upper = a < TAIL ? 1 - series(a) : tail(a);
  return x < 0 ? 2 - upper : upper;
}
