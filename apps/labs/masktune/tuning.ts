/** Fine-tuning on changed images, from the weights that were trained: what MaskTune, its controls and the oracle have in common. */
import type { Network } from '../../../engine/nn/network.ts';
import type { SaliencyMaps } from '../../../engine/repair/data.ts';
import { iteratedMaskTune, type MaskTuned, type MaskTuneOptions, maskTune } from '../../../engine/repair/mask-tune.ts';
import type { ModelSelection } from '../../../engine/repair/model-selection.ts';
import { type Fit, type FitOptions, fitNetwork } from '../../../engine/repair/training.ts';
import type { TrainingData } from '../../../engine/train/data.ts';
import type { TrainerEvent } from '../../../engine/train/events.ts';
import type { Trainer } from '../../../engine/train/trainer.ts';
import type { TrainerConfig } from '../../../engine/train/types.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import { paced } from '../../runtime/paced.ts';
import { type Erm, rateOfEpoch, sgdOf } from './erm.ts';
import { mapOptions, roundsOf, ruleOf } from './masking.ts';
import type { Config } from './studio.ts';

/** Counts the steps of a whole study, so that its curves and its progress go through. */
export class StepCount {
  done: number;
  /** Grows where a method turns out to need more. */
  total: number;

  constructor(done: number, total: number) {
    this.done = done;
    this.total = total;
  }
}

/** A phase of a method that makes maps between its trainings. */
const EXPLAIN = 'explain';

/** Tells the steps of a training of the engine; the rest of its events is not for the reader. */
export async function* told<T>(
  series: string,
  count: StepCount,
  work: (onEvent: (event: TrainerEvent) => Promise<void>) => Promise<T>,
): AsyncGenerator<PlainEvent, T> {
  const events = paced(work);
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
    if (value.type === 'phase' && value.name === EXPLAIN) yield { ...value, detail: series };
    if (value.type !== 'step') continue;
    count.done++;
    yield { type: 'metric', series, x: value.step, y: value.loss, chart: 'fine-tuning' };
    yield { type: 'step', step: count.done, total: count.total, loss: value.loss };
  }
}

/** How one fine-tunes: the reader's optimiser, going on from the last state of the first training where that is asked for. */
export async function fitOptions(config: Config, { trainer }: Pick<Erm, 'trainer'>, seed: number): Promise<FitOptions> {
  const common = { epochs: config.tuneEpochs, batchSize: config.batch, seed };
  if (config.tuneWith === 'adam') return { ...common, optimiser: { type: 'adam', lr: config.tuneRate } };
  const optimiser = sgdOf(config, rateOfEpoch(config, config.epochs - 1));
  if (config.tuneWith === 'sgd') return { ...common, optimiser };
  return { ...common, optimiser, optimiserState: await trainer.optimiser.snapshot() };
}

/** More of the first training as it went: its optimiser with its state, its order, and the rate that its schedule gives the epoch after its last. */
export async function goingOn(config: Config, erm: Pick<Erm, 'trainer'>, seed: number): Promise<FitOptions> {
  const fit = await fitOptions({ ...config, tuneWith: 'sgd with its state' }, erm, seed);
  return { ...fit, optimiser: sgdOf(config, rateOfEpoch(config, config.epochs)), shuffle: config.shuffle };
}

export interface TuneRequest {
  readonly config: Config;
  readonly erm: Pick<Erm, 'trainer' | 'seed'>;
  readonly data: TrainingData;
  readonly maps: SaliencyMaps;
  /** As many cells hidden at random places instead. */
  readonly control?: boolean;
  /** Which state counts; absent: the last. */
  readonly select?: ModelSelection;
}

/** One round of MaskTune, or of its control, with maps that are known. */
export async function* maskTuned(series: string, count: StepCount, request: TuneRequest): AsyncGenerator<PlainEvent, MaskTuned> {
  const { config, erm, data, maps, control = false, select } = request;
  const fit = await fitOptions(config, erm, erm.seed);
  return yield* told(series, count, (onEvent) => {
    const options: MaskTuneOptions = {
      ...mapOptions(config),
      rule: ruleOf(config),
      hard: config.hard,
      maps,
      fit: { ...fit, onEvent, ...(select && { select }) },
      ...(control ? { control: erm.seed } : {}),
    };
    return maskTune(erm.trainer.network, data, options);
  });
}

/** MaskTune, or its control, for as many rounds as its study makes: each hides what the network of the round before still looks at. */
export async function* iterated(
  series: string,
  count: StepCount,
  { config, erm, data, maps, control = false }: TuneRequest,
): AsyncGenerator<PlainEvent, readonly MaskTuned[]> {
  const fit = await fitOptions(config, erm, erm.seed);
  return yield* told(series, count, async (onEvent) => {
    const rounds: MaskTuned[] = [];
    const options = {
      ...mapOptions(config),
      rule: ruleOf(config),
      hard: config.hard,
      maps,
      rounds: roundsOf(config),
      fit: { ...fit, onEvent },
      ...(control ? { control: erm.seed } : {}),
      onProgress: (phase: string, progress: number) => phase === 'maps' && onEvent({ type: 'phase', name: EXPLAIN, progress }),
    };
    try {
      for await (const round of iteratedMaskTune(erm.trainer.network, data, options)) rounds.push(round);
      return rounds;
    } catch (error) {
      for (const { network } of rounds) network.dispose();
      throw error;
    }
  });
}

/** A copy of the trained network, fine-tuned on other data or on changed batches. */
export async function* tunedCopy(
  series: string,
  count: StepCount,
  { network }: Pick<Trainer, 'network'>,
  data: TrainingData,
  options: FitOptions & Pick<TrainerConfig, 'transform'>,
): AsyncGenerator<PlainEvent, { readonly network: Network; readonly fit: Fit }> {
  const copy = network.clone();
  try {
    const fit = yield* told(series, count, (onEvent) => fitNetwork(copy, data, { ...options, onEvent }));
    return { network: copy, fit };
  } catch (error) {
    copy.dispose();
    throw error;
  }
}
