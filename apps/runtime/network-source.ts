/**
 * The network that a lab embeds, explains, attacks or repairs: trained here, given as a file of the classification lab, or trained by
 * others. The page's side is `components/network-source`; its files come with the start of the run (`context.files`).
 */
import type { DatasetName } from '../../engine/data/catalog.ts';
import { type ImageDataset, take } from '../../engine/data/dataset.ts';
import { loadDataset } from '../../engine/data/load.ts';
import { ConfigError, DataFormatError } from '../../engine/errors.ts';
import { loadPretrained } from '../../engine/io/pretrained.ts';
import { mlp } from '../../engine/nn/architectures.ts';
import type { NetworkDefinition } from '../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../engine/nn/network.ts';
import { networkFrom, readCheckpoint, saveNetwork } from '../../engine/train/checkpoint.ts';
import { imageData, type TrainingData } from '../../engine/train/data.ts';
import { Trainer } from '../../engine/train/trainer.ts';
import type { MetricEvent } from './events.ts';
import type { GivenFiles, PlainEvent, RunContext } from './experiment.ts';
import { isPictureFile } from './own-images.ts';

/** A network at one moment of its training, as a checkpoint. */
export interface Snapshot {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

/** What the images of a network are divided by after /255: (x − mean)/std for each channel; null: nothing. */
export type Normalisation = { readonly mean: readonly number[]; readonly std: readonly number[] } | null;

/** A network that can be used, and what must be known to use it. Whoever opened it disposes of `network`. */
export interface OpenNetwork {
  readonly network: Network;
  /** For the reader: `trained here, epoch 4`. */
  readonly origin: string;
  /** Data set that it was trained on, where the file says so. */
  readonly dataset: string | undefined;
  /** Empty where nobody said. */
  readonly classNames: readonly string[];
  /** Undefined where nobody said: then it is that of the images it is given. */
  readonly normalisation: Normalisation | undefined;
}

/** A small training in the page. */
export interface TrainHere {
  /** A set that is known by name, or images that the run has made or read. */
  readonly dataset: DatasetName | ImageDataset;
  /** First images of the training set. */
  readonly images: number;
  readonly epochs: number;
  readonly seed: number;
  /** Default: one hidden layer of 128 units. */
  readonly layers?: (inputShape: readonly [number, number, number], classes: number) => NetworkDefinition;
}

export type NetworkChoice =
  | { readonly source: 'train'; readonly train: TrainHere }
  | { readonly source: 'file' }
  /** A name that `npm run data` knows. */
  | { readonly source: 'pretrained'; readonly name: 'tiny-darknet' };

interface Notes {
  readonly dataset?: string;
  readonly classNames?: readonly string[];
  readonly normalisation?: Normalisation;
}

/** Snapshots from the reader's checkpoint files, in the order of their training. @throws DataFormatError naming a file that is none */
export function snapshotsOf(files: GivenFiles): Snapshot[] {
  return [...files]
    .flatMap(([name, bytes]) => (isPictureFile(name) || bytes instanceof Blob ? [] : [[name, bytes] as const]))
    .map(([name, bytes]) => ({ epoch: readCheckpoint(bytes, name).metadata.training?.progress.epoch ?? 0, bytes }))
    .sort((a, b) => a.epoch - b.epoch);
}

/** What a file says of the images of its network. @throws DataFormatError where no lab would say so */
export function notesOf({ bytes }: Pick<Snapshot, 'bytes'>): Notes {
  const notes: Notes = readCheckpoint(bytes).metadata.notes ?? {};
  const { mean, std } = notes.normalisation ?? { mean: [], std: [] };
  if (![notes.classNames ?? [], mean, std].every(Array.isArray))
    throw new DataFormatError('checkpoint', 8, 'lists of class names, means and deviations in its notes');
  return notes;
}

/** The network of a checkpoint. */
export function openSnapshot(snapshot: Snapshot, origin = 'from a file'): OpenNetwork {
  const { bytes, epoch } = snapshot;
  const { dataset, classNames = [], normalisation } = notesOf(snapshot);
  return { network: networkFrom(bytes), origin: `${origin}, epoch ${epoch}`, dataset, classNames, normalisation };
}

/** Images as the network wants them. @throws ConfigError where they have another size */
export function inputOf(
  { network, normalisation }: Pick<OpenNetwork, 'network' | 'normalisation'>,
  set: ImageDataset,
): TrainingData {
  const { height, width, channels, name } = set;
  requireFit(network.inputShape, [height, width, channels], name);
  return imageData(set, normalisation === undefined ? {} : { normalisation });
}

/** @throws ConfigError where images do not fit a network */
export function requireFit(inputShape: readonly number[], images: readonly number[], name: string): void {
  if (inputShape.join() === images.join()) return;
  throw new ConfigError('checkpoint', `its network takes [${inputShape.join(', ')}], '${name}' has [${images.join(', ')}].`);
}

const HIDDEN = 128;
const smallNetwork: NonNullable<TrainHere['layers']> = ([height, width, channels], classes) =>
  mlp([height * width * channels, HIDDEN, classes]);

/** What a training left: its snapshots, and the loss curve that a run which need not train again still tells. */
interface Trained {
  readonly snapshots: readonly Snapshot[];
  readonly curve: readonly MetricEvent[];
}

/** Networks that this thread has trained: a restart with other settings need not train again. */
const trainedBefore = new Map<string, Trained>();
const MOST_TRAINED = 4;

async function* trainingSet(
  dataset: TrainHere['dataset'],
  count: number,
  { data: source, signal }: RunContext,
): AsyncGenerator<PlainEvent, ImageDataset> {
  if (typeof dataset !== 'string') return take(dataset, count);
  yield { type: 'phase', name: 'download', detail: 'training images' };
  return loadDataset(dataset, { source, signal, split: 'train', count });
}

/** Trains a small network and keeps it before training and after each epoch. */
export async function* trainedSnapshots(
  { dataset, images, epochs, seed, layers = smallNetwork }: TrainHere,
  context: RunContext,
): AsyncGenerator<PlainEvent, readonly Snapshot[]> {
  const set = yield* trainingSet(dataset, images, context);
  const { height, width, channels, classNames, name } = set;
  const inputShape = [height, width, channels] as const;
  const definition = layers(inputShape, classNames.length);
  const which = typeof dataset === 'string' ? dataset : imageData(set).hash();
  const key = JSON.stringify([which, images, epochs, seed, context.device.kind, definition]);
  const known = trainedBefore.get(key);
  if (known) {
    yield* known.curve;
    return known.snapshots;
  }
  const network = buildNetwork(definition, { inputShape, rng: seed });
  const normalisation: Normalisation = { mean: set.mean, std: set.std };
  const save = () => saveNetwork(network, { dataset: name, classNames, normalisation });
  try {
    const curve: MetricEvent[] = [];
    const snapshots: Snapshot[] = [{ epoch: 0, bytes: await save() }];
    const trainer = new Trainer({
      network,
      data: imageData(set, { normalisation }),
      loss: 'crossEntropy',
      optimiser: { type: 'adam', lr: 1e-3 },
      batchSize: 64,
      epochs,
      evalEvery: 'never',
      seed,
    });
    for await (const event of trainer.run()) {
      if (event.type === 'step' && event.step % 20 === 0) {
        yield { type: 'phase', name: 'train', progress: event.step / event.total, detail: `a network, epoch ${event.epoch}` };
        const metric = { type: 'metric', chart: 'training', series: 'loss', x: event.step, y: event.loss } as const;
        curve.push(metric);
        yield metric;
      } else if (event.type === 'epoch') snapshots.push({ epoch: event.epoch, bytes: await save() });
    }
    trainer.dispose();
    if (trainedBefore.size >= MOST_TRAINED) trainedBefore.clear();
    trainedBefore.set(key, { snapshots, curve });
    return snapshots;
  } finally {
    network.dispose();
  }
}

/** The reader's snapshots, or where there are none, those of a training here. */
export async function* snapshotsFor(train: TrainHere, context: RunContext): AsyncGenerator<PlainEvent, readonly Snapshot[]> {
  const given = snapshotsOf(context.files);
  return given.length > 0 ? given : yield* trainedSnapshots(train, context);
}

/**
 * The network of a run.
 * @throws ConfigError where a file is wanted and none was given; MissingDataError naming the command that prepares what is missing
 */
export async function* openNetwork(choice: NetworkChoice, context: RunContext): AsyncGenerator<PlainEvent, OpenNetwork> {
  if (choice.source === 'train') {
    const last = (yield* trainedSnapshots(choice.train, context)).at(-1) as Snapshot;
    return openSnapshot(last, 'trained here');
  }
  if (choice.source === 'file') {
    const last = snapshotsOf(context.files).at(-1);
    if (!last)
      throw new ConfigError(
        'network',
        'give a checkpoint of the classification lab (.safetensors) first, or train a network here.',
      );
    return openSnapshot(last);
  }
  yield { type: 'phase', name: 'download', detail: choice.name };
  const found = await loadPretrained(choice.name, { source: context.data, signal: context.signal });
  const network = buildNetwork(found.network, { inputShape: found.inputShape, rng: 0 });
  network.loadStateDict(found.state);
  const { mean, std, classNames, name, source } = found;
  return { network: network.eval(), origin: `${name} (${source})`, dataset: undefined, classNames, normalisation: { mean, std } };
}
