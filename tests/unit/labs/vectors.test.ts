/** Test vectors of the labs' sources that need no reference library. */
import { beforeAll, describe, expect, test } from 'vitest';
import { scaleEnd } from '../../../apps/components/attribution-gallery/scale.ts';
import { counts } from '../../../apps/labs/denoise/mix.ts';
import { baselines } from '../../../apps/labs/denoise/noise.ts';
import { baselineCheck } from '../../../apps/labs/denoise/noise-checks.ts';
import { measured } from '../../../apps/labs/denoise/training.ts';
import { init } from '../../../engine/device/init.ts';
import { crossEntropy, grad, softmax, tensor } from '../../../engine/index.ts';
import { Generator } from '../../../engine/random.ts';

describe('a softmax before the cross-entropy', () => {
  beforeAll(() => init({ device: 'cpu' }));

  test('z = (2, 1, 0), y = 0: probabilities, loss and gradient', async () => {
    const z = tensor([2, 1, 0], [1, 3], { requiresGrad: true });
    const p = softmax(z, { axis: -1 });
    const loss = crossEntropy(p, tensor(Int32Array.of(0), [1], { dtype: 'i32' }));
    const [gz] = grad(loss, [z]);
    const near = async (of: Promise<Float32Array>, expected: readonly number[]) => {
      for (const [i, value] of (await of).entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    };
    await near(p.data(), [0.665241, 0.244728, 0.090031]);
    await near(loss.data(), [0.79719]);
    await near(gz?.data() ?? Promise.reject(new Error('no gradient')), [-0.185708, 0.138555, 0.047153]);
  });
});

describe('the denoiser’s closed forms', () => {
  const noise = { power: 1.5, level: 0.75 };

  test('normalised digits: gain 0.4/(0.25 + 0.5625), error 0.803; predicting the mean: 1', () => {
    const { zero, gain, linear } = baselines(0, 1, noise);
    expect(zero).toBe(1);
    expect(gain).toBeCloseTo(0.4 / 0.8125, 10);
    expect(linear).toBeCloseTo(0.803, 3);
  });

  test('a mean that is not 0 is no help and no harm: the best line has an intercept', () => {
    const { zero, linear } = baselines(0.5, 1.25, noise);
    expect(zero).toBe(1.25);
    // Var(x) = 1, Cov = 0.4, Var(x̃) = 1.25/4 + 0.5625 − 0.2².
    expect(linear).toBeCloseTo(1 - 0.16 / (0.3125 + 0.5625 - 0.04), 10);
  });

  test('agree with a regression over noisy copies', () => {
    const data = new Generator(3, 'picture').normal(784, -0.2, 0.9);
    const { maxError, tolerance } = baselineCheck({ shape: [784], data }, noise, 1);
    expect(maxError).toBeLessThan(tolerance);
  });
});

test('a mean over images has the standard error of their spread', () => {
  const { mean, standardError, images } = measured(Float32Array.of(1, 2, 3, 6));
  expect([mean, images]).toEqual([3, 4]);
  // Squares 4 + 1 + 0 + 9 = 14; √(14/3/4).
  expect(standardError).toBeCloseTo(Math.sqrt(14 / 12), 6);
});

test('a ratio of the sets keeps the larger one whole', () => {
  expect(counts({ images: 100, clothes: 1 })).toEqual({ digits: 100, clothes: 100 });
  expect(counts({ images: 100, clothes: 0.25 })).toEqual({ digits: 100, clothes: 25 });
  expect(counts({ images: 100, clothes: 4 })).toEqual({ digits: 25, clothes: 100 });
});

test('Captum’s rule: the scale ends where the sorted sizes add up to 98 %', () => {
  const end = (values: Float32Array) => scaleEnd([{ values }], 0.98);
  // 1 to 10 add up to 55: from below, 9 makes 45 and only 10 more than 53.9.
  expect(end(Float32Array.from({ length: 10 }, (_, i) => i + 1))).toBe(10);
  // One value of 2 among 99 of 1: 98 % of 101 is reached by the ones, and the 2 is clipped. The sign does not matter.
  expect(end(Float32Array.from({ length: 100 }, (_, i) => (i === 7 ? -2 : 1)))).toBe(1);
});
