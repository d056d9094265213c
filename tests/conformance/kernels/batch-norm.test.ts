import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchNorm, batchNormGradient, batchNormRunning, batchNormStatistics } from '../../../engine/kernels/batch-norm.ts';
import { expectAgreement } from './harness.ts';

const sizes = fc.record({
  rows: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 3000 })),
  channels: fc.oneof(fc.integer({ min: 1, max: 13 }), fc.constantFrom(4, 16, 64)),
});
/** Sums over rows are off by some last places of what is summed; ∂x, which their means enter, by no more than one row is. */
const ofGradient = (rows: number) => {
  const sums = { rtol: 1e-5, atol: 1e-7 * rows + 1e-5 };
  return { rtol: 1e-5, atol: 1e-5, byOutput: { ggamma: sums, gbeta: sums } };
};
const bit = fc.constantFrom<0 | 1>(0, 1);
const positive = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 0.1 + random());

describe('batch normalisation', () => {
  it('statistics agree with the reference', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer(), async (params, seed) => {
        await expectAgreement(batchNormStatistics, params, { seed, rtol: 2e-5, atol: 2e-6 });
      }),
      { numRuns: 25 },
    );
  });

  it('statistics survive a mean that is thousands of times the deviation', async () => {
    for (const channels of [3, 4]) {
      const x = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 10_000 + random());
      const { variance } = await expectAgreement(
        batchNormStatistics,
        { rows: 4000, channels },
        { contents: { x }, rtol: 2e-4, atol: 1e-4 },
      );
      for (const v of variance) expect(v).toBeCloseTo(1 / 12, 2);
    }
  });

  it('agrees where an invocation takes several blocks of rows, the last one broken off', async () => {
    // Enough for two blocks as on a GPU, eight on a software adapter; 32,771 is a prime.
    const shape = { rows: 32771, channels: 64, epsilon: 1e-5 };
    const options = { contents: { variance: positive }, rtol: 2e-5, atol: 2e-5 };
    await expectAgreement(batchNorm, { ...shape, relu: 1 }, options);
    await expectAgreement(batchNormGradient, { ...shape, training: 1, relu: 0 }, { ...options, ...ofGradient(shape.rows) });
  });

  it('the gradient passes a ReLU behind it only where it was open', async () => {
    // γ x̂ + β = x − 2.5, never near 0.
    const fixed = (value: number) => (count: number) => new Float64Array(count).fill(value);
    const x = (count: number, random: () => number) =>
      Float64Array.from({ length: count }, () => 2.5 + (random() < 0.4 ? -1 : 1) * (0.1 + random()));
    const contents = { x, mean: fixed(3), variance: fixed(1 - 1e-5), gamma: fixed(1), beta: fixed(0.5) };
    await fc.assert(
      fc.asyncProperty(sizes, bit, fc.integer(), async (params, training, seed) => {
        const options = { contents, seed, ...ofGradient(params.rows) };
        await expectAgreement(batchNormGradient, { ...params, epsilon: 1e-5, training, relu: 1 }, options);
      }),
      { numRuns: 15 },
    );
  });

  it('forward, running averages and gradients agree with the references', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, bit, bit, fc.integer(), async (params, relu, training, seed) => {
        const options = { contents: { variance: positive, runningVariance: positive }, seed, rtol: 2e-5, atol: 2e-5 };
        await expectAgreement(batchNorm, { ...params, epsilon: 1e-5, relu }, options);
        await expectAgreement(batchNormRunning, { ...params, momentum: 0.1 }, options);
        const gradient = { ...params, epsilon: 1e-5, training, relu: 0 as const };
        await expectAgreement(batchNormGradient, gradient, { ...options, ...ofGradient(params.rows) });
      }),
      { numRuns: 25 },
    );
  });
});
