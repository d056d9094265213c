import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureKernels, measureNames } from '../../../engine/kernels/measures.ts';
import { sortRows } from '../../../engine/kernels/sort.ts';
import { expectAgreement } from './harness.ts';

const rows = fc.integer({ min: 1, max: 130 });
const length = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(63, 64, 65, 129, 784));
// Images: many pixels are exactly 0, none is negative.
const pixels = (count: number, random: () => number) => Float64Array.from({ length: count }, () => Math.max(0, 2 * random() - 1));

describe('measures', () => {
  it.each(measureNames)('%s agrees with its reference', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.record({ rows, length, p: fc.constantFrom(1, 2.5, 3, 5) }), fc.integer(), async (params, seed) => {
        const tolerance = { rtol: 2e-5, atol: 2e-5 };
        await expectAgreement(measureKernels[name], params, { contents: { u: pixels, h: pixels }, seed, ...tolerance });
        await expectAgreement(measureKernels[name], params, { seed, rtol: 1e-4, atol: 1e-4 });
      }),
      { numRuns: 6 },
    );
  });

  it('takes 0/0 as 0 and nothing as far from everything', async () => {
    const nothing = (count: number) => new Float64Array(count);
    for (const name of measureNames) {
      const { y } = await expectAgreement(
        measureKernels[name],
        { rows: 2, length: 5, p: 3 },
        { contents: { u: nothing, h: nothing } },
      );
      expect([...y]).toEqual(name === 'cosine' ? [1, 1] : [0, 0]);
    }
  });

  it('takes opposites and NaN as its reference does', async () => {
    const h = () => Float64Array.of(1, 2, 0, 3);
    const u = () => Float64Array.of(-1, -2, 0, -3, 1, Number.NaN, 0, 3);
    for (const name of measureNames) {
      const { y } = await expectAgreement(
        measureKernels[name],
        { rows: 2, length: 4, p: 3 },
        { contents: { u, h }, rtol: 1e-6, atol: 1e-6 },
      );
      expect(y[1]).toBeNaN();
      if (name === 'brayCurtis') expect(y[0]).toBe(Number.POSITIVE_INFINITY);
      if (name === 'canberra') expect(y[0]).toBe(3);
    }
  });

  it('stays exact over a million elements', async () => {
    const half = (count: number) => new Float64Array(count).fill(0.1);
    const contents = { u: half, h: (count: number) => new Float64Array(count) };
    const { y } = await expectAgreement(measureKernels.manhattan, { rows: 1, length: 1 << 20, p: 3 }, { contents, rtol: 1e-5 });
    expect(y[0]).toBeCloseTo(104857.6, 0);
  });
});

describe('sortRows', () => {
  it('agrees with the reference', async () => {
    await fc.assert(
      fc.asyncProperty(fc.record({ rows, length }), fc.integer(), async (params, seed) => {
        await expectAgreement(sortRows, params, { seed, rtol: 0, atol: 0 });
        await expectAgreement(sortRows, params, { contents: { x: pixels }, seed, rtol: 0, atol: 0 });
      }),
      { numRuns: 12 },
    );
  });

  it('sorts what is sorted already, either way', async () => {
    const rising = (count: number) => Float64Array.from({ length: count }, (_, i) => i);
    const falling = (count: number) => Float64Array.from({ length: count }, (_, i) => -i);
    for (const x of [rising, falling])
      await expectAgreement(sortRows, { rows: 1, length: 100 }, { contents: { x }, rtol: 0, atol: 0 });
  });
});
