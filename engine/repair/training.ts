/** Training as a part of a method: a run to its end, with the numbers that all methods share. */
import type { Network } from '../nn/network.ts';
import type { OptimiserConfig } from '../optim/config.ts';
import type { OptimiserSnapshot } from '../optim/optimiser.ts';
import type { ScheduleConfig } from '../optim/schedules.ts';
import type { TrainingData } from '../train/data.ts';
import { evaluate } from '../train/evaluate.ts';
import type { TrainerEvent } from '../train/events.ts';
import type { Loss } from '../train/loss.ts';
import { Trainer } from '../train/trainer.ts';
import type { TrainerConfig } from '../train/types.ts';
import { labelsOf } from './data.ts';
import { BestState, lookEvery, type ModelSelection, type Selected } from './model-selection.ts';

/** How a method trains. */
export interface FitOptions {
  readonly optimiser: OptimiserConfig;
  /** Default 1. */
  readonly epochs?: number;
  /** Instead of epochs. */
  readonly steps?: number;
  /** Default 128. */
  readonly batchSize?: number;
  /** Default true. */
  readonly shuffle?: boolean;
  /** Default 0. */
  readonly seed?: number;
  readonly schedule?: ScheduleConfig;
  /** Moments and step count to go on from; absent: a fresh optimiser. */
  readonly optimiserState?: OptimiserSnapshot;
  /** Keeps, of several states on the way, the best on held-out data; absent: the last. */
  readonly select?: ModelSelection;
  /** What it returns is awaited: training goes on when its reader is ready. */
  readonly onEvent?: (event: TrainerEvent) => unknown;
}

/** What is left of a run. */
export interface Fit {
  readonly steps: number;
  /** Mean loss of the last epoch that was finished; NaN where none was. */
  readonly loss: number;
  readonly optimiserState: OptimiserSnapshot;
  /** The state that was kept, where there was a choice. */
  readonly selected?: Selected;
}

/**
 * Trains a network in place.
 * @param loss default cross-entropy
 * @throws ConfigError where `select` has no labels, no look, or not a group for each sample
 */
export async function fitNetwork(
  network: Network,
  data: TrainingData,
  options: FitOptions & { readonly loss?: Loss } & Pick<TrainerConfig, 'transform'>,
): Promise<Fit> {
  const { optimiser, epochs = 1, steps, batchSize = 128, shuffle = true, seed = 0, loss = 'crossEntropy', select } = options;
  const best = select && new BestState(select);
  const trainer = new Trainer({
    network,
    data,
    loss,
    optimiser,
    ...(steps === undefined ? { epochs } : { steps }),
    batchSize,
    shuffle,
    seed,
    ...(options.schedule ? { schedule: options.schedule } : {}),
    ...(options.transform ? { transform: options.transform } : {}),
  });
  let last = Number.NaN;
  try {
    if (options.optimiserState) trainer.optimiser.restore(options.optimiserState);
    const every = select && lookEvery(trainer.plan.totalSteps, select.looks);
    do {
      for await (const event of trainer.run(every === undefined ? {} : { steps: every })) {
        if (event.type === 'epoch') last = event.loss;
        await options.onEvent?.(event);
      }
      await best?.look(trainer);
    } while (!trainer.finished);
    best?.restore(trainer);
    return {
      steps: trainer.progress.step,
      loss: last,
      optimiserState: await trainer.optimiser.snapshot(),
      ...(best?.selected && { selected: best.selected }),
    };
  } finally {
    trainer.dispose();
  }
}

/** Indices of the samples that the network gets wrong, in rising order. */
export async function errorSet(network: Network, data: TrainingData, batchSize = 256): Promise<Uint32Array<ArrayBuffer>> {
  const labels = labelsOf(data);
  const { predictions } = await evaluate(network, data, { batchSize });
  const wrong: number[] = [];
  predictions?.forEach((prediction, i) => {
    if (prediction !== labels[i]) wrong.push(i);
  });
  return Uint32Array.from(wrong);
}
