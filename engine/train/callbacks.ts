/** What can watch a training run and end it. */

import type { Network } from '../nn/network.ts';
import { EarlyStopping, type EarlyStoppingConfig, type EarlyStoppingState } from '../optim/early-stopping.ts';
import type { Evaluation } from './evaluate.ts';
import type { NetworkSnapshot } from './snapshot.ts';
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
    restore({ json, arrays }) {
      watcher.state = json as EarlyStoppingState;
      best = arrays ? (arrays as unknown as NetworkSnapshot) : undefined;
    },
  };
}
