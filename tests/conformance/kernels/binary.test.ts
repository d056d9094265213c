import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryKernels, binaryNames, binaryParams, where, whereParams } from '../../../engine/kernels/binary.ts';
import { expectAgreement } from './harness.ts';

/** Two shapes that broadcast: a common shape with some axes set to 1 or left out. */
const broadcastable = fc
  .array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 })
  .chain((shape) =>
    fc.tuple(fc.constant(shape), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), fc.nat(shape.length), fc.boolean()),
  )
  .map(([shape, ones, cut, swap]): [number[], number[]] => {
    const a = shape.map((n, d) => (ones[d] ? 1 : n));
    const b = shape.map((n, d) => (ones[6 + d] ? 1 : n)).slice(cut);
    return swap ? [b, a] : [a, b];
  });

/** What the fast variant covers: whole, scalar, row and column operands of any width. */
const layers = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(3), fc.nat(3))
  .map(([rows, columns, m, n]) => {
    const modes = [[rows, columns], [1], [columns], [rows, 1]] as const;
    return [[...(modes[m] as readonly number[])], [...(modes[n] as readonly number[])]] as [number[], number[]];
  });

const positive = (count: number, random: () => number) => Float64Array.from({ length: count }, () => 0.1 + 2 * random());
/** Few distinct values, so that ties occur. */
const coarse = (count: number, random: () => number) => Float64Array.from({ length: count }, () => Math.floor(5 * random()) - 2);

describe.each(binaryNames)('%s', (name) => {
  it('agrees with its reference for every broadcast', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(broadcastable, layers), fc.integer(), async ([shapeA, shapeB], seed) => {
        const made = binaryParams(shapeA, shapeB, 0.75, -1.5);
        if (!made) throw new Error('shapes must broadcast');
        const make = name.startsWith('pow') || name === 'div' ? positive : coarse;
        await expectAgreement(binaryKernels[name], made.params, { contents: { a: make, b: make }, seed, rtol: 2e-5, atol: 2e-6 });
      }),
      // Every pair of broadcasts is its own pipeline: most functions see a few, the asymmetric one many.
      { numRuns: name === 'sub' ? 40 : 5 },
    );
  });
});

describe('maximum and minimum', () => {
  it('keep a NaN of either side', async () => {
    const made = binaryParams([4], [4]);
    const contents = { a: () => [Number.NaN, 1, Number.NaN, 2], b: () => [1, Number.NaN, Number.NaN, 3] };
    for (const name of ['maximum', 'minimum'] as const) {
      const { y } = await expectAgreement(binaryKernels[name], made?.params as NonNullable<typeof made>['params'], { contents });
      expect([...y].map(Number.isNaN)).toEqual([true, true, true, false]);
    }
  });
});

describe('where', () => {
  it('agrees with its reference for every broadcast', async () => {
    await fc.assert(
      fc.asyncProperty(broadcastable, fc.integer(), async ([shapeA, shapeB], seed) => {
        const made = whereParams(shapeB, shapeA, seed % 2 ? shapeB : [1]);
        if (!made) throw new Error('shapes must broadcast');
        await expectAgreement(where, made.params, { contents: { mask: coarse }, seed });
      }),
      { numRuns: 12 },
    );
    const same = whereParams([5, 7], [5, 7], [5, 7]);
    await expectAgreement(where, same?.params as NonNullable<typeof same>['params'], { contents: { mask: coarse } });
  });
});

describe('broadcasting', () => {
  it('merges axes and refuses shapes that do not match', () => {
    expect(binaryParams([2, 3, 4], [4])?.params.shape).toEqual([6, 4]);
    expect(binaryParams([2, 3, 4], [2, 3, 4])?.params.shape).toEqual([24]);
    expect(binaryParams([3, 1, 7], [5, 1])?.outShape).toEqual([3, 5, 7]);
    expect(binaryParams([2, 3], [2, 4])).toBeUndefined();
  });
});
