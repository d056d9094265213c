/** Pulls one training and tells what it does in the lab's events. */
import { isFiniteNumber, isRecord } from '../../../engine/json.ts';
import type { TrainingData } from '../../../engine/train/data.ts';
import type { Evaluation } from '../../../engine/train/evaluate.ts';
import type { EpochEvent, StepEvent } from '../../../engine/train/events.ts';
import { isNumbers } from '../../runtime/checkpoint-settings.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import type { Classification } from './experiment.ts';
import type { Config } from './networks.ts';
import { gradientEvents, reportOf } from './report.ts';
import type { GradientNorms, Training } from './training.ts';

export interface EpochResult {
  readonly epoch: number;
  readonly step: number;
  readonly trainLoss: number;
  readonly validationLoss: number | null;
  readonly validationAccuracy: number | null;
}

/** What a checkpoint keeps of a training beside its state, so that the result of a run that goes on is that of the whole. */
export interface Told {
  readonly epochs: readonly EpochResult[];
  /** Loss of the first steps, unrounded: for comparing devices. */
  readonly firstLosses: readonly number[];
  /** Smallest loss of a batch. */
  readonly least: number;
}

/** Whether a run could have written this, as far as it goes by the form; JSON has no infinity. */
export const isTold = (value: unknown): value is Told =>
  isRecord(value) &&
  Array.isArray(value.epochs) &&
  value.epochs.every(isRecord) &&
  isNumbers(value.firstLosses) &&
  (value.least === null || isFiniteNumber(value.least));

/** What a training has told so far. */
export interface History extends Told {
  readonly epochs: EpochResult[];
  readonly firstLosses: number[];
  least: number;
  gradients: GradientNorms | undefined;
  /** The latest evaluation of the first training images. */
  training: Evaluation | undefined;
  /** Absent where nothing is held out. */
  validation: Evaluation | undefined;
}

/** @param before of the run that goes on */
export const newHistory = (before?: Told): History => ({
  epochs: [...(before?.epochs ?? [])],
  firstLosses: [...(before?.firstLosses ?? [])],
  least: before?.least ?? Number.POSITIVE_INFINITY,
  gradients: undefined,
  training: undefined,
  validation: undefined,
});

type Event = ExperimentEvent<Classification['data']>;

const FIRST = 20;

export interface RunOptions {
  /** Steps of earlier trials, and of all trials together. */
  readonly before?: number;
  readonly total?: number;
  /** In a search: the name of the trial, under which its validation curve stands. */
  readonly trial?: string;
}

/** Evaluates a set, telling how far it is. */
export async function* evaluated(
  training: Training,
  set: TrainingData,
  name: string,
): AsyncGenerator<ExperimentEvent, Evaluation> {
  const work = training.trainer.evaluating(set);
  for (;;) {
    const { done, value } = await work.next();
    if (done) return value;
    yield { type: 'phase', name, progress: value };
  }
}

/** The state to go on from; every so many epochs another one, to be kept. */
async function* checkpoints(training: Training, { epochs, firstLosses, least }: History): AsyncGenerator<Event> {
  const { progress, plan } = training.trainer;
  const { keepEvery } = training.config;
  const { step, epoch, position } = progress;
  const bytes = training.annotate(await training.trainer.checkpoint(), { epochs, firstLosses, least });
  if (keepEvery > 0 && position === 0 && (epoch % keepEvery === 0 || step === plan.totalSteps))
    yield { type: 'checkpoint', name: `epoch ${epoch}`, step, bytes };
  yield { type: 'checkpoint', name: 'model', step, bytes };
}

/** The held-out images: their curves, and the confusion matrix. */
async function* validated(training: Training, history: History, { trial }: RunOptions): AsyncGenerator<Event> {
  const { validation: held } = training.pictures;
  if (!training.validation || !held) return;
  const { step } = training.trainer.progress;
  const found = yield* evaluated(training, training.validation, 'evaluate');
  history.validation = found;
  const { accuracy = 0, loss } = found;
  yield { type: 'metric', series: trial ?? 'validation', x: step, y: loss };
  yield { type: 'metric', series: trial ?? 'validation', x: step, y: accuracy, chart: 'accuracy' };
  yield { type: 'data', name: 'evaluation', value: reportOf(found, held, 'validation', step) };
}

/**
 * Everything that is looked at between steps.
 * @param epoch that has just ended
 */
async function* look(
  training: Training,
  history: History,
  epoch: EpochEvent | undefined,
  options: RunOptions,
): AsyncGenerator<Event> {
  const { step } = training.trainer.progress;
  yield* validated(training, history, options);
  if (epoch) history.epochs.push(epochOf(epoch, history.validation));
  history.training = yield* evaluated(training, training.trainProbe, 'evaluate');
  if (options.trial !== undefined) return;
  yield { type: 'metric', series: 'training', x: step, y: history.training.accuracy ?? 0, chart: 'accuracy' };
  const { histograms, ...norms } = await training.gradientNorms();
  history.gradients = norms;
  yield* gradientEvents(norms, step);
  yield { type: 'data', name: `histogram ${step}`, value: { step, layers: histograms } };
  yield* checkpoints(training, history);
}

/** Trains to the end. One `step` event a step, after everything that belongs to the step. */
export async function* trainFully(
  training: Training,
  context: RunContext<Config>,
  history: History,
  options: RunOptions = {},
): AsyncGenerator<Event> {
  const { before = 0, total, trial } = options;
  const { trainer } = training;
  const told = ({ step, epoch, loss, total: own }: StepEvent): ExperimentEvent => ({
    type: 'step',
    step: before + step,
    total: total ?? own,
    epoch,
    loss,
  });
  while (!trainer.finished) {
    const until = training.nextLook;
    let last: StepEvent | undefined;
    let epoch: EpochEvent | undefined;
    if (trial === undefined) trainer.lr = context.live.rate;
    for await (const event of trainer.run({ steps: until - trainer.progress.step })) {
      if (trial === undefined) trainer.lr = context.live.rate;
      if (event.type === 'phase') yield event.name === 'train' && trial ? { ...event, name: `train ${trial}` } : event;
      if (event.type === 'epoch') epoch = event;
      if (event.type !== 'step') continue;
      const { step, loss } = event;
      if (step <= FIRST) history.firstLosses[step - 1] = loss;
      history.least = Math.min(history.least, loss);
      if (trial === undefined) yield { type: 'metric', series: 'training', x: step, y: loss };
      if (step < until) yield told(event);
      else last = event;
    }
    yield* look(training, history, epoch, options);
    if (last) yield told(last);
  }
  // A run that goes on from its end takes no step, but has the same result.
  if (!history.training) yield* look(training, history, undefined, options);
}

function epochOf({ epoch, step, loss }: EpochEvent, validation: Evaluation | undefined): EpochResult {
  const { loss: validationLoss = null, accuracy: validationAccuracy = null } = validation ?? {};
  return { epoch, step, trainLoss: loss, validationLoss, validationAccuracy };
}
