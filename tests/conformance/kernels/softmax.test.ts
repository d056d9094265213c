import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossEntropy, logSoftmax, logSoftmaxGradient, softmax, softmaxGradient } from '../../../engine/kernels/softmax.ts';
import { expectAgreement } from './harness.ts';

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 130 }),
  classes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 129, 300)),
});
const wide = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 60 * random() - 30);
const small = (count: number, random: () => number) => Float64Array.from({ length: count }, () => -3 * random());

describe('softmax family', () => {
  it('agrees with the references', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer(), async (params, seed) => {
        const options = { contents: { x: wide, saved: small }, seed, rtol: 1e-5, atol: 2e-6 };
        await expectAgreement(softmax, params, options);
        await expectAgreement(logSoftmax, params, options);
        await expectAgreement(softmaxGradient, params, { ...options, atol: 1e-5 + 3e-7 * params.classes });
        await expectAgreement(logSoftmaxGradient, params, { ...options, atol: 1e-5 + 3e-7 * params.classes });
      }),
      { numRuns: 15 },
    );
  });

  it('stays finite for logits of any size', async () => {
    const contents = { x: (n: number) => Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1e30 : -1e30)) };
    const { y } = await expectAgreement(softmax, { rows: 2, classes: 3 }, { contents });
    expect([...y]).toEqual([1, 0, 0, 1, 0, 0]);
  });
});

describe('crossEntropy', () => {
  it('agrees with the reference', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(1, 0.25), fc.integer(), async (size, scale, seed) => {
        const params = { ...size, scale };
        const labels = (n: number, random: () => number) =>
          Int32Array.from({ length: n }, () => Math.floor(random() * params.classes));
        await expectAgreement(crossEntropy, params, { contents: { x: wide, labels }, seed, rtol: 5e-6, atol: 5e-6 });
      }),
      { numRuns: 20 },
    );
  });

  it('makes a row with an illegal label NaN, whatever its place', async () => {
    for (const classes of [8, 10]) {
      const labels = () => Int32Array.of(0, classes, 3, -1, 5);
      const { loss } = await expectAgreement(crossEntropy, { rows: 5, classes, scale: 1 }, { contents: { labels } });
      expect([...loss].map(Number.isNaN)).toEqual([false, true, false, true, false]);
    }
  });
});
