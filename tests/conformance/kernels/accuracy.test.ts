/** The error of every function of one variable, on each adapter, against double precision over its whole domain. */
import { describe, expect, it } from 'vitest';
import { runKernel } from '../../../engine/conformance/compare.ts';
import { type UnaryName, unaryKernels, unaryNames, unaryTable } from '../../../engine/kernels/unary.ts';
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
  if (size < SMALLEST_NORMAL * Math.max(1, Math.abs(x)) && got === 0) return 0;
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
