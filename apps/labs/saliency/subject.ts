/** What is explained: a network, and pictures of its kind. */
import type { DatasetName } from '../../../engine/data/catalog.ts';
import { type ImageDataset, imageAt, subset } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { DENSE_MODEL, widthsCnn } from '../../../engine/nn/architectures.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { inferenceNetwork } from '../../runtime/inference-network.ts';
import { type OpenNetwork, openNetwork, openSnapshot, trainedSnapshots } from '../../runtime/network-source.ts';
import { hasPictures, readOwnImages } from '../../runtime/own-images.ts';
import { photographs } from '../../runtime/photographs.ts';
import { withProgress } from '../../runtime/progress.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { CUES } from '../failure-modes/cues.ts';
import { corrupt, NORMALISATION } from '../failure-modes/data.ts';
import { inside, OUTLINES } from './outlines.ts';
import { makeScenes, SCENE_CLASSES, type Scenes } from './scenes.ts';
import { type schema, TEST_SCENES } from './schema.ts';

export type Config = ConfigOf<typeof schema>;

/** Side of the reader's own pictures where a network is trained on them. */
const OWN_SIDE = 64;

/** One of the pictures. */
export interface Picture {
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
  /** True class; −1 where nobody knows. */
  readonly label: number;
  /** What is known of it: the true class, or what a photograph shows. */
  readonly name: string;
  /** 1 where the object is, where that is known. */
  readonly object: Uint8Array | null;
}

export interface Subject {
  readonly open: OpenNetwork;
  readonly pictures: readonly Picture[];
  /** Labelled images of its kind, for the files by class; undefined where there are none. */
  readonly test: ImageDataset | undefined;
  readonly scenes: Scenes | undefined;
  /** Where photographs are from. */
  readonly notices: readonly string[];
}

/** The convolutional network with a global-average head that is trained here: class maps of a quarter of the picture's side. */
export const gapNetwork =
  (config: Pick<Config, 'lastRelu'>, widths: readonly number[]) =>
  ([, , channels]: readonly [number, number, number], classes: number): NetworkDefinition =>
    widthsCnn([...widths, classes], { channels, p: 0, lastRelu: config.lastRelu });

/** The first images, the classes taking turns. */
export function takingTurns(set: ImageDataset, count: number): number[] {
  const waiting = set.classNames.map(() => [] as number[]);
  set.labels.forEach((label, index) => {
    waiting[label]?.push(index);
  });
  const longest = Math.max(...waiting.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => waiting.flatMap((list) => list.slice(turn, turn + 1)))
    .flat()
    .slice(0, count);
}

function picturesOf(set: ImageDataset, count: number, objects?: Uint8Array): Picture[] {
  const area = set.height * set.width;
  return takingTurns(set, count).map((index) => ({
    pixels: imageAt(set, index).slice(),
    label: set.labels[index] as number,
    name: set.classNames[set.labels[index] as number] ?? '',
    object: objects ? objects.slice(index * area, (index + 1) * area) : null,
  }));
}

type Opening = AsyncGenerator<ExperimentEvent, Subject>;

async function* onScenes(config: Config, context: RunContext): Opening {
  const open = yield* sceneNetwork(config, config.correlation, context);
  const scenes = makeScenes(TEST_SCENES, config.correlation, config.seed, 'test');
  return { open, pictures: picturesOf(scenes, config.pictures, scenes.objects), test: scenes, scenes, notices: [] };
}

/** Class maps of 16 × 16, each cell of which sees 12 pixels; without a bias, which would light every cell alike. */
const sceneLayers = ({ lastRelu }: Config): NetworkDefinition => [
  { type: 'conv2d', in: 3, out: 16, kernel: 3, padding: 1 },
  { type: 'batchnorm2d', features: 16 },
  { type: 'relu' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', in: 16, out: 32, kernel: 3, padding: 1 },
  { type: 'batchnorm2d', features: 32 },
  { type: 'relu' },
  { type: 'conv2d', in: 32, out: SCENE_CLASSES.length, kernel: 3, padding: 1, bias: false },
  ...(lastRelu ? [{ type: 'relu' } as const] : []),
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
];

/** A network trained on scenes whose background goes with the class as often as wanted. */
export async function* sceneNetwork(
  config: Config,
  correlation: number,
  context: RunContext,
): AsyncGenerator<ExperimentEvent, OpenNetwork> {
  const { images, epochs, seed } = config;
  const dataset = makeScenes(images, correlation, seed, 'train');
  const layers = () => sceneLayers(config);
  const snapshots = yield* trainedSnapshots({ dataset, images, epochs, seed, layers }, context);
  return openSnapshot(snapshots.at(-1) as (typeof snapshots)[number], 'trained here on scenes');
}

async function* onDataset(config: Config, dataset: 'cifar-10', context: RunContext): Opening {
  const { images, epochs, seed } = config;
  const train = { dataset, images, epochs, seed, layers: gapNetwork(config, [32, 64]) };
  const open = yield* openNetwork({ source: 'train', train }, context);
  return yield* withTestImages(open, dataset, config, context);
}

/** A data set's test images beside a network. */
async function* withTestImages(open: OpenNetwork, dataset: DatasetName, config: Config, context: RunContext): Opening {
  yield { type: 'phase', name: 'download', detail: 'test images' };
  const count = Math.max(200, 10 * config.perClass);
  const test = await loadDataset(dataset, { source: context.data, signal: context.signal, split: 'test', count });
  return { open, pictures: picturesOf(test, config.pictures), test, scenes: undefined, notices: [] };
}

/** A network of the failure-modes lab, with that lab's default dot and grid; it is shown tainted test images. */
async function* onDigits(config: Config, which: 'clean' | 'tainted', context: RunContext): Opening {
  const { images, epochs, seed } = config;
  const { data: source, signal } = context;
  yield { type: 'phase', name: 'download', detail: 'digits' };
  const cues = { ...CUES, seed };
  const clean = await loadDataset('mnist', { source, signal, split: 'train', count: images });
  const named = { ...clean, ...NORMALISATION, name: `mnist, ${which}` };
  const dataset = which === 'clean' ? named : corrupt(named, cues, 1, 'taint train');
  const layers = () => DENSE_MODEL.definition;
  const snapshots = yield* trainedSnapshots({ dataset, images, epochs, seed, layers }, context);
  const open = openSnapshot(snapshots.at(-1) as (typeof snapshots)[number], `trained here on ${which} digits`);
  const unmarked = await loadDataset('mnist', { source, signal, split: 'test', count: 400 });
  const test = corrupt({ ...unmarked, ...NORMALISATION }, cues, 1, 'taint test');
  // The two classes that carry a cue come first.
  const marked = takingTurns(test, test.count).sort((a, b) => rank(test.labels[a]) - rank(test.labels[b]));
  const chosen = subset(test, marked.slice(0, config.pictures));
  const pictures = Array.from(chosen.labels, (label, at) => ({
    pixels: imageAt(chosen, at).slice(),
    label,
    name: `${test.classNames[label]}`,
    object: null,
  }));
  return { open, pictures, test, scenes: undefined, notices: [] };
}
const rank = (label: number | undefined): number => (label === 7 ? 0 : label === 4 ? 1 : 2);

async function* onOwn(config: Config, context: RunContext): Opening {
  if (!hasPictures(context.files)) {
    throw new ConfigError('network', 'open folders of pictures, one for each class, or an archive of such folders first.');
  }
  const { images, epochs, seed } = config;
  const size = { height: OWN_SIDE, width: OWN_SIDE, channels: 3 } as const;
  const set = yield* withProgress('decode', 'your pictures', (report) => readOwnImages(context.files, size, report, images));
  const train = { dataset: set, images, epochs, seed, layers: gapNetwork(config, [32, 64]) };
  const snapshots = yield* trainedSnapshots(train, context);
  const open = openSnapshot(snapshots.at(-1) as (typeof snapshots)[number], 'trained here on your pictures');
  return { open, pictures: picturesOf(set, config.pictures), test: set, scenes: undefined, notices: [] };
}

/** A place among the photographs' names that the network knows as a class. */
const classOf = (classNames: readonly string[], name: string): number => {
  const plain = (text: string) => text.toLowerCase().replaceAll('_', ' ');
  return classNames.findIndex((known) => plain(known) === plain(name));
};

async function* onPhotographs(open: OpenNetwork, context: RunContext): Opening {
  const [height, width, channels] = open.network.inputShape as [number, number, number];
  yield { type: 'phase', name: 'decode', detail: 'photographs' };
  const all = await photographs(context, { height, width, channels: channels === 1 ? 1 : 3 });
  const pictures = all.map(({ name, pixels }): Picture => {
    const outline = OUTLINES[name];
    return { pixels, name, label: classOf(open.classNames, name), object: outline ? inside(outline, height, width) : null };
  });
  // Those of which the right answer is known first.
  const known = [...pictures.filter(({ label }) => label >= 0), ...pictures.filter(({ label }) => label < 0)];
  const notices = [...new Set(all.map(({ notice }) => notice))];
  return { open, pictures: known, test: undefined, scenes: undefined, notices };
}

async function* fromFile(config: Config, context: RunContext): Opening {
  const open = yield* openNetwork({ source: 'file' }, context);
  const { network, dataset } = open;
  const [height, width, channels] = network.inputShape;
  if (network.outputShape.length !== 1) throw new ConfigError('checkpoint', 'its network puts out no class scores.');
  const known = (['mnist', 'fashion-mnist', 'cifar-10'] as const).find((name) => name === dataset);
  if (known) return yield* withTestImages(open, known, config, context);
  const own = hasPictures(context.files);
  if (network.inputShape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new ConfigError('checkpoint', `its network takes [${network.inputShape.join(', ')}], no picture.`);
  }
  if (!own) return yield* onPhotographs(open, context);
  const set = await readOwnImages(context.files, { height: height as number, width: width as number, channels });
  return { open, pictures: picturesOf(set, config.pictures), test: set, scenes: undefined, notices: [] };
}

/** The network and pictures that the settings name. @throws ConfigError, DataFormatError or MissingDataError, for the reader */
export async function* openSubject(config: Config, context: RunContext): Opening {
  const opened = yield* openChosen(config, context);
  const open = await inferenceNetwork(opened.open, { fold: config.fold });
  return { ...opened, open };
}

function openChosen(config: Config, context: RunContext): Opening {
  switch (config.network) {
    case 'scenes':
      return onScenes(config, context);
    case 'cifar-10':
      return onDataset(config, 'cifar-10', context);
    case 'clean digits':
      return onDigits(config, 'clean', context);
    case 'tainted digits':
      return onDigits(config, 'tainted', context);
    case 'own pictures':
      return onOwn(config, context);
    case 'file':
      return fromFile(config, context);
    case 'tiny-darknet':
      return onTinyDarknet(context);
  }
}

async function* onTinyDarknet(context: RunContext): Opening {
  const open = yield* openNetwork({ source: 'pretrained', name: 'tiny-darknet' }, context);
  return yield* onPhotographs(open, context);
}

/** Bytes as the network wants them: (byte/255 − mean)/std. @param count pictures in `pixels` */
export function inputsOf({ network, normalisation }: OpenNetwork, pixels: Uint8Array, count: number): Float32Array<ArrayBuffer> {
  const channels = network.inputShape.at(-1) as number;
  const size = network.inputShape.reduce((a, b) => a * b, 1);
  if (pixels.length !== size * count) {
    throw new ConfigError('picture', `must have ${size} values for this network, not ${pixels.length / count}.`);
  }
  return Float32Array.from(pixels, (byte, at) => {
    const c = at % channels;
    return (byte / 255 - (normalisation?.mean[c] ?? 0)) / (normalisation?.std[c] ?? 1);
  });
}
