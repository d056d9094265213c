import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatherImages, gatherRows } from '../../../engine/kernels/batch.ts';
import { gather, gatherGradient, oneHot } from '../../../engine/kernels/gather.ts';
import { expectAgreement } from './harness.ts';

type Filler = (count: number, random: () => number) => Uint32Array | Int32Array;
const words: Filler = (count, random) => Uint32Array.from({ length: count }, () => random() * 2 ** 32);
const below =
  (bound: number): Filler =>
  (count, random) =>
    Uint32Array.from({ length: count }, () => Math.floor(random() * bound));
const NAN_BITS = 0x7fc00000;
const size = (max: number) => fc.integer({ min: 1, max });

describe('gather', () => {
  it('reads rows by index and sums gradients back', async () => {
    const boxes = fc.record({
      outer: size(4),
      extent: size(9),
      inner: fc.oneof(size(9), fc.constantFrom(4, 16)),
      count: size(40),
    });
    await fc.assert(
      fc.asyncProperty(boxes, fc.integer(), async (params, seed) => {
        const index = below(params.extent);
        await expectAgreement(gather, { ...params, missing: NAN_BITS }, { contents: { x: words, index }, seed });
        await expectAgreement(gatherGradient, params, { contents: { index }, seed });
      }),
      { numRuns: 30 },
    );
  });

  it('does not hide an index outside the axis', async () => {
    for (const inner of [3, 4]) {
      const params = { outer: 1, extent: 2, inner, count: 3 };
      const contents = { x: words, index: () => Int32Array.of(-1, 1, 2) };
      const { y } = await expectAgreement(gather, { ...params, missing: NAN_BITS }, { contents });
      const floats = new Float32Array(Uint32Array.from(y).buffer);
      expect([floats[0], floats[2 * inner]].every(Number.isNaN)).toBe(true);
      await expectAgreement(gatherGradient, params, { contents });
      const word = (await expectAgreement(gather, { ...params, missing: 7 }, { contents })).y;
      expect([word[0], word[2 * inner]]).toEqual([7, 7]);
    }
  });

  it('makes one-hot rows', async () => {
    const { y } = await expectAgreement(
      oneHot,
      { count: 50, classes: 10 },
      { contents: { index: (n, r) => Int32Array.from(below(12)(n, r), (v, i) => (i === 0 ? 10 : v - 1)) } },
    );
    expect([...y.subarray(0, 10)].every(Number.isNaN)).toBe(true);
  });
});

describe('batches', () => {
  const sets = fc.record({
    batch: size(9),
    pixels: size(30),
    channels: fc.constantFrom(1, 2, 3, 4),
    samples: size(20),
    start: fc.nat(5),
    common: fc.boolean(),
  });

  it('gathers and normalises images', async () => {
    await fc.assert(
      fc.asyncProperty(sets, fc.integer(), async ({ batch, pixels, channels, samples, start, common }, seed) => {
        const n = common ? 1 : channels;
        const mean = [0.49, 0.48, 0.45, 0.5].slice(0, n);
        const std = [0.2, 0.21, 0.22, 0.3].slice(0, n);
        const params = { batch, length: pixels * channels, channels, samples, steps: start + batch, mean, std };
        const contents = { images: words, indices: below(samples), cursor: () => [start] };
        await expectAgreement(gatherImages, params, { contents, seed, rtol: 2e-6, atol: 2e-6 });
      }),
      { numRuns: 40 },
    );
  });

  it('gathers labels and rows', async () => {
    await fc.assert(
      fc.asyncProperty(sets, fc.integer(), async ({ batch, pixels, samples, start }, seed) => {
        const params = { batch, length: pixels % 5 === 0 ? 1 : pixels, samples, steps: start + batch };
        await expectAgreement(gatherRows, params, {
          contents: { rows: words, indices: below(samples), cursor: () => [start] },
          seed,
        });
      }),
      { numRuns: 20 },
    );
  });

  it('refuses a wrong number of means', async () => {
    const params = { batch: 1, length: 6, channels: 3, samples: 1, steps: 1, mean: [0, 0], std: [1, 1] };
    await expect(expectAgreement(gatherImages, params, { contents: { cursor: () => [0], indices: () => [0] } })).rejects.toThrow(
      RangeError,
    );
  });
});
