/** The network of MODE's replication in Keras's conventions: Glorot-uniform, zero biases, Adam with ε outside the root (LABS §4.2). */
import { Generator } from '../../../engine/index.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import type { OptimiserSnapshot } from '../../../engine/optim/optimiser.ts';
import type { FitOptions } from '../../../engine/repair/index.ts';
import type { TrainingData } from '../../../engine/train/data.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { Config } from './data.ts';

export const CLASSES = 10;
/** Keras's default. */
export const BATCH = 32;

/** Names of the hidden layers, from the input on. */
export const hiddenLayers = ({ hidden }: Pick<Config, 'hidden'>): string[] =>
  Array.from({ length: hidden }, (_, i) => `hidden${i + 1}`);

export function build(config: Config, seed: number): Network {
  const layers = hiddenLayers(config).flatMap((name, i) => [
    { type: 'linear' as const, in: i === 0 ? 784 : config.units, out: config.units },
    { type: 'relu' as const, name },
  ]);
  const definition: NetworkDefinition = [{ type: 'flatten' }, ...layers, { type: 'linear', in: config.units, out: CLASSES }];
  return buildNetwork(definition, { inputShape: [28, 28, 1], rng: new Generator(seed, 'weights'), initialiser: 'keras' });
}

/** @param lr η at this moment */
export const optimiser = (lr: number): FitOptions['optimiser'] => ({ type: 'adam', lr, epsilonForm: 'keras' });

/** Steps of some epochs over so many samples. */
export const stepsOf = (samples: number, epochs: number): number => epochs * Math.ceil(samples / BATCH);

/** A network after its first training, with the moments that a compiled Keras model would go on with. */
export interface Trained {
  readonly network: Network;
  readonly optimiserState: OptimiserSnapshot;
}

/** What trains first, from the start: the network is made here. */
export const trainerConfig = (data: TrainingData, config: Config, seed: number, rate: number) =>
  ({
    network: build(config, seed),
    data,
    loss: 'crossEntropy',
    optimiser: optimiser(rate),
    epochs: config.epochs,
    batchSize: BATCH,
    seed,
  }) as const;

/**
 * The first training, step by step; what is yielded is the loss of each.
 * @param rate asked before every step
 */
export async function* train(
  data: TrainingData,
  config: Config,
  seed: number,
  rate: () => number,
): AsyncGenerator<number, Trained> {
  const from = trainerConfig(data, config, seed, rate());
  const { network } = from;
  const trainer = new Trainer({ ...from, evalEvery: 'never' });
  let trained: Trained | undefined;
  try {
    const events = trainer.run();
    for (;;) {
      trainer.lr = rate();
      const { value, done } = await events.next();
      if (done) break;
      if (value.type === 'step') yield value.loss;
    }
    trained = { network, optimiserState: await trainer.optimiser.snapshot() };
    return trained;
  } finally {
    trainer.dispose();
    if (!trained) network.dispose();
  }
}
