/** Trains a clean and a tainted network side by side from identical weights, tests both on both, and asks why. */
import { type ImageDataset, imageAt } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { Generator } from '../../../engine/index.ts';
import { DENSE_MODEL } from '../../../engine/nn/architectures.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import type { Checkpoint } from '../../../engine/train/checkpoint.ts';
import { imageData } from '../../../engine/train/data.ts';
import { type Evaluation, evaluate } from '../../../engine/train/evaluate.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { Context, Experiment, ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { type PyTorchRequests, pytorchOf } from '../../runtime/pytorch/serve.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { annotated, exported, load as loadCheckpoint, save } from './checkpoint.ts';
import { asInput, type Config, corrupt, normalised } from './data.ts';
import { type Attribution, attribute, type PathNode, pathNodes } from './explain.ts';
import type { Example } from './inspect.ts';
import { NORMALISATION } from './normalisation.ts';
import { definition, networks, type schema, type Which } from './schema.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

export type Cell = `${Which} network, ${Which} test`;
const cellName = (network: Which, test: Which): Cell => `${network} network, ${test} test`;

export interface CellResult {
  readonly accuracy: number;
  readonly perClass: readonly number[];
}

export interface ExplainedCell extends Omit<Attribution, 'map' | 'scores'> {
  readonly image: number;
  readonly label: number;
  /** |Σ attribution − (S(x) − S(x′))| */
  readonly completenessError: number | null;
}

export interface FailureModesResult {
  readonly images: number;
  readonly cells: Readonly<Record<Cell, CellResult>>;
  /** Mean loss of the last 200 steps. */
  readonly lastLoss: Readonly<Record<Which, number>>;
  /** Attributions for the first test image of each corrupted class. */
  readonly explained: Readonly<Record<Cell, readonly ExplainedCell[]>>;
}

/** Predictions of one network on one test set. */
export interface Matrix {
  readonly counts: Uint32Array;
  readonly predictions: Int32Array;
  readonly labels: Uint8Array;
}

/** Why one network says what it says about the chosen image of one test set. */
export interface Explanation extends Attribution {
  readonly network: Which;
  /** 'own': a picture of the reader's, whose label is what the network says. */
  readonly test: Which | 'own';
  readonly label: number;
  /** −1 for a picture of the reader's. */
  readonly index: number;
  /** [28, 28] */
  readonly bytes: Uint8Array;
}

/** What run and page say to each other. */
export interface FailureModes {
  result: FailureModesResult;
  data: Record<Cell, Matrix> & {
    explained: Readonly<Record<Cell, readonly ExplainedCell[]>>;
    explanations: readonly Explanation[];
  };
  requests: CardRequests &
    PyTorchRequests & {
      /** The chosen image, for both networks and both test sets. */
      explain(): readonly Explanation[];
      /** The nodes of the path to the chosen image, and S(x) − S(x′). */
      path(of: { readonly network: Which; readonly test: Which }): {
        readonly nodes: readonly PathNode[];
        readonly difference: number;
      };
      /** A picture of the reader's, 28 × 28 bytes, for both networks; each explains what it takes it for. */
      explainOwn(of: { readonly pixels: Uint8Array }): readonly Explanation[];
      /** One of the networks as a file that other labs open. */
      network(of: { readonly network: Which }): Uint8Array;
      /** Bytes of images of a test set, [n, 28, 28]. */
      behind(cell: { readonly test: Which; readonly indices: readonly number[] }): Uint8Array;
    };
}

const LAST = 200;
/** Steps between two checkpoints, at most; a short training has one in its middle. */
const CHECKPOINT_EVERY = 250;
/** Most images shown behind a cell of a matrix. */
const BEHIND = 60;

interface Sets {
  readonly train: Readonly<Record<Which, ImageDataset>>;
  readonly test: Readonly<Record<Which, ImageDataset>>;
}

const record = <K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;

async function* load(config: Config, context: RunContext<Config>): AsyncGenerator<ExperimentEvent, Sets> {
  yield { type: 'phase', name: 'download' };
  const fetched = async (split: 'train' | 'test', count: number) =>
    loadDataset('mnist', { source: context.data, signal: context.signal, split, count });
  const [train, test] = [await fetched('train', config.images), await fetched('test', config.testImages)];
  yield { type: 'phase', name: 'taint' };
  return {
    train: { clean: train, tainted: corrupt(train, config, config.fraction, 'taint train') },
    test: { clean: test, tainted: corrupt(test, config, 1, 'taint test') },
  };
}

/** Before and after: the first images of the two corrupted classes. */
function* strips({ train }: Sets, config: Config): IterableIterator<ExperimentEvent> {
  const chosen = [config.dotClass, config.gridClass].flatMap((label) => {
    const found: number[] = [];
    for (let i = 0; i < train.clean.count && found.length < 6; i++) if (train.clean.labels[i] === label) found.push(i);
    return found;
  });
  for (const which of networks) {
    const data = new Uint8Array(chosen.length * 784);
    chosen.forEach((index, n) => {
      data.set(imageAt(train[which], index), n * 784);
    });
    const labels = chosen.map((index) => train.clean.labels[index] as number);
    yield { type: 'images', name: `training images, ${which}`, shape: [chosen.length, 28, 28, 1], data, labels };
  }
}

export const experiment: Experiment<typeof schema, FailureModes> = {
  ...definition,
  async *run(config, context) {
    const sets = yield* load(config, context);
    yield* strips(sets, config);

    const half = Math.ceil((config.epochs * Math.ceil(config.images / config.batch)) / 2);
    const begin = (which: Which) =>
      ({
        network: buildNetwork(DENSE_MODEL.definition, {
          inputShape: DENSE_MODEL.inputShape,
          rng: new Generator(config.seed, 'weights'),
        }),
        data: imageData(sets.train[which], { normalisation: NORMALISATION }),
        loss: 'crossEntropy',
        optimiser: { type: 'adam', lr: config.rate },
        epochs: config.epochs,
        batchSize: config.batch,
        seed: config.seed,
        resetOptimiser: config.freshAdam,
      }) as const;
    const make = (which: Which) =>
      new Trainer({ ...begin(which), evalEvery: 'never', checkpointEvery: Math.min(CHECKPOINT_EVERY, half) });
    const trainers = record(networks, make);
    context.onDispose(() => {
      for (const which of networks) {
        trainers[which].network.dispose();
        trainers[which].dispose();
      }
    });
    serve(trainers, sets, context);
    // Of the two trainings the one on tainted images: the other is that of the classification lab.
    const trained = () => trainers.tainted.network.stateDict();
    context.serve('pytorch', () => pytorchOf({ definition, config, begin: () => begin('tainted'), trained }));

    const { classNames } = sets.train.clean;
    const found = context.checkpoint && loadCheckpoint(trainers, config, context.checkpoint);
    const losses = record(networks, (which) => [...(found?.[which] ?? [])]);
    const before = trainers.clean.progress.step;
    const tailOf = () => record(networks, (which) => losses[which].slice(-LAST));
    const runs = record(networks, (which) => trainers[which].run());
    const { totalSteps: total } = trainers.clean.plan;
    yield { type: 'phase', name: 'train', progress: before / total };
    for (let step = before + 1; step <= total; step++) {
      const parts = new Map<Which, Checkpoint>();
      const taken: [Which, number][] = [];
      for (const which of networks) {
        trainers[which].lr = context.live.rate;
        const { loss, saved } = await nextLoss(runs[which]);
        taken.push([which, loss]);
        if (saved) parts.set(which, annotated(saved, which, classNames));
      }
      if (parts.size > 0) yield { type: 'checkpoint', name: 'model', step: step - 1, bytes: save(parts, tailOf(), config) };
      for (const [which, loss] of taken) {
        losses[which].push(loss);
        yield { type: 'metric', series: which, x: step, y: loss };
      }
      yield { type: 'step', step, total, loss: losses.tainted.at(-1) as number };
    }
    const parts = new Map<Which, Checkpoint>();
    for (const which of networks) {
      for await (const _ of runs[which]);
      parts.set(which, annotated(await trainers[which].checkpoint(), which, classNames));
    }
    const tail = tailOf();
    yield { type: 'checkpoint', name: 'model', step: total, bytes: save(parts, tail, config) };

    const cells = {} as Record<Cell, CellResult>;
    for (const [n, network] of networks.entries()) {
      for (const [t, test] of networks.entries()) {
        yield { type: 'phase', name: 'evaluate', progress: (2 * n + t) / 4 };
        const data = imageData(sets.test[test], { normalisation: NORMALISATION });
        const found = classified(await evaluate(trainers[network].network, data));
        const name = cellName(network, test);
        cells[name] = { accuracy: found.accuracy, perClass: found.perClass };
        yield { type: 'data', name, value: { ...found.matrix, labels: sets.test[test].labels } };
        yield accuracyRow(network, test, cells[name], config);
      }
    }
    const explained = {} as Record<Cell, readonly ExplainedCell[]>;
    for (const network of networks) {
      for (const test of networks) {
        yield { type: 'phase', name: 'explain' };
        const found = await explainBoth(trainers[network], sets.test[test], config);
        explained[cellName(network, test)] = found;
        for (const one of found) yield attributionRow(network, test, one, config);
      }
    }
    const lastLoss = record(networks, (which) => tail[which].reduce((sum, loss) => sum + loss, 0) / tail[which].length);
    yield { type: 'data', name: 'explained', value: explained };
    yield { type: 'data', name: 'explanations', value: await explanations(trainers, sets, context) };
    return { images: config.images, cells, lastLoss, explained };
  },
};

/** The loss of the next step, and the checkpoint before it, where one was due. */
async function nextLoss(events: ReturnType<Trainer['run']>): Promise<{ loss: number; saved: Uint8Array | undefined }> {
  let saved: Uint8Array | undefined;
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error('the training ended early');
    if (value.type === 'checkpoint') saved = value.bytes;
    if (value.type === 'step') return { loss: value.loss, saved };
  }
}

/** An evaluation of a classifier has all of these. */
function classified({ accuracy, perClass, confusion, predictions }: Evaluation) {
  if (accuracy === undefined || !perClass || !confusion || !predictions) throw new Error('the network was not tested on classes');
  return { accuracy, perClass, matrix: { counts: confusion.counts, predictions } };
}

function accuracyRow(network: Which, test: Which, { accuracy, perClass }: CellResult, config: Config): ExperimentEvent {
  const of = (label: number) => perClass[label] ?? Number.NaN;
  return {
    type: 'row',
    table: 'accuracy',
    id: `${network} ${test}`,
    row: {
      network,
      test,
      accuracy,
      [`of ${config.dotClass}s (dot)`]: of(config.dotClass),
      [`of ${config.gridClass}s (grid)`]: of(config.gridClass),
    },
  };
}

function attributionRow(network: Which, test: Which, of: ExplainedCell, config: Config): ExperimentEvent {
  return {
    type: 'row',
    table: 'attribution',
    id: `${network} ${test} ${of.label}`,
    row: {
      network,
      test,
      image: `${of.image}, a ${of.label} (${of.label === config.dotClass ? 'dot' : 'grid'})`,
      'share of the dot': of.dotShare,
      'its rank': of.dotRank,
      'its value': of.dotValue,
      'strongest 5 %': of.topShare,
      sum: of.sum,
      'completeness error': of.completenessError,
    },
  };
}

/** Attributions of the first test image of each corrupted class, with the label as target. */
async function explainBoth(trainer: Trainer, test: ImageDataset, config: Config): Promise<ExplainedCell[]> {
  const result: ExplainedCell[] = [];
  for (const label of new Set([config.dotClass, config.gridClass])) {
    // The exercise explains test images 0 (a 7) and 6 (a 4).
    const image = test.labels[6] === label ? 6 : test.labels.indexOf(label);
    if (image < 0) continue;
    const { map: _map, scores: _scores, ...rest } = await attribute(trainer.network, asInput(test, image), label, config);
    result.push({
      ...rest,
      image,
      label,
      completenessError: rest.difference === null ? null : Math.abs(rest.sum - rest.difference),
    });
  }
  return result;
}

/** The chosen test image, clean or tainted. */
function exampleOf(sets: Sets, which: Which, context: RunContext<Config>) {
  const test = sets.test[which];
  const index = Math.min(context.live.example, test.count - 1);
  return { x: asInput(test, index), bytes: imageAt(test, index).slice(), label: test.labels[index] as number, index };
}

/** The chosen image explained for both networks, clean and tainted. */
async function explanations(
  trainers: Readonly<Record<Which, Trainer>>,
  sets: Sets,
  context: RunContext<Config>,
): Promise<Explanation[]> {
  const result: Explanation[] = [];
  for (const network of networks) {
    for (const test of networks) {
      const { x, bytes, label, index } = exampleOf(sets, test, context);
      const found = await attribute(trainers[network].network, x, label, context.live);
      result.push({ network, test, label, index, bytes, ...found });
    }
  }
  return result;
}

/** What the page asks for between steps and after the run: explanations, the path, images behind a cell. */
function serve(trainers: Readonly<Record<Which, Trainer>>, sets: Sets, context: Context<Config, FailureModes>): void {
  const example = (): Example => {
    const { network, progress } = trainers.tainted;
    return { ...exampleOf(sets, 'tainted', context), network, step: progress.step + 1 };
  };
  context.serve('tensors', async () => (await inspection()).inspect(example(), context.live));
  context.serve('verify', async ({ card }) => (await inspection()).verify(example(), context.live, card));
  context.serve('network', ({ network }) => exported(trainers[network], network, sets.train.clean.classNames));
  context.serve('explain', () => explanations(trainers, sets, context));
  context.serve('explainOwn', async ({ pixels }) => {
    if (pixels.length !== 784) throw new Error('an image must be 28 × 28 bytes');
    const x = Float32Array.from(pixels, normalised);
    const found: Explanation[] = [];
    for (const network of networks) {
      const { scores } = await attribute(trainers[network].network, x, 0, context.live);
      const label = scores.indexOf(Math.max(...scores));
      const of = await attribute(trainers[network].network, x, label, context.live);
      found.push({ network, test: 'own', label, index: -1, bytes: pixels, ...of });
    }
    return found;
  });
  context.serve('path', ({ network, test }) => {
    const { x, label } = exampleOf(sets, test, context);
    return pathNodes(trainers[network].network, x, label, context.live);
  });
  context.serve('behind', ({ test, indices }) => {
    const shown = indices.slice(0, BEHIND);
    const data = new Uint8Array(shown.length * 784);
    shown.forEach((index, n) => {
      data.set(imageAt(sets.test[test], index), n * 784);
    });
    return data;
  });
}
