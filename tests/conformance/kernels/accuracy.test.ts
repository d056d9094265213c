/** The error of every function of one variable, on each adapter, against double precision over its whole domain. */
import { describe, expect, it } from 'vitest';
import { runKernel } from '../../../engine/conformance/compare.ts';
import { binaryKernels, binaryParams } from '../../../engine/kernels/binary.ts';
import { type UnaryName, unaryKernels, unaryNames, unaryTable } from '../../../engine/kernels/unary.ts';
import { atan2, pow } from '../../../engine/math/index.ts';
import { devices } from './harness.ts';

const SMALLEST_NORMAL = 2 ** -126;
const LARGEST = 3.4028234663852886e38;

/** Every `step`-th of all numbers in f32, both signs, and 65,536 between 0.5 and 30 and −30 and −0.5: where functions bend. */
function everywhere(step: number): Float32Array<ArrayBuffer> {
  const bits = Uint32Array.from({ length: Math.floor(2 ** 32 / step) }, (_, i) => i * step);
  const all = new Float32Array(bits.buffer).filter((x) => Number.isFinite(x));
  const dense = Float32Array.from({ length: 65536 }, (_, i) => (i % 2 ? 1 : -1) * (0.5 + i * 0.00045));
  // Near multiples of π/2, where sine, cosine or tangent vanish.
  const zeros = Float32Array.from({ length: 8192 }, (_, i) => (i % 2 ? 1 : -1) * i * (Math.PI / 2));
  return Float32Array.from([zeros, dense, all].flatMap((part) => [...part]));
}

/**
 * Distance in units in the last place of `expected`. Where it, or a factor of it beside x, is subnormal, it may be flushed to 0; what
 * overflows may be infinite.
 */
function ulps(got: number, expected: number, x: number): number {
  if (got === expected) return 0;
  const size = Math.abs(expected);
  if (size >= LARGEST * (1 - 2 ** -22) && (Math.abs(got) > LARGEST * (1 - 2 ** -20) || size === Number.POSITIVE_INFINITY)) {
    return got === Math.sign(expected) * Number.POSITIVE_INFINITY ? 0 : Math.abs(got - expected) / 2 ** 104;
  }
  // A device that keeps subnormal numbers keeps fewer bits of such a factor; never may it be farther off than the 0 of the others.
  if (size < SMALLEST_NORMAL * Math.max(1, Math.abs(x)) && Math.abs(got - expected) <= size) return 0;
  if (size < SMALLEST_NORMAL && Math.abs(got) <= SMALLEST_NORMAL) return 0;
  return Math.abs(got - expected) / 2 ** (Math.floor(Math.log2(Math.max(size, SMALLEST_NORMAL))) - 23);
}

const ALPHA: Partial<Record<UnaryName, readonly number[]>> = {
  powScalar: [2, 3, -1, 0.5, 2.5, -7.25, 9, 40.5],
  elu: [1],
  leakyRelu: [0.125],
  affine: [2],
};

describe.each(unaryNames)('%s', (name) => {
  const { f, ulps: bound = 1 } = unaryTable[name];
  it.each(ALPHA[name] ?? [-1.5])('stays within its bound for α = %s', { timeout: 60_000 }, async (alpha) => {
    const x = everywhere(25_013);
    const beta = name === 'affine' ? 0 : 2;
    for (const device of await devices()) {
      const params = { count: x.length, alpha, beta };
      const { y } = await runKernel(device, unaryKernels[name], { x, y: new Float32Array(x.length) }, params);
      let worst = { times: 0, x: 0, got: 0, expected: 0 };
      x.forEach((v, i) => {
        // An adapter may read a subnormal number as 0.
        if (v !== 0 && Math.abs(v) < SMALLEST_NORMAL) return;
        const [got, expected] = [y[i] as number, f(v, alpha, beta)];
        const times = Number.isNaN(expected) ? 0 : ulps(got, expected, v) / (typeof bound === 'number' ? bound : bound(v, alpha));
        if (!(times <= worst.times)) worst = { times, x: v, got, expected };
      });
      expect(worst.times, `${name}(${worst.x}) = ${worst.got}, not ${worst.expected}`).toBeLessThanOrEqual(1);
    }
  });
});

describe('functions of two variables', () => {
  const pairs = (a: (i: number) => number, b: (i: number) => number, length = 60_000) =>
    [Float32Array.from({ length }, (_, i) => a(i)), Float32Array.from({ length }, (_, i) => b(i))] as const;
  const spread = (i: number, by: number) => 2 ** (((i * by) % 200) - 100) * (1 + ((i * 0.61803) % 1));
  it.each([
    // Bases of all sizes with moderate exponents, and bases near 1 with exponents up to 20,000.
    [
      'pow',
      2,
      pairs(
        (i) => spread(i, 37),
        (i) => ((i * 0.0317) % 4) - 2,
      ),
    ],
    [
      'pow',
      2,
      pairs(
        (i) => 0.99 + ((i * 0.61803) % 1) * 0.02,
        (i) => ((i * 3.17) % 40_000) - 20_000,
      ),
    ],
    [
      'atan2',
      5,
      pairs(
        (i) => spread(i, 37) * (i % 2 ? 1 : -1),
        (i) => spread(i, 41) * (i % 3 ? 1 : -1),
      ),
    ],
    [
      'atan2',
      5,
      pairs(
        (i) => Math.sin(i),
        (i) => Math.cos(i * 1.7),
      ),
    ],
  ] as const)('%s stays within %i ulp', async (name, bound, [a, b]) => {
    const made = binaryParams([a.length], [a.length]);
    if (!made) throw new Error('shapes must broadcast');
    const f = name === 'pow' ? pow : atan2;
    for (const device of await devices()) {
      const { y } = await runKernel(device, binaryKernels[name], { a, b, y: new Float32Array(a.length) }, made.params);
      a.forEach((v, i) => {
        const [got, expected] = [y[i] as number, f(v, b[i] as number)];
        const off = ulps(got, expected, 1);
        if (!(off <= bound)) expect.fail(`${name}(${v}, ${b[i]}) = ${got}, not ${expected}: ${off} ulp`);
      });
    }
  });
});
