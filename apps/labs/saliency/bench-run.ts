/** The bench of explanations as a question that is answered in portions: the page asks until there is a result, and can stop asking. */
import { take } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { type BenchResult, explanationBench } from '../../../engine/explain/bench/index.ts';
import type { RunContext } from '../../runtime/experiment.ts';
import { BLACK, CUES, type CueName, cuePairs, trainedOn } from './bench-networks.ts';

export interface BenchAsk {
  /** Begins anew; else the one that was begun goes on. */
  readonly fresh: boolean;
  /** Pairs of images. */
  readonly images: number;
  readonly seed: number;
  readonly cue: CueName;
}

/** How far it is. */
export interface BenchStep {
  /** What is being done, in words. */
  readonly doing: string;
  /** 0 … 1 */
  readonly share: number;
  /** Once it is over. */
  readonly result: BenchResult | null;
}

/** As many as the command of `bench.ts` takes. */
const TRAINING = { images: 4000, epochs: 3 } as const;
/** Share of the time that the two trainings take. */
const TRAINED = 0.15;

/** Trains a clean and a tainted network, and measures. */
async function* benching({ images, seed, cue: name }: BenchAsk, { data: source, signal }: RunContext): AsyncGenerator<BenchStep, BenchStep> {
  const train = take(await loadDataset('mnist', { source, signal, split: 'train', count: TRAINING.images }), TRAINING.images);
  const test = await loadDataset('mnist', { source, signal, split: 'test' });
  const cue = CUES[name];
  const settings = { kind: 'pooled', epochs: TRAINING.epochs, seed } as const;
  const held: { dispose(): void }[] = [];
  try {
    const networks = [];
    for (const [at, shown] of [null, cue].entries()) {
      const training = trainedOn(train, shown, settings);
      let step = await training.next();
      for (; !step.done; step = await training.next()) {
        yield {
          doing: `training ${shown ? `on images with the ${name}` : 'on clean images'}`,
          share: (TRAINED * (at + step.value)) / 2,
          result: null,
        };
      }
      networks.push(step.value);
      held.push(step.value);
    }
    const [clean, tainted] = networks as [(typeof networks)[number], (typeof networks)[number]];
    const pairs = await cuePairs(test, cue, images);
    held.push(pairs.x, pairs.without, pairs.mask);
    const bench = explanationBench(tainted, pairs, { clean, seed, black: BLACK });
    let step = await bench.next();
    for (; !step.done; step = await bench.next()) {
      yield { doing: step.value.row, share: TRAINED + (1 - TRAINED) * step.value.share, result: null };
    }
    return { doing: '', share: 1, result: step.value };
  } finally {
    for (const one of held) one.dispose();
  }
}

/** Answers the question `bench` of a run: each answer is the next portion, some tenths of a second of work. */
export function benchServer(context: RunContext): (of: BenchAsk) => Promise<BenchStep> {
  let running: AsyncGenerator<BenchStep, BenchStep> | undefined;
  context.onDispose(() => void running?.return(undefined as never));
  return async (of) => {
    if (of.fresh || !running) {
      await running?.return(undefined as never);
      running = benching(of, context);
    }
    const { done, value } = await running.next();
    if (done) running = undefined;
    return value;
  };
}
