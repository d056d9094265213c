/** What can watch a training run and end it. */

import { DataFormatError } from '../errors.ts';
import type { Network } from '../nn/network.ts';
import { EarlyStopping, type EarlyStoppingConfig, isEarlyStoppingState } from '../optim/early-stopping.ts';
import type { Evaluation } from './evaluate.ts';
import { checkSnapshot, type NetworkSnapshot } from './snapshot.ts';
import type { Trainable } from './trainable.ts';
import type { TrainerCallback } from './types.ts';

export interface StopEarlyConfig extends EarlyStoppingConfig {
  /** What to watch. Default: the loss on the validation data. */
  readonly metric?: (validation: Evaluation) => number;
  /** Puts the weights of the best evaluation back when the run ends. Default true. */
  readonly restoreBest?: boolean;
}

/** Stops when the validation data no longer improve, and goes back to the best weights (Prechelt 1998). */
export function stopEarly<N extends Trainable = Network>(
  config: StopEarlyConfig,
): TrainerCallback<N> & { readonly watcher: EarlyStopping } {
  const watcher = new EarlyStopping(config);
  const metric = config.metric ?? ((validation: Evaluation) => validation.loss);
  let best: NetworkSnapshot | undefined;
  return {
    name: 'early stopping',
    watcher,
    async onEvent(event, trainer) {
      const validation = event.type === 'epoch' || event.type === 'evaluation' ? event.validation : undefined;
      if (!validation) return undefined;
      const verdict = watcher.observe(metric(validation));
      if (verdict === 'improved') best = await trainer.snapshotNetwork();
      return verdict === 'stop' ? 'stop' : undefined;
    },
    onEnd(trainer) {
      if (best && (config.restoreBest ?? true)) trainer.restoreNetwork(best);
    },
    state: () => ({ json: watcher.state, ...(best ? { arrays: { ...best } } : {}) }),
    restore({ json, arrays }, network) {
      const { parameters, buffers } = arrays ?? {};
      const weights = parameters && buffers ? { parameters, buffers } : undefined;
      // A best value comes with the weights that had it.
      if (!isEarlyStoppingState(json) || (json.best !== null && !weights))
        throw new DataFormatError('checkpoint', 8, 'a complete state of early stopping');
      if (weights) checkSnapshot(network, weights);
      watcher.state = json;
      best = weights;
    },
  };
}
