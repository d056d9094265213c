/** Circular functions and their inverses in double precision, the same bits in every JavaScript engine: see exponential.ts. */
import { scaled, wholeParts } from './bits.ts';

/** ⌊2/π · 2^1216⌋: enough for every double. */
const TWO_OVER_PI = BigInt(
  `0x${
    'a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1d' +
    'eb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b' +
    '5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b' +
    '6bab'
  }`,
);
const TWO_OVER_PI_BITS = 1216;

/** π/2 in parts of 33 bits, so that multiples up to 2^20 of the first two are exact. */
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487959506e-21;

/** x = quarter·π/2 + rest (mod 2π) with |rest| ≤ π/4, for a finite x. */
function reduced(x: number): { readonly rest: number; readonly quarter: number } {
  if (Math.abs(x) < 800_000) {
    // Cody and Waite (1980).
    const n = Math.round(x * (2 / Math.PI));
    return { rest: x - n * HALF_PI_1 - n * HALF_PI_2 - n * HALF_PI_3, quarter: n & 3 };
  }
  // Payne and Hanek (1983) with whole numbers: x·2/π has `bits` binary digits behind the point.
  const { significand, exponent } = wholeParts(Math.abs(x));
  const bits = BigInt(TWO_OVER_PI_BITS - exponent);
  const turns = significand * TWO_OVER_PI;
  let quarter = turns >> bits;
  let fraction = turns - (quarter << bits);
  if (fraction >> (bits - 1n) === 1n) {
    quarter += 1n;
    fraction -= 1n << bits;
  }
  // 256 digits: more than any double comes near a multiple of π/2.
  const rest = scaled(Number(fraction >> (bits - 256n)), -256) * (Math.PI / 2);
  const q = Number(quarter & 3n);
  return x < 0 ? { rest: -rest, quarter: (4 - q) & 3 } : { rest, quarter: q };
}

function sinNear0(x: number): number {
  const z = x * x;
  const p =
    -0.16666666666666632 +
    z *
      (0.00833333333332249 +
        z * (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10))));
  return x + x * z * p;
}

function cosNear0(x: number): number {
  const z = x * x;
  const p =
    0.0416666666666666 +
    z *
      (-0.001388888888887411 +
        z * (2.480158728947673e-5 + z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 - z * 1.1359647557788195e-11))));
  const w = 1 - 0.5 * z;
  return w + (1 - w - 0.5 * z + z * z * p);
}

/** sin x for any x, to 2 ulp; NaN for ±∞. */
export function sin(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const { rest, quarter } = reduced(x);
  const y = quarter & 1 ? cosNear0(rest) : sinNear0(rest);
  return quarter & 2 ? -y : y;
}

/** cos x for any x, to 2 ulp; NaN for ±∞. */
export function cos(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const { rest, quarter } = reduced(x);
  const y = quarter & 1 ? -sinNear0(rest) : cosNear0(rest);
  return quarter & 2 ? -y : y;
}

/** tan x for any x, to 5 ulp; NaN for ±∞. */
export function tan(x: number): number {
  return sin(x) / cos(x);
}

const ATAN = [
  0.3333333333333293, -0.19999999999876483, 0.14285714272503466, -0.11111110405462356, 0.09090887133436507, -0.0769187620504483,
  0.06661073137387531, -0.058335701337905735, 0.049768779946159324, -0.036531572744216916, 0.016285820115365782,
];

/** Arc tangent of t in [0, 1]. */
function atanOfRatio(t: number): number {
  // About 1 where t is above tan π/8.
  const far = t > Math.SQRT2 - 1;
  const x = far ? (t - 1) / (t + 1) : t;
  const z = x * x;
  const series = x - x * z * ATAN.reduceRight((sum, coefficient) => sum * z + coefficient, 0);
  return far ? Math.PI / 4 + series : series;
}

/** The angle of the point (x, y) in (−π, π], with the edges of C: signed zeros and infinities count. To 4 ulp. */
export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const [a, b] = [Math.abs(y), Math.abs(x)];
  const ratio = a === b ? (a === 0 ? 0 : 1) : Math.min(a, b) / Math.max(a, b);
  const first = a > b ? Math.PI / 2 - atanOfRatio(ratio) : atanOfRatio(ratio);
  const angle = x < 0 || Object.is(x, -0) ? Math.PI - first : first;
  return y < 0 || Object.is(y, -0) ? -angle : angle;
}
