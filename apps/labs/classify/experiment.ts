/** Trains a classifier, or several in a search, and answers questions about what it has learned. */
import { ConfigError } from '../../../engine/index.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { Module } from '../../../engine/nn/module.ts';
import { readCheckpoint } from '../../../engine/train/checkpoint.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { damaged } from '../../runtime/checkpoint-settings.ts';
import type { Cell } from '../../runtime/events.ts';
import type { Context, Experiment, ExperimentEvent, PlainEvent, RunContext } from '../../runtime/experiment.ts';
import { type PyTorchRequests, pytorchOf } from '../../runtime/pytorch/serve.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { liveTensors } from './card-tensors.ts';
import { loadPictures, type Pictures } from './data.ts';
import type { HistogramReport } from './histograms.ts';
import type { DrawnLayer } from './network-diagram.ts';
import type { Config } from './networks.ts';
import {
  type EvaluationReport,
  type GradientReport,
  lossOfLab01,
  type MistakesReport,
  mistakes,
  normsOf,
  reportOf,
} from './report.ts';
import { type Inspection, imagesOf, inspect, type Prediction, predict, type SetName, type Subject } from './requests.ts';
import { type EpochResult, evaluated, type History, isTold, newHistory, type Told, trainFully } from './run.ts';
import { definition, type schema } from './schema.ts';
import { searched, type Trained, type TrialResult } from './search.ts';
import { Training, trainerConfig } from './training.ts';

/** The event `data` named 'setup'. */
export interface Setup {
  readonly dataset: string;
  readonly classNames: readonly string[];
  readonly inputShape: readonly number[];
  readonly network: NetworkDefinition;
  /** Its layers with what they put out. */
  readonly layers: readonly DrawnLayer[];
  readonly parameters: number;
  readonly counts: { readonly train: number; readonly validation: number; readonly test: number };
}

/** What run and page say to each other. */
export interface Classification {
  result: ClassifyResult;
  data: {
    setup: Setup;
    evaluation: EvaluationReport;
    /** Whose pictures the images of that name are. */
    mistakes: MistakesReport;
    gradients: GradientReport;
    [histogram: `histogram ${number}`]: HistogramReport;
  };
  requests: CardRequests &
    PyTorchRequests & {
      predict(of: { readonly pixels: Uint8Array }): Prediction;
      inspect(of: Subject): Inspection;
      images(of: { readonly set: SetName; readonly indices: readonly number[] }): ImageBatch;
      checkpoint(): { readonly bytes: Uint8Array; readonly step: number };
    };
}

type Event = ExperimentEvent<Classification['data']>;

export interface ClassifyResult {
  readonly parameters: number;
  readonly images: Setup['counts'];
  readonly epochs: readonly EpochResult[];
  /** Loss of the first twenty steps. */
  readonly firstLosses: readonly number[];
  readonly smallestBatchLoss: number;
  readonly validation: { readonly accuracy: number; readonly loss: number } | null;
  readonly test: { readonly accuracy: number; readonly loss: number; readonly perClass: readonly (number | null)[] };
  /** Norm of the loss gradient by layer, after the last evaluation. */
  readonly gradients: Readonly<Record<string, number>>;
  /** In a search: what was tried. */
  readonly trials?: readonly TrialResult[];
}

/** Pictures of the training set shown at the start. */
const EXAMPLES = 24;

/** A layer for the drawing. */
const drawn = (layer: Module): DrawnLayer => ({
  type: layer.type,
  shape: layer.outputShape,
  parameters: layer.parameterCount,
  inside: insideOf(layer),
});

/** Types of the layers within a layer that can hold some. */
const insideOf = (layer: Module): string[] =>
  layer.children.flatMap(([, child]) => (child.children.length > 0 ? insideOf(child) : [child.type]));

function setupOf(training: Training): Setup {
  const { train, validation, test } = training.pictures;
  return {
    dataset: train.name,
    classNames: train.classNames,
    inputShape: [train.height, train.width, train.channels],
    network: training.network.definition,
    layers: training.network.layers.map(drawn),
    parameters: training.network.parameterCount,
    counts: { train: train.count, validation: validation?.count ?? 0, test: test.count },
  };
}

/** Goes on from a checkpoint: of this run exactly, with what it had told; of another run with the same network from its weights. */
function resume(training: Training, bytes: Uint8Array): { readonly told?: Told; readonly note?: PlainEvent } {
  const checkpoint = readCheckpoint(bytes);
  try {
    training.trainer.load(checkpoint);
    const { told } = checkpoint.metadata.notes ?? {};
    if (told === undefined) return {};
    if (!isTold(told)) throw damaged('what the run has told so far, complete');
    return { told };
  } catch (error) {
    const same = JSON.stringify(checkpoint.metadata.definition) === JSON.stringify(training.network.definition);
    if (!(error instanceof ConfigError) || !same) throw error;
    training.network.loadStateDict(checkpoint.state);
    const message = `The checkpoint belongs to another run: training starts again from its weights. (${error.message})`;
    return { note: { type: 'status', level: 'note', message } };
  }
}

/** The test set, once. */
async function* tested(training: Training): AsyncGenerator<Event, ClassifyResult['test']> {
  const found = yield* evaluated(training, training.test, 'test');
  const report = reportOf(found, training.pictures.test, 'test', training.trainer.progress.step);
  yield { type: 'data', name: 'evaluation', value: report };
  yield* mistakes(report, training.pictures.test);
  const { accuracy, loss, perClass } = report;
  const { lossShown, batch } = training.config;
  const row: Record<string, Cell> = { images: training.pictures.test.count, accuracy, 'loss (mean cross-entropy)': loss };
  if (lossShown === 'LAB01' && found.losses) row['loss as LAB01 prints it'] = lossOfLab01(found.losses, batch);
  yield { type: 'row', table: 'test', id: 'test', row };
  return { accuracy, loss, perClass };
}

function resultOf(
  training: Training,
  history: History,
  test: ClassifyResult['test'],
  trials?: readonly TrialResult[],
): ClassifyResult {
  const { parameters, counts: images } = setupOf(training);
  const { epochs, firstLosses, least, gradients, validation } = history;
  return {
    parameters,
    images,
    epochs,
    firstLosses,
    smallestBatchLoss: least,
    validation: validation ? { accuracy: validation.accuracy ?? 0, loss: validation.loss } : null,
    test,
    gradients: gradients ? normsOf(gradients) : {},
    ...(trials ? { trials } : {}),
  };
}

/** Answers questions about the network of the moment; none while there is none. */
function serve(context: Context<Config, Classification>, current: () => Training | undefined): void {
  const present = (): Training => {
    const training = current();
    if (!training) throw new Error('the network is not there yet: press Run');
    return training;
  };
  context.serve('predict', (of) => predict(present(), of));
  /** What the reader looked at last, in the cards too. */
  let subject: Subject | undefined;
  context.serve('inspect', (of) => {
    subject = of;
    return inspect(present(), of);
  });
  context.serve('tensors', async () => {
    const training = present();
    const first = { set: training.validation ? 'validation' : 'train', index: 0 } as const;
    return liveTensors(await inspect(training, subject ?? first));
  });
  context.serve('images', (of) => imagesOf(present(), of));
  context.serve('verify', async ({ card }) => (await import('./verify.ts')).verify(present(), card));
  context.serve('pytorch', () => {
    const { config, pictures, network } = present();
    return pytorchOf({ definition, config, begin: () => trainerConfig(config, pictures), trained: () => network.stateDict() });
  });
  context.serve('checkpoint', async () => {
    const training = present();
    return { bytes: training.annotate(await training.trainer.checkpoint()), step: training.trainer.progress.step };
  });
}

export const experiment: Experiment<typeof schema, Classification> = {
  ...definition,
  async *run(config, context) {
    const pictures = yield* loadPictures(config, context);
    if (pictures.note) yield { type: 'status', level: 'note', message: pictures.note };
    const { train } = pictures;
    yield {
      type: 'images',
      name: 'examples',
      shape: [Math.min(EXAMPLES, train.count), train.height, train.width, train.channels],
      data: train.images.slice(0, EXAMPLES * train.height * train.width * train.channels),
      labels: [...train.labels.subarray(0, EXAMPLES)],
    };
    yield { type: 'phase', name: 'compile shaders' };
    let training: Training | undefined;
    const replace = (next: Training | undefined): void => {
      training?.dispose();
      training = next;
    };
    context.onDispose(() => replace(undefined));
    serve(context, () => training);
    const { best, history, trials } =
      config.search === 'off'
        ? yield* single(config, context, pictures, replace)
        : yield* searched(config, context, pictures, replace);
    yield { type: 'data', name: 'setup', value: setupOf(best) };
    const test = yield* tested(best);
    return resultOf(best, history, test, trials);
  },
};

/** One training, from the start or from a checkpoint. */
async function* single(
  config: Config,
  context: RunContext<Config>,
  pictures: Pictures,
  replace: (training: Training) => void,
): AsyncGenerator<Event, Trained> {
  const best = new Training(config, pictures);
  replace(best);
  const { told, note } = context.checkpoint ? resume(best, context.checkpoint) : {};
  if (note) yield note;
  yield { type: 'data', name: 'setup', value: setupOf(best) };
  const history = newHistory(told);
  yield* trainFully(best, context, history);
  return { best, history };
}
