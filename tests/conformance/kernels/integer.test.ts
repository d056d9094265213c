import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryParams } from '../../../engine/kernels/binary.ts';
import { integerKernels, integerNames, integerReductionKernels } from '../../../engine/kernels/integer.ts';
import { expectAgreement } from './harness.ts';

const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
/** A shape, and the same with some axes repeated. */
const broadcastable = fc
  .tuple(shape, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
  .map(([full, ones]): [number[], number[]] => [full, full.map((n, d) => (ones[d] ? 1 : n))]);

/** Few small ones, so that ties occur, and all 32 bits. */
const words = (count: number, random: () => number) =>
  Int32Array.from({ length: count }, (_, i) => (i % 2 ? Math.floor(random() * 5) - 2 : Math.floor((random() - 0.5) * 2 ** 32)));
const contents = { a: words, b: words, x: words };

function paramsOf(a: number[], b: number[]) {
  const made = binaryParams(a, b);
  if (!made) throw new Error('shapes must broadcast');
  const { shape: extents, strideA, strideB } = made.params;
  return { shape: extents, strideA, strideB };
}

describe.each(integerNames)('%s of integers', (name) => {
  it('agrees with its reference for every broadcast', async () => {
    await fc.assert(
      fc.asyncProperty(broadcastable, fc.integer(), async ([a, b], seed) => {
        await expectAgreement(integerKernels[name], paramsOf(a, b), { contents, seed });
        await expectAgreement(integerKernels[name], paramsOf(b, a), { contents, seed });
      }),
      { numRuns: 6 },
    );
  });
});

describe('integers at the ends of their range', () => {
  const [low, high] = [-(2 ** 31), 2 ** 31 - 1];
  const a = () => [high, low, 65_537, 123_456_789, 16_777_217];
  const b = () => [1, -1, 65_537, 987_654_321, -16_777_216];
  it.each([
    ['add', [low, high, 131_074, 1_111_111_110, 1]],
    ['sub', [high - 1, low + 1, 0, -864_197_532, 33_554_433]],
    // 65537² = 2³² + 131073; the last two by exact multiplication modulo 2³².
    ['mul', [high, low, 131_073, -67_153_019, -16_777_216]],
    ['maximum', [high, -1, 65_537, 987_654_321, 16_777_217]],
    ['minimum', [1, low, 65_537, 123_456_789, -16_777_216]],
    ['greater', [1, 0, 0, 0, 1]],
    ['equal', [0, 0, 1, 0, 0]],
  ] as const)('%s wraps and compares exactly', async (name, expected) => {
    const { y } = await expectAgreement(integerKernels[name], paramsOf([5], [5]), { contents: { a, b } });
    expect([...y]).toEqual(expected);
  });
});

describe.each(Object.keys(integerReductionKernels) as (keyof typeof integerReductionKernels)[])('%s over integers', (name) => {
  it('agrees with its reference', async () => {
    const boxes = fc.oneof(
      fc.record({
        outer: fc.integer({ min: 1, max: 9 }),
        reduce: fc.integer({ min: 1, max: 40 }),
        inner: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ outer: fc.constant(1), reduce: fc.integer({ min: 100, max: 40_000 }), inner: fc.constantFrom(1, 3) }),
    );
    await fc.assert(
      fc.asyncProperty(boxes, fc.integer(), async (params, seed) => {
        await expectAgreement(integerReductionKernels[name], params, { contents, seed });
      }),
      { numRuns: 12 },
    );
  });
});
