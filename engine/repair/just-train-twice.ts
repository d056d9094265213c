import { ConfigError } from '../errors.ts';
import { Network } from '../nn/network.ts';
import { Generator } from '../random.ts';
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
  /** How the second network is trained. Its seed also mixes the up-weighted samples: see `upweighted`. */
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
 * Indices of all samples, those of the error set λ_up times, in one random order: appended copies would make the last batches of an epoch
 * batches of errors alone wherever a training goes through its samples in their order.
 */
export function upweighted(count: number, errors: Uint32Array, upweight: number, seed: number): Uint32Array<ArrayBuffer> {
  const indices = new Uint32Array(count + errors.length * (upweight - 1));
  for (let i = 0; i < count; i++) indices[i] = i;
  for (let copy = 0; copy < upweight - 1; copy++) indices.set(errors, count + copy * errors.length);
  return new Generator(seed, 'up-weighted').shuffle(indices);
}

/**
 * Just Train Twice (Liu et al. 2021, algorithm 1): train, collect the training samples that are wrong, and train a fresh network on data in which
 * these occur λ_up times, all of them mixed, also where `final` does not shuffle. It needs no group labels.
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
    const { final } = options;
    const repeated = () => selectData(data, upweighted(data.count, errors, upweight, final.seed ?? 0));
    const done = await fitNetwork(network, errors.length === 0 ? data : repeated(), final);
    return { network, identification, errors, fit: done };
  } catch (error) {
    if (identification !== given) identification.dispose();
    network.dispose();
    throw error;
  }
}
