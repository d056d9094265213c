import { expect, it } from 'vitest';
import { barsOf } from '../../../apps/labs/denoise/bars.ts';
import type { DenoiseResult } from '../../../apps/labs/denoise/experiment.ts';

const training = (trainLoss: number, mnistMSE: number, fashionMSE: number) => ({
  trainLoss,
  mnistMSE,
  fashionMSE,
  mnistStandardError: 0.001,
  fashionStandardError: 0.001,
  testImages: 10000,
  steps: 100,
});
const all = {
  MNIST: training(0.15, 0.14, 0.4),
  'both in sequence': training(0.13, 0.19, 0.13),
  'both shuffled': training(0.14, 0.15, 0.15),
};
const holds = (trainings: DenoiseResult['trainings']) => barsOf({ trainings }).map((bar) => bar.holds);

it('holds a run of three trainings to loss, failure on clothes, order, and forgetting', () => {
  expect(barsOf({ trainings: all }).map(({ measured }) => measured)).toEqual([
    'MNIST 0.15, both in sequence 0.13, both shuffled 0.14',
    '0.4 against 0.15: 2.67 times',
    '0.19 against 0.15: 1.27 times',
    '0.19 against 0.14: 1.36 times',
  ]);
  expect(holds(all)).toEqual([true, true, true, true]);
  expect(holds({ ...all, MNIST: training(0.2, 0.19, 0.299) })).toEqual([false, false, true, false]);
  expect(holds({ ...all, 'both in sequence': training(0.13, 0.15, 0.13) })).toEqual([true, true, false, true]);
});

it('asks of one training its loss only', () => {
  expect(holds({ MNIST: all.MNIST })).toEqual([true]);
});
