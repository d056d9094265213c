/** Pulls one training and tells what it does in the lab's events. */
import type { TrainingData } from '../../../engine/train/data.ts';
import type { Evaluation } from '../../../engine/train/evaluate.ts';
import type { EpochEvent, StepEvent } from '../../../engine/train/events.ts';
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
  readonly seconds: number;
}

/** What a training has told so far. */
export interface History {
  readonly epochs: EpochResult[];
  /** Loss of the first steps, unrounded: for comparing devices. */
  readonly firstLosses: number[];
  /** Smallest loss of a batch. */
  least: number;
  gradients: GradientNorms | undefined;
  /** The latest evaluation of the first training images. */
  training: Evaluation | undefined;
  validation: Evaluation | undefined;
}

export const newHistory = (): History => ({
  epochs: [],
  firstLosses: [],
  least: Number.POSITIVE_INFINITY,
  gradients: undefined,
  training: undefined,
  validation: undefined,
});

type Told = ExperimentEvent<Classification['data']>;

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
async function* checkpoints(training: Training): AsyncGenerator<Told> {
  const { progress, plan } = training.trainer;
  const { keepEvery } = training.config;
  const { step, epoch, position } = progress;
  const bytes = training.annotate(await training.trainer.checkpoint());
  if (keepEvery > 0 && position === 0 && (epoch % keepEvery === 0 || step === plan.totalSteps))
    yield { type: 'checkpoint', name: `epoch ${epoch}`, step, bytes };
  yield { type: 'checkpoint', name: 'model', step, bytes };
}

/** Everything that is looked at between steps. */
async function* look(training: Training, history: History, { trial }: RunOptions): AsyncGenerator<Told> {
  const { trainer } = training;
  const { step } = trainer.progress;
  const validation = yield* evaluated(training, training.validation, 'evaluate');
  history.validation = validation;
  const { accuracy = 0, loss } = validation;
  yield { type: 'metric', series: trial ?? 'validation', x: step, y: loss };
  yield { type: 'metric', series: trial ?? 'validation', x: step, y: accuracy, chart: 'accuracy' };
  history.training = yield* evaluated(training, training.trainProbe, 'evaluate');
  if (trial === undefined) {
    yield { type: 'metric', series: 'training', x: step, y: history.training.accuracy ?? 0, chart: 'accuracy' };
    history.gradients = await training.gradientNorms();
    yield* gradientEvents(history.gradients, step);
    yield* checkpoints(training);
  }
  const report = reportOf(validation, training.pictures.validation, 'validation', step);
  yield { type: 'data', name: 'evaluation', value: report };
}

/** Trains to the end. One `step` event a step, after everything that belongs to the step. */
export async function* trainFully(
  training: Training,
  context: RunContext<Config>,
  history: History,
  options: RunOptions = {},
): AsyncGenerator<Told> {
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
    yield* look(training, history, options);
    if (epoch) history.epochs.push(epochOf(epoch, history.validation));
    if (last) yield told(last);
  }
}

function epochOf({ epoch, step, loss, seconds }: EpochEvent, validation: Evaluation | undefined): EpochResult {
  const { loss: validationLoss = null, accuracy: validationAccuracy = null } = validation ?? {};
  return { epoch, step, trainLoss: loss, validationLoss, validationAccuracy, seconds };
}
