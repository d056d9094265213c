import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../engine/errors.ts';
import { conv2d } from '../../../engine/kernels/conv2d.ts';
import { conv2dInputGradient } from '../../../engine/kernels/conv2d-input-gradient.ts';
import { type Conv2dSizes, conv2dSizes, convTranspose2dSizes } from '../../../engine/kernels/conv2d-sizes.ts';
import { conv2dWeightGradient } from '../../../engine/kernels/conv2d-weight-gradient.ts';
import { ACTIVATION, NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import type { AdapterCaps } from '../../../engine/kernels/kernel.ts';
import { expectAgreement } from './harness.ts';

const small = fc.integer({ min: 1, max: 3 });
const extent = fc.constantFrom(1, 2, 3, 5, 7, 8, 9, 11);
const channels = fc.constantFrom(1, 2, 3, 4, 5, 8, 13, 16, 17, 24);

/** Any legal convolution: kernels larger than the input, strides larger than kernels, gaps, groups, uneven padding. */
const convolutions: fc.Arbitrary<Conv2dSizes> = fc
  .record({
    x: fc.tuple(small, extent, extent),
    kernel: fc.tuple(fc.constantFrom(1, 2, 3, 5), fc.constantFrom(1, 2, 3, 4)),
    channels: fc.tuple(channels, channels),
    groups: fc.constantFrom(1, 1, 1, 2, 3),
    stride: fc.tuple(small, small),
    dilation: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
    padding: fc.oneof(fc.constantFrom('same' as const, 'valid' as const), fc.tuple(fc.nat(2), fc.nat(2))),
  })
  .map(({ x: [n, h, w], kernel: [kh, kw], channels: [ci, co], groups, stride, dilation, padding }) => {
    const p = groups > 1 ? { ci: Math.min(ci, 8), co: Math.min(co, 8) } : { ci, co };
    // Where the kernel does not fit, zeros on all sides make room.
    const fits = padding === 'same' || (h >= (kh - 1) * dilation[0] + 1 && w >= (kw - 1) * dilation[1] + 1);
    const room = fits ? padding : ([kh * dilation[0], kw * dilation[1]] as const);
    return conv2dSizes([n, h, w, p.ci * groups], [kh, kw, p.ci, p.co * groups], { stride, padding: room, dilation, groups });
  });
const epilogues = fc.constantFrom(
  { hasBias: 0, activation: ACTIVATION.none, slope: 0 },
  { hasBias: 1, activation: ACTIVATION.none, slope: 0 },
  { hasBias: 1, activation: ACTIVATION.relu, slope: 0 },
  { hasBias: 0, activation: ACTIVATION.leakyRelu, slope: 0.1 },
);
const tolerance = { rtol: 3e-5, atol: 3e-5 };

describe('conv2d', () => {
  it('agrees with its reference for every convolution', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions, epilogues, fc.integer(), async (sizes, epilogue, seed) => {
        await expectAgreement(conv2d, { ...sizes, ...epilogue }, { ...tolerance, seed });
      }),
      { numRuns: 20 },
    );
  });
});

/** Shapes for tiles of 64 × 64 in workgroup memory: channels around 32, 64 and 128; strides, gaps, groups, uneven borders. */
const wide = fc
  .record({
    x: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 5, 8, 9), fc.constantFrom(1, 3, 8, 11)),
    kernel: fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 3)),
    channels: fc.tuple(fc.constantFrom(5, 32, 33, 63, 64, 65), fc.constantFrom(32, 33, 64, 67)),
    groups: fc.constantFrom(1, 1, 2),
    stride: fc.tuple(small, small),
    dilation: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
    epilogue: epilogues,
    seed: fc.integer(),
  })
  .map(({ x, kernel, channels: [ci, co], groups, stride, dilation, ...rest }) => {
    // Vectors of 4 channels must not cross a group.
    const [c, o] = groups === 1 ? [ci, co] : [36, 32];
    const options = {
      stride,
      dilation,
      groups,
      padding: [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)] as const,
    };
    return { sizes: conv2dSizes([...x, c * groups], [...kernel, c, o * groups], options), ...rest };
  });

it('agrees with the references where workgroup tiles apply', async () => {
  const tested = { conv2d: 0, conv2dInputGradient: 0, conv2dWeightGradient: 0 };
  type Tiled = typeof conv2d | typeof conv2dInputGradient | typeof conv2dWeightGradient;
  const applies = (kernel: Tiled, sizes: Conv2dSizes) => {
    const variant = kernel.variants.find(({ id }) => id === 'workgroup-tile');
    const gpu = { software: false, maxWorkgroupsPerDimension: 65535 } as AdapterCaps;
    if (!variant?.applies?.({ ...sizes, ...NO_EPILOGUE }, gpu)) return false;
    tested[kernel.name as keyof typeof tested]++;
    return true;
  };
  await fc.assert(
    fc.asyncProperty(wide, async ({ sizes, epilogue, seed }) => {
      const options = { rtol: 1e-4, atol: 3e-4, seed, variants: ['workgroup-tile'] };
      if (applies(conv2d, sizes)) await expectAgreement(conv2d, { ...sizes, ...epilogue }, options);
      if (applies(conv2dInputGradient, sizes)) await expectAgreement(conv2dInputGradient, { ...sizes, ...epilogue }, options);
      if (applies(conv2dWeightGradient, sizes)) {
        await expectAgreement(conv2dWeightGradient, { ...sizes, hasBias: epilogue.hasBias }, options);
      }
    }),
    { numRuns: 14 },
  );
  for (const [kernel, count] of Object.entries(tested)) expect(count, kernel).toBeGreaterThan(2);
});

describe('conv2dInputGradient', () => {
  it('agrees with its reference for every convolution', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions, epilogues, fc.integer(), async (sizes, epilogue, seed) => {
        await expectAgreement(conv2dInputGradient, { ...sizes, ...epilogue }, { ...tolerance, seed });
      }),
      { numRuns: 20 },
    );
  });
});

describe('conv2dWeightGradient', () => {
  it('agrees with its reference for every convolution', async () => {
    await fc.assert(
      fc.asyncProperty(convolutions, fc.constantFrom(0, 1), fc.integer(), async (sizes, hasBias, seed) => {
        await expectAgreement(conv2dWeightGradient, { ...sizes, hasBias }, { rtol: 1e-4, atol: 2e-4, seed });
      }),
      { numRuns: 20 },
    );
  });
});

it('agrees with the references where every channel is a group of its own', async () => {
  const depthwise = fc
    .record({
      x: fc.tuple(small, extent, extent),
      kernel: fc.tuple(fc.constantFrom(1, 2, 3, 5), fc.constantFrom(1, 2, 3, 4)),
      groups: fc.constantFrom(4, 8, 12, 36),
      stride: fc.tuple(small, small),
      dilation: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
    })
    .map(({ x, kernel, groups, stride, dilation }) => {
      const padding = [kernel[0] * dilation[0], (kernel[1] - 1) * dilation[1]] as const;
      return conv2dSizes([...x, groups], [...kernel, 1, groups], { stride, dilation, groups, padding });
    });
  await fc.assert(
    fc.asyncProperty(depthwise, epilogues, fc.integer(), async (sizes, epilogue, seed) => {
      const options = { rtol: 1e-4, atol: 2e-4, seed, variants: ['depthwise'] };
      await expectAgreement(conv2d, { ...sizes, ...epilogue }, options);
      await expectAgreement(conv2dInputGradient, { ...sizes, ...epilogue }, options);
      await expectAgreement(conv2dWeightGradient, { ...sizes, hasBias: epilogue.hasBias }, options);
    }),
    { numRuns: 20 },
  );
});

it('folds grids that exceed one axis', async () => {
  const sizes = conv2dSizes([4, 15, 14, 8], [3, 3, 8, 40], { stride: [1, 2], padding: 1 });
  const options = { rtol: 1e-4, atol: 2e-4, folded: true };
  const epilogue = { hasBias: 1, activation: ACTIVATION.relu, slope: 0 };
  await expectAgreement(conv2d, { ...sizes, ...epilogue }, options);
  await expectAgreement(conv2dInputGradient, { ...sizes, ...epilogue }, options);
  await expectAgreement(conv2dWeightGradient, { ...sizes, hasBias: 1 }, options);
  const channelwise = conv2dSizes([5, 40, 30, 16], [3, 3, 1, 16], { groups: 16, padding: 1, stride: [1, 2] });
  const deepest = { ...options, variants: ['depthwise'] };
  await expectAgreement(conv2d, { ...channelwise, ...epilogue }, deepest);
  await expectAgreement(conv2dInputGradient, { ...channelwise, ...epilogue }, deepest);
  await expectAgreement(conv2dWeightGradient, { ...channelwise, hasBias: 1 }, deepest);
  const deep = conv2dSizes([4, 16, 20, 40], [2, 1, 40, 8], { stride: [1, 2] });
  await expectAgreement(conv2dInputGradient, { ...deep, ...epilogue }, { ...options, variants: ['workgroup-tile'] });
});

describe('sizes of convolutions', () => {
  it('pads for same, the odd zero behind', () => {
    const p = conv2dSizes([1, 7, 6, 3], [4, 3, 3, 8], { padding: 'same', stride: [1, 2] });
    expect([p.Ho, p.Wo, p.padTop, p.padLeft]).toEqual([7, 3, 1, 0]);
  });

  it('undoes a convolution by its transpose', () => {
    const p = convTranspose2dSizes([2, 7, 7, 8], [3, 3, 4, 8], { stride: 2, padding: 1, outputPadding: 1 });
    expect([p.H, p.W, p.Ci]).toEqual([14, 14, 4]);
    const back = conv2dSizes([2, 14, 14, 4], [3, 3, 4, 8], { stride: 2, padding: 1 });
    expect(back).toEqual(p);
  });

  it('refuses what does not fit, and says why', () => {
    const refuse = (run: () => unknown, rule: RegExp) => {
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(rule);
    };
    refuse(() => conv2dSizes([1, 4, 4], [3, 3, 3, 8]), /images,height,width,channels/);
    refuse(() => conv2dSizes([1, 4, 4, 3], [3, 3, 8]), /four axes/);
    refuse(() => conv2dSizes([1, 4, 4, 3], [3, 3, 4, 8]), /3 input channels/);
    refuse(() => conv2dSizes([1, 4, 4, 3], [3, 3, 3, 8], { groups: 2 }), /2 groups must divide/);
    refuse(() => conv2dSizes([1, 4, 4, 3], [5, 5, 3, 8]), /must fit/);
    refuse(() => conv2dSizes([1, 4, 4, 3], [3, 3, 3, 8], { stride: 0 }), /stride must be/);
    refuse(() => conv2dSizes([0, 4, 4, 3], [3, 3, 3, 8]), /empty/);
    refuse(() => convTranspose2dSizes([1, 4, 4, 3], [3, 3, 8, 3], { outputPadding: 1 }), /outputPadding/);
  });
});
