/** The first steps of a training once more, with everything that another framework needs to take them too. */
import { keep } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import type { StateDict } from '../../../engine/nn/state-dict.ts';
import { type ResolvedConfig, resolveOptimiser } from '../../../engine/optim/config.ts';
import type { Tensor } from '../../../engine/tensor.ts';
import { lossFunction } from '../../../engine/train/loss.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { TrainerConfig } from '../../../engine/train/types.ts';

/** One step: its batch as the network saw it, its rate, and what it lost. */
export interface FirstStep {
  readonly inputs: Float32Array;
  /** Labels, or values. */
  readonly targets: Float32Array | Int32Array;
  /** [B, …] of both. */
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  readonly lr: number;
  readonly loss: number;
}

export interface FirstSteps {
  readonly definition: Network['definition'];
  /** The weights before the first step. */
  readonly start: StateDict;
  readonly optimiser: ResolvedConfig;
  readonly loss: 'crossEntropy' | 'mse';
  readonly steps: readonly FirstStep[];
}

/** Steps that are taken, and bytes of their batches at most. */
const STEPS = 10;
const MOST_BYTES = 24 * 2 ** 20;

/**
 * Takes the first steps of a run from its configuration. The network must be as it was before the first of them; it is disposed.
 * @param config as for `Trainer`, with a loss that has a name
 */
export async function firstSteps(config: TrainerConfig & { readonly loss: 'crossEntropy' | 'mse' }): Promise<FirstSteps> {
  const { network, loss } = config;
  const start = await network.stateDict();
  const named = lossFunction(config.loss);
  let seen: { readonly inputs: Tensor; readonly targets: Tensor } | undefined;
  const trainer = new Trainer({
    ...config,
    // Operation by operation (the same bits), so that every batch can be kept, whatever `transform` did to it.
    mode: 'eager',
    lossEvery: 1,
    evalEvery: 'never',
    checkpointEvery: 'never',
    callbacks: [],
    loss: (output, batch, of) => {
      seen = { inputs: keep(batch.inputs), targets: keep(batch.targets) };
      return named(output, batch, of);
    },
  });
  const steps: FirstStep[] = [];
  let bytes = 0;
  try {
    while (steps.length < STEPS && !trainer.finished && bytes < MOST_BYTES) {
      const step = (await trainer.advance(1)).find((event) => event.type === 'step');
      if (!step || !seen) break;
      const { inputs, targets } = seen;
      const [x, t] = await Promise.all([inputs.data(), targets.data()]);
      const target = targets.dtype === 'i32' ? Int32Array.from(t) : Float32Array.from(t);
      steps.push({
        inputs: Float32Array.from(x),
        targets: target,
        inputShape: inputs.shape,
        targetShape: targets.shape,
        lr: step.lr,
        loss: step.loss,
      });
      bytes += 4 * (x.length + t.length);
      inputs.dispose();
      if (targets !== inputs) targets.dispose();
      seen = undefined;
    }
    return { definition: network.definition, start, optimiser: resolveOptimiser(config.optimiser), loss, steps };
  } finally {
    trainer.dispose();
    network.dispose();
  }
}
