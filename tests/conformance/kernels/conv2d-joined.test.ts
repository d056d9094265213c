import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conv2d } from '../../../engine/kernels/conv2d.ts';
import {
  conv2dJoined,
  conv2dJoinedWeightGradient,
  conv2dPartInputGradient,
  type JoinedSizes,
} from '../../../engine/kernels/conv2d-joined.ts';
import { conv2dSizes } from '../../../engine/kernels/conv2d-sizes.ts';
import { ACTIVATION, NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import { expectAgreement, randomSource } from './harness.ts';

const channels = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 17, 24);
const extent = fc.constantFrom(1, 2, 3, 5, 7, 8, 9, 11);

/** Two inputs, or one; each as it lies or doubled; with kernels, strides, gaps and borders of every kind. */
const joined: fc.Arbitrary<JoinedSizes> = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    size: fc.tuple(extent, extent),
    kernel: fc.tuple(fc.constantFrom(1, 2, 3, 5), fc.constantFrom(1, 2, 3, 4)),
    inputs: fc.tuple(channels, fc.oneof(channels, channels, fc.constant(0))),
    out: channels,
    doubled: fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)),
    stride: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
    dilation: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
    padding: fc.oneof(fc.constant('same' as const), fc.tuple(fc.nat(2), fc.nat(2))),
  })
  .map(({ n, size: [h, w], kernel: [kh, kw], inputs: [C1, C2], out, doubled: [doubled1, doubled2], padding, ...rest }) => {
    // What is doubled has even sides; where the kernel does not fit, zeros on all sides make room.
    const [H, W] = doubled1 || doubled2 ? [2 * h, 2 * w] : [h, w];
    const fits = padding === 'same' || (H >= (kh - 1) * rest.dilation[0] + 1 && W >= (kw - 1) * rest.dilation[1] + 1);
    const room = fits ? padding : ([kh * rest.dilation[0], kw * rest.dilation[1]] as const);
    const sizes = conv2dSizes([n, H, W, C1 + C2], [kh, kw, C1 + C2, out], { ...rest, padding: room });
    return { ...sizes, C1, doubled1, doubled2: C2 > 0 ? doubled2 : 0 };
  });
const epilogues = fc.constantFrom(
  NO_EPILOGUE,
  { hasBias: 1, activation: ACTIVATION.relu, slope: 0 },
  { hasBias: 0, activation: ACTIVATION.leakyRelu, slope: 0.1 },
);

describe('a convolution of joined inputs', () => {
  it('agrees with its reference', async () => {
    await fc.assert(
      fc.asyncProperty(joined, epilogues, fc.integer(), async (sizes, epilogue, seed) => {
        await expectAgreement(conv2dJoined, { ...sizes, ...epilogue }, { rtol: 3e-5, atol: 3e-5, seed });
      }),
      { numRuns: 30 },
    );
  });

  it('agrees with its reference in its weight gradient', async () => {
    await fc.assert(
      fc.asyncProperty(joined, fc.constantFrom(0, 1), fc.integer(), async (sizes, hasBias, seed) => {
        await expectAgreement(conv2dJoinedWeightGradient, { ...sizes, hasBias }, { rtol: 1e-4, atol: 2e-4, seed });
      }),
      { numRuns: 30 },
    );
  });

  it('agrees with its reference in the gradient of each input', async () => {
    await fc.assert(
      fc.asyncProperty(joined, fc.integer(), async ({ C1, doubled1, doubled2, ...sizes }, seed) => {
        const options = { rtol: 3e-5, atol: 3e-5, seed };
        await expectAgreement(conv2dPartInputGradient, { ...sizes, Ci: C1, wChannels: sizes.Ci, wFirst: 0 }, options);
        if (C1 === sizes.Ci) return;
        const second = { ...sizes, Ci: sizes.Ci - C1, wChannels: sizes.Ci, wFirst: C1 };
        await expectAgreement(conv2dPartInputGradient, second, options);
      }),
      { numRuns: 20 },
    );
  });

  it('agrees where workgroup tiles apply', async () => {
    const sizes = conv2dSizes([2, 10, 8, 21], [3, 3, 21, 66], { padding: 1 });
    for (const parts of [
      { C1: 5, doubled1: 0, doubled2: 1 },
      { C1: 16, doubled1: 1, doubled2: 0 },
    ]) {
      const epilogue = { hasBias: 1, activation: ACTIVATION.relu, slope: 0 };
      const variants = ['register-tile-8x2', 'register-tile-8x8', 'workgroup-tile'];
      await expectAgreement(conv2dJoined, { ...sizes, ...parts, ...epilogue }, { rtol: 3e-5, atol: 3e-5, variants });
      if (parts.C1 % 4 !== 0) continue;
      const params = { ...sizes, ...parts, hasBias: 1 };
      await expectAgreement(conv2dJoinedWeightGradient, params, { rtol: 1e-4, atol: 2e-4, variants });
    }
  });

  it('agrees in the gradient of an input where workgroup tiles apply', async () => {
    const sizes = conv2dSizes([2, 6, 7, 37], [3, 2, 37, 10], { padding: 1 });
    const options = { rtol: 3e-5, atol: 3e-5, variants: ['register-tile-8x2', 'workgroup-tile'] };
    await expectAgreement(conv2dPartInputGradient, { ...sizes, wChannels: 42, wFirst: 5 }, options);
  });

  it('is the convolution of the tensor that holds both', () => {
    const p = { ...conv2dSizes([1, 4, 6, 5], [3, 3, 5, 2], { padding: 1 }), ...NO_EPILOGUE };
    const random = randomSource(7);
    const numbers = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);
    const [x1, x2, w, bias] = [numbers(4 * 6 * 2), numbers(2 * 3 * 3), numbers(9 * 5 * 2), numbers(4)];
    const x = new Float32Array(4 * 6 * 5);
    for (let i = 0; i < 24; i++) {
      const half = Math.floor(i / 12) * 3 + Math.floor((i % 6) / 2);
      x.set(x1.subarray(2 * i, 2 * i + 2), 5 * i);
      x.set(x2.subarray(3 * half, 3 * half + 3), 5 * i + 2);
    }
    const [y, expected] = [new Float32Array(48), new Float32Array(48)];
    conv2dJoined.reference({ x1, x2, w, bias }, { y }, { ...p, C1: 2, doubled1: 0, doubled2: 1 });
    conv2d.reference({ x, w, bias }, { y: expected }, p);
    for (const [i, value] of expected.entries()) expect(y[i]).toBeCloseTo(value, 6);
  });
});
