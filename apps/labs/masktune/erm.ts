/** The first training: plain empirical risk minimisation on the biased images. */

import type { SgdConfig } from '../../../engine/optim/config.ts';
import { learningRate } from '../../../engine/optim/schedules.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { newNetwork } from './network.ts';
import type { Config, Studio } from './studio.ts';

export interface Erm {
  readonly trainer: Trainer;
  readonly seed: number;
}

export const sgdOf = ({ momentum, decay }: Config, lr: number): SgdConfig => ({ type: 'sgd', lr, momentum, weightDecay: decay });

/** η · ½^⌊e/s⌋, once an epoch. */
export const scheduleOf = ({ halve }: Config) => ({ type: 'step', size: halve, gamma: 0.5 }) as const;

/** @param epoch from 0; one that the training does not reach counts too */
export const rateOfEpoch = (config: Config, epoch: number): number =>
  learningRate(scheduleOf(config), config.rate, { step: 0, epoch });

export const stepsPerEpoch = ({ images, batch }: Config): number => Math.ceil(images / Math.min(batch, images));

/** What trains, from the start: the network is made here. */
export const ermConfig = (config: Config, { train }: Studio, seed: number) =>
  ({
    network: newNetwork(config.width, seed),
    data: train,
    loss: 'crossEntropy',
    optimiser: sgdOf(config, config.rate),
    schedule: scheduleOf(config),
    epochs: config.epochs,
    batchSize: config.batch,
    shuffle: config.shuffle,
    seed,
  }) as const;

export function newErm(config: Config, studio: Studio, seed: number): Erm {
  const trainer = new Trainer({ ...ermConfig(config, studio, seed), evalEvery: 'never', checkpointEvery: 'epoch' });
  return { trainer, seed };
}

export function disposeErm({ trainer }: Erm): void {
  const { network } = trainer;
  trainer.dispose();
  network.dispose();
}
