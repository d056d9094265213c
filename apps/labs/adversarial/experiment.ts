/** Attacks a picture step by step, then asks how often attacks of each size work, and whether they work against another network. */
import { type ImageDataset, imageAt, imageSize, take } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { ConfigError } from '../../../engine/errors.ts';
import type { Attack } from '../../../engine/explain/robustness.ts';
import { imageData } from '../../../engine/train/data.ts';
import type { Context, Experiment, ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { type Attacked, attackPicture, type Picture, stepsOf } from './attack.ts';
import { accuracyAt, type Curves, drawn, type SizeResult, type Transfer, transferred } from './curves.ts';
import { attackedNetwork, type Config, hardenedNetwork, otherNetwork, type Subject } from './networks.ts';
import { definition, type schema } from './schema.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

/** The picture of the run without its pixels. */
export interface Outcome {
  readonly index: number | null;
  readonly label: number;
  readonly target: number | null;
  readonly before: { readonly predicted: number; readonly confidence: number };
  readonly after: { readonly predicted: number; readonly confidence: number };
  readonly noise: { readonly predicted: number; readonly confidence: number };
  readonly largest: number;
  readonly length: number;
}

export interface AdversarialResult {
  readonly network: string;
  readonly testImages: number;
  readonly outcome: Outcome;
  readonly curves: Curves;
  readonly hardened: Curves | null;
  readonly transfer: Transfer;
}

/** What run and page say to each other. */
export interface Adversarial {
  result: AdversarialResult;
  data: {
    /** The picture of the run, as far as the walk has come. */
    attacked: Attacked;
    classes: readonly string[];
    /** What is said of the networks. */
    networks: { readonly first: string; readonly other: string; readonly hardened: string | null };
  };
  requests: CardRequests & {
    /** Attacks the chosen test image, or the reader's own picture [height, width, channels] in bytes. */
    attack(of: { readonly pixels: Uint8Array | null }): Attacked;
  };
}

/** The first test images, to be chosen from. */
const SHOWN = 40;
interface Subjects {
  readonly plain: Subject;
  readonly hardened: Subject | null;
  readonly other: Subject;
}

async function* open(config: Config, test: ImageDataset, context: RunContext<Config>): AsyncGenerator<ExperimentEvent, Subjects> {
  const opened: Subject[] = [];
  context.onDispose(() => {
    for (const { network } of opened) network.dispose();
  });
  const { start, ...plain } = yield* attackedNetwork(config, test, context);
  opened.push(plain);
  let hardened: Subject | null = null;
  if (config.hardened) {
    const { dataset, images: count } = config;
    const train = await loadDataset(dataset, { source: context.data, signal: context.signal, split: 'train', count });
    hardened = yield* hardenedNetwork(config, train, start, context);
    opened.push(hardened);
  }
  const other = yield* otherNetwork(config, test, context);
  opened.push(other);
  return { plain, hardened, other };
}

/** A test image, or the reader's own picture. @throws ConfigError where the picture has another size */
function pictureOf(test: ImageDataset, example: number, pixels: Uint8Array | null): Picture {
  const { height, width, channels } = test;
  if (pixels && pixels.length !== imageSize(test)) {
    throw new ConfigError('picture', `it must have ${height} × ${width} × ${channels} bytes, got ${pixels.length}.`);
  }
  const index = Math.min(example, test.count - 1);
  return {
    ...(pixels ? { index: null, label: null } : { index, label: test.labels[index] as number }),
    shape: [height, width, channels],
    pixels: Float32Array.from(pixels ?? imageAt(test, index), (byte) => byte / 255),
  };
}

export const experiment: Experiment<typeof schema, Adversarial> = {
  ...definition,
  async *run(config, context) {
    yield { type: 'phase', name: 'download' };
    const { dataset, testImages: count } = config;
    const test = await loadDataset(dataset, { source: context.data, signal: context.signal, split: 'test', count });
    yield { type: 'data', name: 'classes', value: test.classNames };
    yield* shown(test);
    const subjects = yield* open(config, test, context);
    const { plain, hardened, other } = subjects;
    const networks = { first: plain.origin, other: other.origin, hardened: hardened?.origin ?? null };
    yield { type: 'data', name: 'networks', value: networks };
    serve(subjects, test, context);

    const sizes = Array.from({ length: config.sizes + 1 }, (_, i) => +((config.largest * i) / config.sizes).toFixed(4));
    const judged = [plain, hardened].filter((subject) => subject !== null);
    const total = stepsOf(config) + 1 + judged.length * sizes.length + 1;
    let step = 0;
    yield { type: 'phase', name: 'attack' };
    let attacked: Attacked | undefined;
    const walk = attackPicture(victimOf(subjects, config).network, pictureOf(test, config.example, null), config, other.network);
    for await (const now of walk) {
      attacked = now;
      yield { type: 'data', name: 'attacked', value: now };
      // The landscape comes with the last picture once more.
      if (!now.landscape && now.other === null) yield { type: 'step', step: ++step, total };
    }

    const data = imageData(test, { normalisation: null });
    const curves: Curves[] = [];
    for (const subject of judged) {
      const found: Record<Attack, SizeResult[]> = { noise: [], fgsm: [], pgd: [] };
      for (const epsilon of sizes) {
        yield* accuracyAt(subject, data, epsilon, config, found);
        yield* drawn(found, epsilon, subject === plain ? '' : `, ${subject.origin}`);
        yield { type: 'step', step: ++step, total };
      }
      curves.push(found);
    }
    const transfer = yield* transferred(subjects, test, config);
    yield { type: 'step', step: total, total };
    return {
      network: plain.origin,
      testImages: test.count,
      outcome: outcomeOf(attacked as Attacked),
      curves: curves[0] as Curves,
      hardened: curves[1] ?? null,
      transfer,
    };
  },
};

const victimOf = ({ plain, hardened }: Subjects, { victim }: Config): Subject => (victim === 'hardened' && hardened) || plain;

function* shown(test: ImageDataset): IterableIterator<ExperimentEvent> {
  const some = take(test, SHOWN);
  const { height, width, channels } = test;
  const labels = Array.from(some.labels);
  yield { type: 'images', name: 'test images', shape: [some.count, height, width, channels], data: some.images.slice(), labels };
}

function outcomeOf({ index, label, target, clean, points, noise }: Attacked): Outcome {
  const brief = ({ predicted, confidence }: Pick<Attacked['clean'], 'predicted' | 'confidence'>) => ({ predicted, confidence });
  const last = points.at(-1) as Attacked['points'][number];
  const { largest, length } = last;
  return {
    ...{ index, label, target, largest, length },
    before: brief(clean),
    after: brief(last),
    noise: brief(noise?.verdict ?? clean),
  };
}

/** What the page asks for between steps and after the run. */
function serve(subjects: Subjects, test: ImageDataset, context: Context<Config, Adversarial>): void {
  const chosen = () => ({ ...pictureOf(test, context.live.example, null), network: victimOf(subjects, context.live).network });
  context.serve('tensors', async () => (await inspection()).inspect(chosen(), context.live));
  context.serve('verify', async ({ card }) => (await inspection()).verify(chosen(), context.live, card));
  context.serve('attack', async ({ pixels }) => {
    const { network } = victimOf(subjects, context.live);
    const picture = pictureOf(test, context.live.example, pixels);
    let last: Attacked | undefined;
    for await (const now of attackPicture(network, picture, context.live, subjects.other.network)) last = now;
    return last as Attacked;
  });
}
