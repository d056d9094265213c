import fc from 'fast-check';
import { describe, it } from 'vitest';
import { layerNorm, layerNormGradient } from '../../../engine/kernels/layer-norm.ts';
import { expectAgreement } from './harness.ts';

const sizes = fc.oneof(
  fc.record({
    rows: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 600 })),
    features: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ rows: fc.integer({ min: 1, max: 20 }), features: fc.constantFrom(127, 128, 129, 300) }),
);
const positive = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 0.5 + random());

describe('layer normalisation', () => {
  it('forward and gradients agree with the references', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer(), async ({ rows, features }, seed) => {
        const params = { rows, features, epsilon: 1e-3 };
        const options = { contents: { inverse: positive }, seed, rtol: 1e-5, atol: 1e-5 };
        await expectAgreement(layerNorm, params, options);
        await expectAgreement(layerNormGradient, params, { ...options, atol: 5e-5 + 1e-7 * rows });
      }),
      { numRuns: 25 },
    );
  });
});
