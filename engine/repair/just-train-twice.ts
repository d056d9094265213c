import { ConfigError } from '../errors.ts';
import { Network } from '../nn/network.ts';
import type { TrainingData } from '../train/data.ts';
import { selectData } from './data.ts';
import { errorSet, type Fit, type FitOptions, fitNetwork } from './training.ts';

export interface JustTrainTwiceOptions {
  /** A fresh network; called twice, or once where the first is given. */
  readonly build: () => Network;
  /**
   * How the first network is trained, or one that is trained already and stays the caller's. Stop it early: at full training accuracy it makes
   * no errors and there is nothing to weight up.
   */
  readonly identification: FitOptions | Network;
  readonly final: FitOptions;
  /** λ_up: how many times a sample of the error set counts, a whole number of at least 1. Default 20. */
  readonly upweight?: number;
}

export interface TrainedTwice {
  /** The second network. */
  readonly network: Network;
  /** The first network. */
  readonly identification: Network;
  /** Indices of the training samples that the first network gets wrong. Empty: the second training was plain training. */
  readonly errors: Uint32Array<ArrayBuffer>;
  readonly fit: Fit;
}

/**
 * Just Train Twice (Liu et al. 2021, algorithm 1): train, collect the training samples that are wrong, and train a fresh network on data in which
 * these occur λ_up times. It needs no group labels.
 * @throws ConfigError for a λ_up that is no whole number of at least 1
 */
export async function justTrainTwice(data: TrainingData, options: JustTrainTwiceOptions): Promise<TrainedTwice> {
  const { build, upweight = 20 } = options;
  if (!Number.isInteger(upweight) || upweight < 1)
    throw new ConfigError('upweight', `must be a whole number of at least 1, got ${upweight}.`);
  const given = options.identification;
  const identification = given instanceof Network ? given : build();
  const network = build();
  try {
    if (!(given instanceof Network)) await fitNetwork(identification, data, given);
    const errors = await errorSet(identification, data);
    const indices = new Uint32Array(data.count + errors.length * (upweight - 1));
    for (let i = 0; i < data.count; i++) indices[i] = i;
    for (let copy = 0; copy < upweight - 1; copy++) indices.set(errors, data.count + copy * errors.length);
    const done = await fitNetwork(network, errors.length === 0 ? data : selectData(data, indices), options.final);
    return { network, identification, errors, fit: done };
  } catch (error) {
    if (identification !== given) identification.dispose();
    network.dispose();
    throw error;
  }
}
