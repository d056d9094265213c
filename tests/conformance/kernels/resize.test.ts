import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affineWarp, affineWarpGradient, similarity } from '../../../engine/kernels/affine-warp.ts';
import { resize, resizeGradient, resizeParams } from '../../../engine/kernels/resize.ts';
import { expectAgreement } from './harness.ts';

const extent = (max: number) => fc.integer({ min: 1, max });
const images = fc.tuple(fc.integer({ min: 1, max: 2 }), extent(9), extent(9), fc.constantFrom(1, 3, 4, 8));
const tolerance = { rtol: 2e-5, atol: 2e-5 };

describe('resize', () => {
  it('and its gradient agree with the references, to any size', async () => {
    const modes = fc.constantFrom(
      { mode: 'nearest' } as const,
      { mode: 'bilinear' } as const,
      { mode: 'bilinear', alignCorners: true } as const,
    );
    await fc.assert(
      fc.asyncProperty(images, extent(20), extent(20), modes, async (shape, height, width, mode) => {
        const params = resizeParams({ shape, size: [height, width], ...mode });
        await expectAgreement(resize, params, tolerance);
        await expectAgreement(resizeGradient, params, { ...tolerance, atol: 1e-4 });
      }),
      { numRuns: 60 },
    );
  });

  it('doubles by its own kernels as by the general ones', async () => {
    for (const mode of ['nearest', 'bilinear'] as const) {
      for (const [batch, height, width, channels] of [
        [1, 1, 1, 4],
        [2, 1, 5, 8],
        [2, 4, 3, 4],
        [1, 6, 1, 12],
      ] as const) {
        const params = resizeParams({ shape: [batch, height, width, channels], size: [2 * height, 2 * width], mode });
        await expectAgreement(resize, params, { ...tolerance, variants: ['doubles'] });
        await expectAgreement(resizeGradient, params, { ...tolerance, variants: ['doubles'] });
      }
    }
  });

  it('by integer factors copies pixels (nearest) and weighs them by quarters (bilinear)', async () => {
    const contents = { x: () => [1, 2, 3, 4] };
    const nearest = resizeParams({ shape: [1, 2, 2, 1], size: [4, 4], mode: 'nearest', scale: [2, 2] });
    expect([...(await expectAgreement(resize, nearest, { contents })).y]).toEqual([
      1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4,
    ]);
    const bilinear = resizeParams({ shape: [1, 1, 2, 1], size: [1, 4], mode: 'bilinear', scale: [1, 2] });
    expect([...(await expectAgreement(resize, bilinear, { contents: { x: () => [0, 4] } })).y]).toEqual([0, 1, 3, 4]);
  });

  it('takes the same nearest pixel as the reference for awkward ratios', async () => {
    for (let size = 1; size < 120; size += 7) {
      for (const width of [3, 7, 10, 48]) {
        const params = resizeParams({ shape: [1, 1, width, 1], size: [1, size], mode: 'nearest' });
        await expectAgreement(resize, params, { rtol: 0, atol: 0, variants: ['naive'] });
        await expectAgreement(resizeGradient, params, { rtol: 1e-6, atol: 1e-6, variants: ['naive'] });
      }
    }
  });
});

describe('affine warp', () => {
  const number = (size: number) => fc.double({ min: -size, max: size, noNaN: true }).map(Math.fround);
  const matrix = fc.tuple(number(2), number(2), number(6), number(2), number(2), number(6));

  it('and its gradient agree with the references for any matrix', async () => {
    await fc.assert(
      fc.asyncProperty(
        images,
        extent(9),
        extent(9),
        fc.array(matrix, { minLength: 2, maxLength: 2 }),
        fc.boolean(),
        async (shape, outHeight, outWidth, ms, common) => {
          const [batch, height, width, channels] = shape;
          const matrices = common ? 1 : batch;
          const params = { batch, height, width, channels, outHeight, outWidth, matrices, fill: 0.5 };
          const contents = { matrix: () => ms.slice(0, matrices).flat() };
          await expectAgreement(affineWarp, params, { contents, rtol: 1e-4, atol: 1e-4 });
          await expectAgreement(affineWarpGradient, params, { contents, rtol: 1e-4, atol: 3e-4 });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('handles matrices without an inverse', async () => {
    const params = { batch: 1, height: 5, width: 6, channels: 1, outHeight: 4, outWidth: 3, matrices: 1, fill: 0 };
    for (const m of [
      [0, 0, 2.5, 0, 0, 1.25],
      [1, 1, 0, 1, 1, 0.5],
      [0, 0, 50, 0, 0, 50],
    ]) {
      await expectAgreement(affineWarp, params, { contents: { matrix: () => m } });
      await expectAgreement(affineWarpGradient, params, { contents: { matrix: () => m }, rtol: 1e-4, atol: 1e-4 });
    }
  });

  it('turns by a quarter exactly, and the identity changes nothing', async () => {
    const params = { batch: 1, height: 3, width: 3, channels: 1, outHeight: 3, outWidth: 3, matrices: 1, fill: 0 };
    const x = () => [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const same = await expectAgreement(affineWarp, params, { contents: { x, matrix: () => similarity([3, 3], {}) } });
    expect([...same.y]).toEqual(x());
    const turned = await expectAgreement(affineWarp, params, {
      contents: { x, matrix: () => similarity([3, 3], { angle: Math.PI / 2 }) },
    });
    expect([...turned.y].map((v) => Math.round(v * 1e4) / 1e4)).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
  });
});
