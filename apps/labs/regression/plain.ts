/** The training that nothing holds back, as one of the engine's trainer: the same network as layers, all points in every step. */
import { Generator } from '../../../engine/index.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { arrayData } from '../../../engine/train/data.ts';
import type { TrainerConfig } from '../../../engine/train/types.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { plainState } from './checkpoint.ts';
import { RegressionNetwork } from './model.ts';
import type { schema } from './schema.ts';

/** @throws Error for a sine, which is no layer */
export function plainTraining(config: ConfigOf<typeof schema>): TrainerConfig & { readonly loss: 'mse' } {
  const { units, activation, initialScale, points, holdOutForAll, optimiser, rate, steps, seed } = config;
  if (activation === 'sin') throw new Error('a sine is no layer of a network');
  const layers = [{ type: 'linear', in: 1, out: units }, { type: activation }, { type: 'linear', in: units, out: 1 }] as const;
  const network = buildNetwork(layers, { inputShape: [1], rng: 0 });
  // The lab draws its weights in its own way, in the order of its parameters.
  const drawn = new Generator(seed, 'weights');
  network.loadStateDict(plainState({ parameters: RegressionNetwork.draw(units, initialScale, drawn) }, config));
  const train = holdOutForAll ? points.filter(({ held }) => !held) : points;
  const column = (values: readonly number[]) => ({ values: Float32Array.from(values), shape: [1] });
  return {
    network,
    data: arrayData(column(train.map(({ x }) => x)), column(train.map(({ t }) => t))),
    loss: 'mse',
    optimiser: { type: optimiser === 'sgd' ? 'sgd' : 'adam', lr: rate },
    batchSize: train.length,
    shuffle: false,
    steps,
    seed,
  };
}
