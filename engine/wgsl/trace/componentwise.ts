/**
 * Built-in functions that work component by component, on JavaScript numbers. f32 results are rounded once from JavaScript's double
 * precision functions, but where WGSL gives a formula (fma, mix, smoothstep) each step of it is rounded: `fma` is not fused here.
 */
import { fromHalf, toHalf } from '../front/packing.ts';
import type { Scalar } from '../typed.ts';

const { fround, imul, abs, trunc, floor, min, max } = Math;

export type Componentwise = (a: number, b: number, c: number, d: number) => number;

const f32: Record<string, Componentwise> = {
  abs,
  acos: (x) => fround(Math.acos(x)),
  acosh: (x) => fround(Math.acosh(x)),
  asin: (x) => fround(Math.asin(x)),
  asinh: (x) => fround(Math.asinh(x)),
  atan: (x) => fround(Math.atan(x)),
  atan2: (y, x) => fround(Math.atan2(y, x)),
  atanh: (x) => fround(Math.atanh(x)),
  ceil: Math.ceil,
  clamp: (x, low, high) => min(max(x, low), high),
  cos: (x) => fround(Math.cos(x)),
  cosh: (x) => fround(Math.cosh(x)),
  degrees: (x) => fround(x * fround(180 / Math.PI)),
  exp: (x) => fround(Math.exp(x)),
  exp2: (x) => fround(2 ** x),
  floor,
  fma: (a, b, c) => fround(fround(a * b) + c),
  fract: (x) => fround(x - floor(x)),
  inverseSqrt: (x) => fround(1 / Math.sqrt(x)),
  ldexp: (x, e) => fround(x * 2 ** max(-300, min(300, e))),
  log: (x) => fround(Math.log(x)),
  log2: (x) => fround(Math.log2(x)),
  max: (a, b) => (a < b || Number.isNaN(a) ? b : a),
  min: (a, b) => (b < a || Number.isNaN(a) ? b : a),
  mix: (a, b, t) => fround(fround(a * fround(1 - t)) + fround(b * t)),
  pow: (x, y) => fround(power(x, y)),
  quantizeToF16: (x) => (abs(x) > 65504 ? Math.sign(x) * Number.POSITIVE_INFINITY : fromHalf(toHalf(x))),
  radians: (x) => fround(x * fround(Math.PI / 180)),
  round: (x) => roundToEven(x),
  saturate: (x) => min(max(x, 0), 1),
  sign: Math.sign,
  sin: (x) => fround(Math.sin(x)),
  sinh: (x) => fround(Math.sinh(x)),
  smoothstep: (low, high, x) => {
    const t = min(max(fround(fround(x - low) / fround(high - low)), 0), 1);
    return fround(fround(t * t) * fround(3 - fround(2 * t)));
  },
  sqrt: (x) => fround(Math.sqrt(x)),
  step: (edge, x) => (edge <= x ? 1 : 0),
  tan: (x) => fround(Math.tan(x)),
  tanh: (x) => fround(Math.tanh(x)),
  trunc,
};

/** WGSL's pow is exp2(y · log2 x): undefined below zero, where JavaScript knows integer exponents. */
function power(x: number, y: number): number {
  return x < 0 ? Number.NaN : x ** y;
}

function roundToEven(x: number): number {
  const down = floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? (Object.is(x, -0) ? x : down) : down + 1;
  return down % 2 === 0 ? down : down + 1;
}

/** Functions on the bits of a 32-bit integer, whatever its sign; results are brought into the type's range afterwards. */
const bits: Record<string, Componentwise> = {
  countLeadingZeros: (x) => Math.clz32(x),
  countOneBits: (x) => {
    let v = x - ((x >>> 1) & 0x55555555);
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
    return imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  },
  countTrailingZeros: (x) => (x === 0 ? 32 : 31 - Math.clz32(x & -x)),
  firstTrailingBit: (x) => (x === 0 ? -1 : 31 - Math.clz32(x & -x)),
  insertBits: (e, inserted, offset, count) => {
    const o = min(offset, 32);
    const c = min(count, 32 - o);
    if (c === 0) return e;
    const mask = (c === 32 ? -1 : (1 << c) - 1) << o;
    return (e & ~mask) | ((inserted << o) & mask);
  },
  reverseBits: (x) => {
    let v = x;
    let reversed = 0;
    for (let i = 0; i < 32; i++) {
      reversed = (reversed << 1) | (v & 1);
      v >>>= 1;
    }
    return reversed;
  },
  abs: (x) => abs(x),
  clamp: (x, low, high) => min(max(x, low), high),
  max: (a, b) => max(a, b),
  min: (a, b) => min(a, b),
  sign: Math.sign,
};

function extract(e: number, offset: number, count: number, signed: boolean): number {
  const o = min(offset, 32);
  const c = min(count, 32 - o);
  if (c === 0) return 0;
  const top = e << (32 - c - o);
  return signed ? top >> (32 - c) : top >>> (32 - c);
}

const i32: Record<string, Componentwise> = {
  ...wrapped(bits, (x) => x | 0),
  extractBits: (e, offset, count) => extract(e, offset, count, true),
  firstLeadingBit: (x) => (x === 0 || x === -1 ? -1 : 31 - Math.clz32(x < 0 ? ~x : x)),
};

const u32: Record<string, Componentwise> = {
  ...wrapped(bits, (x) => x >>> 0),
  extractBits: (e, offset, count) => extract(e, offset, count, false),
  firstLeadingBit: (x) => (x === 0 ? 0xffffffff : 31 - Math.clz32(x)),
};

function wrapped(functions: Record<string, Componentwise>, wrap: (x: number) => number): Record<string, Componentwise> {
  return Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, (a, b, c, d) => wrap(f(a, b, c, d))]));
}

const tables: Record<Scalar, Record<string, Componentwise>> = { f32, i32, u32, bool: {} };

/** The function for components of this type; undefined where the built-in does not work component by component. */
export function componentwise(name: string, scalar: Scalar): Componentwise | undefined {
  const table = tables[scalar];
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
