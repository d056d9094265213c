import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copy, copyInto, copyParams, permuteParams } from '../../../engine/kernels/copy.ts';
import {
  castF32ToI32,
  castF32ToU32,
  castI32ToF32,
  castI32ToU32,
  castU32ToF32,
  castU32ToI32,
  fill,
  floatBits,
  pad,
} from '../../../engine/kernels/fill.ts';
import { contiguousStrides } from '../../../engine/kernels/strides.ts';
import { expectAgreement } from './harness.ts';

const word = (count: number, random: () => number) => Float64Array.from({ length: count }, () => Math.floor(random() * 2 ** 32));
const contents = { x: word, y: word };
const shapes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(4, 8)), { minLength: 1, maxLength: 6 });

describe('copy', () => {
  it('permutes', async () => {
    const permuted = shapes.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length, maxLength: shape.length })),
    );
    await fc.assert(
      fc.asyncProperty(permuted, async ([shape, axes]) => {
        await expectAgreement(copy, permuteParams(shape, axes), { contents });
      }),
      { numRuns: 60 },
    );
  });

  it('permutes in tiles where both axes allow it', async () => {
    for (const [shape, axes] of [
      [
        [8, 12],
        [1, 0],
      ],
      [
        [2, 8, 5, 4],
        [0, 2, 3, 1],
      ],
      [
        [3, 4, 6, 8],
        [0, 3, 1, 2],
      ],
      [
        [4, 8, 16],
        [2, 1, 0],
      ],
    ] as const) {
      await expectAgreement(copy, permuteParams(shape, axes), { contents, variants: ['tiles'] });
    }
  });

  it('expands, slices and flips', async () => {
    await expectAgreement(copy, copyParams({ shape: [3, 4, 5], strideX: [0, 1, 0] }), { contents });
    await expectAgreement(copy, copyParams({ shape: [2, 8], strideX: [16, 1], offsetX: 4 }), { contents });
    await expectAgreement(copy, copyParams({ shape: [2, 5], strideX: [5, -1], offsetX: 4 }), { contents });
    await expectAgreement(copy, copyParams({ shape: [4096], strideX: [1] }), { contents });
  });

  it('writes into a part of a tensor and leaves the rest', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(7), async (shape, extra) => {
        const outer = shape.map((n, d) => (d === shape.length - 1 ? n + extra : n + 1));
        const box = { shape, strideX: contiguousStrides(shape), strideY: contiguousStrides(outer), offsetY: extra };
        await expectAgreement(copyInto, copyParams(box), { contents });
      }),
      { numRuns: 40 },
    );
  });
});

describe('fill, cast and pad', () => {
  it('fills any length with any bits', async () => {
    for (const count of [1, 5, 1024, 4099]) await expectAgreement(fill, { count, bits: floatBits(-1.5) });
  });

  it('casts', async () => {
    const values = (count: number, random: () => number) =>
      Float64Array.from({ length: count }, (_, i) => [3e9, -3e9, 0.9, -0.9][i] ?? random() * 200 - 100);
    const whole = (count: number, random: () => number) => Float64Array.from({ length: count }, () => Math.floor(random() * 2e6));
    await expectAgreement(
      castF32ToI32,
      { count: 300 },
      { contents: { x: (n, r) => values(n, r).map((v) => Math.max(v, -2e9)) } },
    );
    await expectAgreement(castF32ToU32, { count: 300 }, { contents: { x: values } });
    await expectAgreement(castI32ToF32, { count: 300 }, { contents: { x: (n, r) => whole(n, r).map((v) => v - 1e6) } });
    await expectAgreement(castU32ToF32, { count: 300 }, { contents: { x: whole } });
    const edges = () => [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1];
    expect([...(await expectAgreement(castI32ToU32, { count: 5 }, { contents: { x: edges } })).y]).toEqual([
      0,
      0,
      0,
      1,
      2 ** 31 - 1,
    ]);
    const large = () => [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    const most = 2 ** 31 - 1;
    expect([...(await expectAgreement(castU32ToI32, { count: 4 }, { contents: { x: large } })).y]).toEqual([0, most, most, most]);
    for (const kernel of [castF32ToI32, castF32ToU32]) {
      const { y } = await expectAgreement(kernel, { count: 2 }, { contents: { x: () => [Number.NaN, 3.7] } });
      expect([...y]).toEqual([0, 3]);
    }
  });

  it('pads and crops', async () => {
    const axis = fc.record({
      n: fc.integer({ min: 1, max: 6 }),
      before: fc.integer({ min: -2, max: 3 }),
      after: fc.integer({ min: -2, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 4 }), async (axes) => {
        fc.pre(axes.every(({ n, before, after }) => n + before + after > 0));
        const params = {
          shapeX: axes.map(({ n }) => n),
          shape: axes.map(({ n, before, after }) => n + before + after),
          before: axes.map(({ before }) => before),
          value: -7.5,
        };
        const outputs = await expectAgreement(pad, params);
        expect(outputs.y.length).toBe(params.shape.reduce((a, b) => a * b, 1));
      }),
      { numRuns: 40 },
    );
  });
});
