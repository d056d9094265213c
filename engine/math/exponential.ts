/**
 * Exponential functions, logarithms and powers in double precision from + − × ÷ √ alone, which IEEE 754 defines to the bit: the same
 * results in every JavaScript engine, where `Math.exp` and its like may differ in the last bits. Methods of fdlibm (Sun Microsystems
 * 1993). Errors are in units in the last place of the result (ulp), as the tests measure them.
 */
import { scaled, split } from './bits.ts';

/** ln 2 in two parts; whole multiples of the first up to 2^20 are exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** x·c/(2 − c), the part of e^x − 1 behind x, for |x| ≤ 0.35 (Remez: c = x − x²(P₁ + P₂x² + …) stands for x·coth). */
function beyondLinear(x: number): number {
  const t = x * x;
  const c =
    x -
    t *
      (0.16666666666666602 +
        t * (-0.0027777777777015593 + t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  return (x * c) / (2 - c);
}

/** eˣ, to 1 ulp. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  const n = Math.round(x * Math.LOG2E);
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  return scaled(1 - (low - beyondLinear(r) - high), n);
}

/** eˣ − 1 without cancellation, to 2 ulp. */
export function expm1(x: number): number {
  return Math.abs(x) < 0.34 ? x + beyondLinear(x) : exp(x) - 1;
}

/** ln x, to 1 ulp; −∞ at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const { significand, exponent } = split(x);
  const f = significand - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  return exponent * LN2_HIGH - (half - (s * (half + odd + even) + exponent * LN2_LOW) - f);
}

/** ln(1 + x) without cancellation, to 3 ulp (Kahan's correction of the rounding of 1 + x). */
export function log1p(x: number): number {
  const u = 1 + x;
  if (u === 1 || u === Number.POSITIVE_INFINITY) return x;
  return log(u) * (x / (u - 1));
}

/** tanh x, to 4 ulp. */
export function tanh(x: number): number {
  if (x === 0) return x;
  const a = Math.abs(x);
  if (a > 20) return Math.sign(x);
  const e = expm1(-2 * a);
  const y = -e / (2 + e);
  return x < 0 ? -y : y;
}

/** xⁿ by squaring for a whole n ≥ 0. */
function wholePower(x: number, n: number): number {
  let result = 1;
  for (let square = x, rest = n; rest > 0; rest = Math.floor(rest / 2), square *= square) if (rest % 2 === 1) result *= square;
  return result;
}

/**
 * x to the power y, with the edges of C and PyTorch: 1 for y = 0 and for x = 1 whatever the other is, NaN for a negative base with a
 * fractional exponent. Relative error below (4 + |y ln x|)·2⁻⁵² where the result is normal; small whole powers are products.
 */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const whole = Math.floor(y) === y;
  if (whole && Math.abs(y) <= 64) {
    const power = wholePower(x, Math.abs(y));
    return y < 0 ? 1 / power : power;
  }
  const odd = whole && Math.abs(y) % 2 === 1;
  const a = Math.abs(x);
  if (a === 1 && Math.abs(y) === Number.POSITIVE_INFINITY) return 1;
  if (x < 0 && !whole && a !== Number.POSITIVE_INFINITY) return Number.NaN;
  const power = exp(y * log(a));
  return (x < 0 || Object.is(x, -0)) && odd ? -power : power;
}

/** x², rounded once; `**` need not be. */
export const square = (x: number): number => x * x;

/** √Σ v², without overflow or underflow on the way. */
export function hypot(...values: number[]): number {
  const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  if (largest === 0 || largest === Number.POSITIVE_INFINITY || Number.isNaN(largest)) {
    return values.some((v) => Math.abs(v) === Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : largest;
  }
  return largest * Math.sqrt(values.reduce((sum, v) => sum + (v / largest) * (v / largest), 0));
}
