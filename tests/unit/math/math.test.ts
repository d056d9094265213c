/** The project's own elementary functions: against exact values, against the engine's own over whole domains, and bit for bit. */
import { describe, expect, it } from 'vitest';
import { atan2, cos, erf, erfc, exp, expm1, hypot, log, log1p, pow, sin, tan, tanh } from '../../../engine/math/index.ts';
import { checksums } from './checksums.ts';

const functions = { sin, cos, tan, exp, expm1, log, log1p, tanh, erf, erfc };
type Unary = keyof typeof functions;

/** Units in the last place by which `got` differs. */
function ulps(got: number, expected: number): number {
  if (Object.is(got, expected) || got === expected) return 0;
  const exponent = Math.floor(Math.log2(Math.max(Math.abs(expected), 2 ** -1022)));
  return Math.abs(got - expected) / 2 ** (exponent - 52);
}

/** Argument and value, computed with 400 bits (mpmath); the hardest to reduce is 6381956970095103·2^797. */
const EXACT: Readonly<Record<Unary, readonly (readonly [number, number])[]>> = {
  sin: [
    [1000000.0, -0.34999350217129294],
    [10000000000.0, -0.4875060250875107],
    [1e20, -0.6452512852657808],
    [1e22, -0.8522008497671888],
    [1.7976931348623157e308, 0.004961954789184062],
    [3.4028234663852886e38, -0.5218765233336585],
    [11.0, -0.9999902065507035],
    [355.0, -3.014435335948845e-5],
    [103993.0, -1.9129335778423752e-5],
    [5.319372648326541e255, 1.0],
    [-2.5, -0.5984721441039565],
  ],
  cos: [
    [1000000.0, 0.9367521275331447],
    [1e20, 0.7639704044417283],
    [3.4028234663852886e38, 0.8530210398303042],
    [11.0, 0.004425697988050785],
    [5.319372648326541e255, -4.687165924254628e-19],
    [1.5707963267948966, 6.123233995736766e-17],
  ],
  tan: [
    [1000000.0, -0.373624453987599],
    [1.5707963267948966, 1.633123935319537e16],
    [1e20, -0.8446024630198843],
    [0.1, 0.10033467208545055],
    [-3.0, 0.1425465430742778],
  ],
  exp: [
    [1.0, Math.E],
    [-1.0, 0.36787944117144233],
    [709.0, 8.218407461554972e307],
    [-745.0, 5e-324],
    [1e-9, 1.000000001],
    [-708.3, 2.450295530965988e-308],
    [0.1, 1.1051709180756477],
  ],
  expm1: [
    [1e-10, 1.00000000005e-10],
    [-1e-10, -9.999999999500001e-11],
    [0.3, 0.3498588075760031],
    [-0.35, -0.29531191028128656],
    [5.0, 147.4131591025766],
    [-40.0, -1.0],
  ],
  log: [
    [2.0, Math.LN2],
    [0.9999999, -1.0000000494736474e-7],
    [1.0000001, 9.999999505838704e-8],
    [5e-324, -744.4400719213812],
    [1e-310, -713.8013788281542],
    [1.7976931348623157e308, 709.782712893384],
    [0.5, -Math.LN2],
    [3.0, 1.0986122886681098],
  ],
  log1p: [
    [1e-12, 9.999999999995e-13],
    [-0.5, -Math.LN2],
    [0.001, 0.0009995003330835331],
    [5.0, 1.791759469228055],
    [-0.9999, -9.210340371976294],
  ],
  tanh: [
    [1e-8, 1e-8],
    [0.3, 0.2913126124515909],
    [-0.7, -0.6043677771171635],
    [5.0, 0.9999092042625951],
    [19.0, 0.9999999999999999],
  ],
  erf: [
    [1e-10, 1.1283791670955126e-10],
    [0.5, 0.5204998778130465],
    [1.0, 0.8427007929497149],
    [2.4, 0.999311486103355],
    [2.6, 0.9997639655834707],
    [4.0, 0.9999999845827421],
    [-1.5, -0.9661051464753108],
  ],
  erfc: [
    [0.5, 0.4795001221869535],
    [2.0, 0.004677734981047266],
    [2.49, 0.0004292878677339129],
    [2.51, 0.0003857054817242798],
    [5.0, 1.537459794428035e-12],
    [20.0, 5.395865611607901e-176],
    [26.0, 5.663192408856143e-296],
    [-1.0, 1.8427007929497148],
  ],
};

/** Bounds of the docstrings, in ulp. */
const BOUND: Readonly<Record<Unary, number>> = {
  sin: 2,
  cos: 2,
  tan: 5,
  exp: 1,
  expm1: 2,
  log: 1,
  log1p: 3,
  tanh: 4,
  erf: 9,
  erfc: 1e5,
};

describe.each(Object.keys(EXACT) as Unary[])('%s', (name) => {
  it('has the exact values', () => {
    for (const [x, y] of EXACT[name])
      expect(ulps(functions[name](x), y), `${name}(${x}) = ${functions[name](x)}, not ${y}`).toBeLessThanOrEqual(BOUND[name]);
  });

  it('passes NaN on', () => {
    expect(functions[name](Number.NaN)).toBeNaN();
  });

  const native = (Math as unknown as Record<string, (x: number) => number>)[name];
  if (!native) return;
  it('agrees with the engine over its whole domain', () => {
    let worst = { x: 0, off: 0 };
    for (let i = 0; i < 60_000; i++) {
      // Every magnitude, and every one near 1 densely.
      const size = i % 2 ? 2 ** ((i / 60_000) * 2096 - 1073) * (1 + (i % 97) / 97) : (i / 60_000) * 40;
      for (const x of [size, -size]) {
        const [got, expected] = [functions[name](x), native(x)];
        if (Number.isNaN(expected)) expect(got, `${name}(${x})`).toBeNaN();
        const off = ulps(got, expected);
        if (!(off <= worst.off)) worst = { x, off };
      }
    }
    // The engine's own is off by up to 1.
    expect(worst.off, `${name}(${worst.x})`).toBeLessThanOrEqual(BOUND[name] + 1);
  });
});

describe('edges', () => {
  const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;
  it('are those of IEEE 754', () => {
    expect([exp(-infinity), exp(infinity), exp(710), exp(-746), exp(0)]).toEqual([0, infinity, infinity, 0, 1]);
    expect([expm1(-infinity), log(0), log(infinity), log(1), log1p(0)]).toEqual([-1, -infinity, infinity, 0, 0]);
    expect([log(-1), log1p(-2), sin(infinity), cos(-infinity), tan(infinity)]).toEqual([nan, nan, nan, nan, nan]);
    expect([log1p(-1), tanh(infinity), tanh(-infinity), erf(infinity), erfc(-infinity)]).toEqual([-infinity, 1, -1, 1, 2]);
  });

  it('pow follows C: one base, zero exponent, signs, infinities', () => {
    for (const x of [nan, 0, -0, 1, -1, 2, -2, 0.5, -0.5, infinity, -infinity, 1e-310, -7]) {
      for (const y of [nan, 0, 1, -1, 2, 3, -3, 0.5, -0.5, 100, 101, -101, 65.5, infinity, -infinity, 1e300]) {
        const expected = x === 1 || y === 0 ? 1 : Math.abs(x) === 1 && Math.abs(y) === infinity ? 1 : x ** y;
        const got = pow(x, y);
        if (Number.isFinite(expected) && expected !== 0) expect(Math.abs(got / expected - 1), `${x}^${y}`).toBeLessThan(1e-13);
        else expect(got, `${x}^${y}`).toBe(expected);
      }
    }
    for (let i = 1; i < 5000; i++) {
      const [x, y] = [i / 700, ((i * 37) % 401) / 7 - 28];
      expect(Math.abs(pow(x, y) / x ** y - 1) * 2 ** 52).toBeLessThan(4 + Math.abs(y * Math.log(x)));
    }
    expect([pow(0.9, 1), pow(2, 10), pow(3, -2)]).toEqual([0.9, 1024, 1 / 9]);
  });

  it('hypot neither overflows nor underflows', () => {
    expect([hypot(3e300, 4e300), hypot(3e-320, 4e-320), hypot(), hypot(-5)]).toEqual([5e300, 5e-320, 0, 5]);
    expect([hypot(nan, infinity), hypot(nan, 1)]).toEqual([infinity, nan]);
  });

  it('atan2 agrees with the engine in every direction', () => {
    const ends = [0, -0, 1, -1, infinity, -infinity, 1e-300, -1e300, 0.3, nan];
    for (const y of ends) for (const x of ends) expect(ulps(atan2(y, x), Math.atan2(y, x)), `${y}, ${x}`).toBeLessThan(4);
    for (let i = 0; i < 20_000; i++) {
      const [y, x] = [Math.sin(i) * (i % 7), Math.cos(i * 1.3) * (i % 11)];
      expect(ulps(atan2(y, x), Math.atan2(y, x))).toBeLessThan(4);
    }
  });
});

it('gives these bits in every engine', () => {
  expect(checksums()).toEqual({
    exp: '7767c1bc',
    expm1: 'f83b7c1',
    log: 'b6b45ded',
    log1p: '1cefcaed',
    tanh: '25907151',
    sin: '5d7ca336',
    cos: '3ae1f52d',
    tan: 'c70c905a',
    erf: 'ef83e16a',
    erfc: '1da8bd3e',
    pow: '57b4a1e5',
    atan2: '6ae221b3',
    hypot: 'ba2c9aac',
    largeSin: '1ffb5ff',
  });
});
