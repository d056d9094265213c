/** The bench of explanations as a question that is answered in portions: the page asks until there is a result, and can stop asking. */
import { take } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { type BenchResult, explanationBench } from '../../../engine/explain/bench/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import type { RunContext } from '../../runtime/experiment.ts';
import { BLACK, CUES, cuePairs, trainedOn } from './bench-networks.ts';
import { type CueName, TRAININGS, type Training, trainings } from './trainings.ts';

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
const TRAINING = { images: 4000, epochs: 6 } as const;
/** Share of the time that the trainings take. */
const TRAINED = 0.2;

/** Trains the networks, and measures. */
async function* benching(
  { images, seed, cue: name }: BenchAsk,
  { data: source, signal }: RunContext,
): AsyncGenerator<BenchStep, BenchStep> {
  const train = take(await loadDataset('mnist', { source, signal, split: 'train', count: TRAINING.images }), TRAINING.images);
  const test = await loadDataset('mnist', { source, signal, split: 'test' });
  const cue = CUES[name];
  const settings = { kind: 'pooled', epochs: TRAINING.epochs, seed } as const;
  const held: { dispose(): void }[] = [];
  try {
    const networks: Partial<Record<Training, Network>> = {};
    for (const [at, name] of trainings.entries()) {
      const training = trainedOn(train, cue, name, settings);
      let step = await training.next();
      for (; !step.done; step = await training.next()) {
        const share = (TRAINED * (at + step.value)) / trainings.length;
        yield { doing: `training the network that ${TRAININGS[name]}`, share, result: null };
      }
      networks[name] = step.value;
      held.push(step.value);
    }
    const { tainted, clean, indifferent } = networks as Record<Training, Network>;
    const pairs = await cuePairs(test, cue, images);
    held.push(pairs.x, pairs.without, pairs.mask);
    const bench = explanationBench(tainted, pairs, { beside: { clean, indifferent }, seed, black: BLACK });
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
