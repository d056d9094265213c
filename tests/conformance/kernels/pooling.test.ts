import fc from 'fast-check';
import { describe, it } from 'vitest';
import { averagePool, averagePoolGradient, maxPool, maxPoolGradient, type PoolParams } from '../../../engine/kernels/pooling.ts';
import { expectAgreement } from './harness.ts';

const axis = fc.record({
  extent: fc.integer({ min: 1, max: 11 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 4 }),
  pad: fc.nat(2),
});

const windows = fc
  .record({ batch: fc.integer({ min: 1, max: 3 }), channels: fc.constantFrom(1, 3, 4, 8, 10), y: axis, x: axis })
  .filter(({ y, x }) => [y, x].every((a) => a.pad <= a.kernel / 2 && a.extent + 2 * a.pad >= a.kernel))
  .map(({ batch, channels, y, x }): PoolParams => {
    const out = (a: typeof y) => Math.floor((a.extent + 2 * a.pad - a.kernel) / a.stride) + 1;
    return {
      batch,
      height: y.extent,
      width: x.extent,
      channels,
      outHeight: out(y),
      outWidth: out(x),
      kernelHeight: y.kernel,
      kernelWidth: x.kernel,
      strideY: y.stride,
      strideX: x.stride,
      padY: y.pad,
      padX: x.pad,
    };
  });

const halves = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 2, max: 9 }),
    fc.integer({ min: 2, max: 9 }),
    fc.constantFrom(3, 4, 12),
  )
  .map(([batch, height, width, channels]): PoolParams => {
    const sizes = { outHeight: Math.floor(height / 2), outWidth: Math.floor(width / 2), kernelHeight: 2, kernelWidth: 2 };
    return { batch, height, width, channels, ...sizes, strideY: 2, strideX: 2, padY: 0, padX: 0 };
  });

/** Few values, mostly negative: ties and windows without a positive element are common. */
const coarse = (count: number, random: () => number) => Float64Array.from({ length: count }, () => Math.floor(4 * random()) - 4);

describe('pooling', () => {
  it('max: values, winners and gradient agree with the references, ties included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(windows, halves), fc.integer(), async (params, seed) => {
        const { winners } = await expectAgreement(maxPool, params, { contents: { x: coarse }, seed });
        await expectAgreement(maxPoolGradient, params, { contents: { winners: () => winners }, seed });
      }),
      { numRuns: 60 },
    );
  });

  it('average: values and gradient agree with the references', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(windows, halves), fc.integer(), async (params, seed) => {
        await expectAgreement(averagePool, params, { seed });
        await expectAgreement(averagePoolGradient, params, { seed });
      }),
      { numRuns: 40 },
    );
  });
});
