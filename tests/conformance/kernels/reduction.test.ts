import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, argmin } from '../../../engine/kernels/arg-reduction.ts';
import { reductionKernels, reductionNames, reductionSteps } from '../../../engine/kernels/reduction.ts';
import { expectAgreement } from './harness.ts';

const boxes = fc.oneof(
  fc.record({
    outer: fc.integer({ min: 1, max: 9 }),
    reduce: fc.integer({ min: 1, max: 40 }),
    inner: fc.integer({ min: 1, max: 17 }),
  }),
  fc.record({
    outer: fc.constantFrom(1, 2, 3),
    reduce: fc.integer({ min: 100, max: 6000 }),
    inner: fc.constantFrom(1, 3, 4, 12),
  }),
  fc.record({ outer: fc.constant(1), reduce: fc.integer({ min: 1, max: 40_000 }), inner: fc.constant(1) }),
);
/** Ties occur. */
const coarse = (count: number, random: () => number) => Float64Array.from({ length: count }, () => Math.floor(50 * random()) / 8);
const nearOne = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 1 + 0.002 * (random() - 0.5));

describe.each(reductionNames)('%s', (name) => {
  it('agrees with its reference', async () => {
    await fc.assert(
      fc.asyncProperty(boxes, fc.integer(), async (params, seed) => {
        const contents = name === 'prod' ? { x: nearOne } : {};
        // Terms are below 4 in size; their sums keep all but some last places.
        const atol = 2 ** -22 * 4 * (name === 'mean' ? 1 : params.reduce);
        await expectAgreement(reductionKernels[name], params, {
          contents,
          seed,
          rtol: 2e-6,
          atol: name === 'prod' ? 1e-4 : atol,
        });
      }),
      { numRuns: 15 },
    );
  });
});

describe('extremes', () => {
  it('are NaN where an element is, wherever it stands', async () => {
    for (const [reduce, inner] of [
      [5, 1],
      [1024, 1],
      [1024, 4],
      [300, 3],
    ] as const) {
      for (const place of [0, 1, reduce - 1]) {
        const x = (count: number) =>
          Float32Array.from({ length: count }, (_, i) => (Math.floor(i / inner) % reduce === place ? Number.NaN : i % 7));
        for (const name of ['max', 'min'] as const) {
          const { y } = await expectAgreement(reductionKernels[name], { outer: 2, reduce, inner }, { contents: { x } });
          expect([...y].every(Number.isNaN)).toBe(true);
        }
      }
    }
  });
});

describe('argmax and argmin', () => {
  it('find the first extreme', async () => {
    await fc.assert(
      fc.asyncProperty(boxes, fc.integer(), async (params, seed) => {
        await expectAgreement(argmax, params, { contents: { x: coarse }, seed });
        await expectAgreement(argmin, params, { contents: { x: coarse }, seed });
      }),
      { numRuns: 15 },
    );
  });
});

describe('reductionSteps', () => {
  it('reduces any axes group by group', () => {
    expect(reductionSteps([2, 3, 4, 5], [1])).toEqual([{ outer: 2, reduce: 3, inner: 20 }]);
    expect(reductionSteps([2, 3, 4, 5], [0, 1, 2, 3])).toEqual([{ outer: 1, reduce: 120, inner: 1 }]);
    expect(reductionSteps([2, 3, 4, 5], [0, 1, 2])).toEqual([{ outer: 1, reduce: 24, inner: 5 }]);
    expect(reductionSteps([2, 3, 4, 5], [0, 2, 3])).toEqual([
      { outer: 6, reduce: 20, inner: 1 },
      { outer: 1, reduce: 2, inner: 3 },
    ]);
    expect(reductionSteps([2, 1, 3], [0, 2])).toEqual([{ outer: 1, reduce: 6, inner: 1 }]);
    expect(reductionSteps([1, 4], [0])).toEqual([]);
  });
});
