/** Trains the denoiser on digits, on digits then clothes, and on both mixed; shows what each makes of both. */
import { channelStatistics, type ImageDataset, type Normalisation, subset, toFloat32 } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import type { Context, Experiment, ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { type PyTorchRequests, pytorchOf } from '../../runtime/pytorch/serve.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { exported, LAST, load as loadCheckpoint, save } from './checkpoint.ts';
import { clothesOf, NORMALISATION } from './mix.ts';
import { type Baselines, baselines } from './noise.ts';
import { definition, type SetName, type schema, sets as setNames, type TrainingName, trainings } from './schema.ts';
import { type Config, Denoiser, type MeasuredError, noiseOf, type Sets, trainerConfig } from './training.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

export interface TrainingResult {
  /** Mean loss of the last 50 steps. */
  readonly trainLoss: number;
  readonly mnistMSE: number;
  readonly fashionMSE: number;
  /** Standard errors of the two, over the images. */
  readonly mnistStandardError: number;
  readonly fashionStandardError: number;
  /** Images of each set that were tested on. */
  readonly testImages: number;
  readonly steps: number;
}

export interface DenoiseResult {
  readonly trainings: Readonly<Partial<Record<TrainingName, TrainingResult>>>;
  readonly baselines: { readonly mnist: Baselines; readonly fashion: Baselines };
}

/** Activations of one level of the network. */
export interface Level {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What is looked into: a training's network, and the skip connections that are cut meanwhile. */
export interface Look {
  readonly training: TrainingName;
  readonly cut: Config['cut'];
}

/** What run and page say to each other. */
export interface Denoising {
  result: DenoiseResult;
  data: { baselines: { readonly mnist: Baselines; readonly fashion: Baselines } };
  requests: CardRequests &
    PyTorchRequests & {
      /** The levels of the network for one image of a set. */
      inside(of: Look & { readonly set: SetName; readonly index: number }): readonly Level[];
      /** An image of the reader's, 28 × 28 bytes, by every network. @param as the set whose units it is given in */
      own(of: { readonly pixels: Uint8Array; readonly as: SetName }): {
        readonly clean: Uint8Array;
        readonly noisy: Uint8Array;
        readonly denoised: Readonly<Partial<Record<TrainingName, Uint8Array>>>;
      };
      /** One of the networks as a file that other labs open. */
      network(of: { readonly training: TrainingName }): Uint8Array;
      /** The images of both sets, denoised: bytes [8, 28, 28]. */
      denoise(of: Look): Readonly<Record<SetName, Uint8Array>>;
    };
}

/** The eight images that the exercise shows: 0, 123, 246, … */
const SHOWN = Array.from({ length: 8 }, (_, i) => 123 * i);
/**
 * Steps of the longest training between two checkpoints, at most; a short one has one in its middle. With 64 maps and batches of 64 a
 * processor takes minutes for so many.
 */
const CHECKPOINT_EVERY = 50;

async function* load(config: Config, context: RunContext<Config>): AsyncGenerator<ExperimentEvent, Sets> {
  const sets: ImageDataset[] = [];
  for (const name of ['mnist', 'fashion-mnist'] as const) {
    for (const split of ['train', 'test'] as const) {
      yield { type: 'phase', name: 'download', progress: sets.length / 4, detail: `${name}, ${split}` };
      const count = split === 'train' ? config.images : Math.max(config.testImages, (SHOWN.at(-1) as number) + 1);
      sets.push(await loadDataset(name, { source: context.data, signal: context.signal, split, count }));
    }
  }
  const [mnist, mnistTest, fashion, fashionTest] = sets as [ImageDataset, ImageDataset, ImageDataset, ImageDataset];
  return { train: { mnist, fashion }, test: { mnist: mnistTest, fashion: fashionTest } };
}

/** Mean and mean square of the pixels in normalised units. */
function baselinesOf(set: ImageDataset, config: Config, units: Normalisation): Baselines {
  const { mean, std } = channelStatistics(set);
  const [m, s] = [mean[0] as number, std[0] as number];
  const unit = units.std[0] as number;
  const shifted = (m - (units.mean[0] as number)) / unit;
  return baselines(shifted, shifted * shifted + (s / unit) ** 2, noiseOf(config));
}

/** Normalised units to the bytes of a picture. */
const toBytes = (values: Float32Array, { mean, std }: Normalisation): Uint8Array =>
  new Uint8Array(Uint8ClampedArray.from(values, (v) => 255 * (v * (std[0] as number) + (mean[0] as number))).buffer);

/** What a set is normalised with. */
const unitsOf = (set: SetName, config: Config): Normalisation => (set === 'MNIST' ? NORMALISATION : clothesOf(config));

/** The images of both sets, in their units. */
interface Shown {
  readonly images: Readonly<Record<SetName, Float32Array<ArrayBuffer>>>;
  readonly units: Readonly<Record<SetName, Normalisation>>;
}
const STRIP = [SHOWN.length, 28, 28, 1] as const;

/** The clean and the noisy images, which are the same for all trainings. */
async function* originals(denoiser: Denoiser, shown: Shown): AsyncGenerator<ExperimentEvent> {
  for (const set of setNames) {
    const [clean, units] = [shown.images[set], shown.units[set]];
    yield { type: 'images', name: `${set}, clean`, shape: STRIP, data: toBytes(clean, units) };
    yield { type: 'images', name: `${set}, noisy`, shape: STRIP, data: toBytes((await denoiser.denoise(clean)).noisy, units) };
  }
}

async function* strips(denoiser: Denoiser, shown: Shown): AsyncGenerator<ExperimentEvent> {
  for (const set of setNames) {
    const { denoised } = await denoiser.denoise(shown.images[set]);
    yield { type: 'images', name: `${set}, denoised, ${denoiser.name}`, shape: STRIP, data: toBytes(denoised, shown.units[set]) };
  }
}

/**
 * Trains all to their ends, whoever is furthest behind next, so that all three can be watched from the start. Now and then all have come
 * equally far: then a checkpoint is taken of all at once.
 * @param losses of each; they grow
 */
async function* train(
  denoisers: readonly Denoiser[],
  losses: ReadonlyMap<Denoiser, number[]>,
  shown: Shown,
  context: RunContext<Config>,
): AsyncGenerator<ExperimentEvent> {
  const doneBy = ({ trainer }: Denoiser) => trainer.progress.step;
  const total = denoisers.reduce((sum, { steps }) => sum + steps, 0);
  const parts = Math.max(2, Math.ceil(Math.max(...denoisers.map(({ steps }) => steps)) / CHECKPOINT_EVERY));
  let step = denoisers.reduce((sum, denoiser) => sum + doneBy(denoiser), 0);
  yield { type: 'phase', name: 'train', progress: step / total };
  for (let part = 1; part <= parts; part++) {
    const queue = denoisers.map((denoiser) => {
      const [done, until] = [doneBy(denoiser), Math.round((denoiser.steps * part) / parts)];
      return { denoiser, events: denoiser.trainer.run({ steps: Math.max(0, until - done) }), done, until };
    });
    if (queue.every(({ done, until }) => done >= until)) continue;
    for (;;) {
      const waiting = queue.filter(({ done, until }) => done < until);
      const [first, ...rest] = waiting;
      if (!first) break;
      const next = rest.reduce((a, b) => (b.done / b.denoiser.steps < a.done / a.denoiser.steps ? b : a), first);
      const { denoiser, events } = next;
      denoiser.trainer.lr = context.live.rate;
      const { value } = await events.next();
      if (value?.type !== 'step') continue;
      next.done = value.step;
      step++;
      losses.get(denoiser)?.push(value.loss);
      yield { type: 'metric', series: denoiser.name, x: value.step, y: value.loss };
      if (value.step % context.live.strips === 0 || value.step === 1) yield* strips(denoiser, shown);
      yield { type: 'step', step, total, loss: value.loss };
    }
    for (const { events } of queue) for await (const _ of events);
    yield { type: 'checkpoint', name: 'model', step, bytes: await save(denoisers, losses, context.live) };
  }
}

/** Measures an error, telling how far it is. */
async function* tested(
  denoiser: Denoiser,
  set: ImageDataset,
  config: Config,
  name: SetName,
  told: (share: number) => ExperimentEvent,
): AsyncGenerator<ExperimentEvent, MeasuredError> {
  const work = denoiser.error(set, config.testImages, unitsOf(name, config));
  for (;;) {
    const { done, value } = await work.next();
    if (done) return value;
    yield told(value);
  }
}

export const experiment: Experiment<typeof schema, Denoising> = {
  ...definition,
  async *run(config, context) {
    const sets = yield* load(config, context);
    const found = {
      mnist: baselinesOf(sets.train.mnist, config, NORMALISATION),
      fashion: baselinesOf(sets.train.fashion, config, clothesOf(config)),
    };
    yield { type: 'data', name: 'baselines', value: found };
    const pick = (set: ImageDataset, units: Normalisation) =>
      toFloat32(
        subset(
          set,
          SHOWN.map((i) => i % set.count),
        ),
        undefined,
        units,
      );
    const units = { MNIST: NORMALISATION, 'Fashion-MNIST': clothesOf(config) };
    const clothes = config.clothesShown === 'train' ? sets.train.fashion : sets.test.fashion;
    const images = { MNIST: pick(sets.test.mnist, units.MNIST), 'Fashion-MNIST': pick(clothes, units['Fashion-MNIST']) };
    const shown: Shown = { images, units };

    const names = config.training === 'all three' ? trainings : [config.training];
    const denoisers = names.map((name) => new Denoiser(name, sets, config));
    context.onDispose(() => {
      for (const denoiser of denoisers) denoiser.dispose();
    });
    serve(denoisers, shown, context);
    const [denoiser] = denoisers;
    if (denoiser) {
      const trained = () => denoiser.network.stateDict();
      context.serve('pytorch', () =>
        pytorchOf({ definition, config, begin: () => trainerConfig(denoiser.name, sets, config), trained }),
      );
    }
    yield* originals(denoisers[0] as Denoiser, shown);

    const before = context.checkpoint ? loadCheckpoint(denoisers, config, context.checkpoint) : {};
    const losses = new Map(denoisers.map((denoiser) => [denoiser, [...(before[denoiser.name] ?? [])]]));
    yield* train(denoisers, losses, shown, context);

    const result: Partial<Record<TrainingName, TrainingResult>> = {};
    for (const [index, denoiser] of denoisers.entries()) {
      yield { type: 'phase', name: 'evaluate', progress: index / denoisers.length };
      yield* strips(denoiser, shown);
      const told = (share: number): ExperimentEvent => ({
        type: 'phase',
        name: 'evaluate',
        progress: (index + share) / denoisers.length,
      });
      const digits = yield* tested(denoiser, sets.test.mnist, config, 'MNIST', (share) => told(share / 2));
      const clothes = yield* tested(denoiser, sets.test.fashion, config, 'Fashion-MNIST', (share) => told((1 + share) / 2));
      const last = losses.get(denoiser)?.slice(-LAST) ?? [];
      const trainLoss = last.reduce((sum, loss) => sum + loss, 0) / last.length;
      result[denoiser.name] = {
        trainLoss,
        mnistMSE: digits.mean,
        fashionMSE: clothes.mean,
        mnistStandardError: digits.standardError,
        fashionStandardError: clothes.standardError,
        testImages: digits.images,
        steps: denoiser.trainer.progress.step,
      };
      const row = {
        training: denoiser.name,
        [`loss, last ${LAST} steps`]: trainLoss,
        'MSE on MNIST': digits.mean,
        '±, MNIST': digits.standardError,
        'MSE on Fashion-MNIST': clothes.mean,
        '±, Fashion-MNIST': clothes.standardError,
        'test images': digits.images,
      };
      yield { type: 'row', table: 'errors', id: denoiser.name, row };
    }
    return { trainings: result, baselines: found };
  },
};

/** What the page asks for: pictures with skip connections cut, and the levels of the network for one image. */
function serve(denoisers: readonly Denoiser[], shown: Shown, context: Context<Config, Denoising>): void {
  /** The network of that training, with connections cut while `look` looks. @throws Error where the run does not have it */
  const looking = async <T>({ training, cut }: Look, look: (denoiser: Denoiser) => Promise<T>): Promise<T> => {
    const denoiser = denoisers.find(({ name }) => name === training);
    if (!denoiser) throw new Error(`This run trains no network on ${training}.`);
    denoiser.cut(cut);
    return look(denoiser).finally(() => denoiser.cut('none'));
  };
  context.serve('denoise', (of) =>
    looking(of, async (denoiser) => ({
      MNIST: toBytes((await denoiser.denoise(shown.images.MNIST)).denoised, shown.units.MNIST),
      'Fashion-MNIST': toBytes((await denoiser.denoise(shown.images['Fashion-MNIST'])).denoised, shown.units['Fashion-MNIST']),
    })),
  );
  context.serve('own', async ({ pixels, as }) => {
    const units = shown.units[as];
    const image = Float32Array.from(pixels, (byte) => (byte / 255 - (units.mean[0] as number)) / (units.std[0] as number));
    if (image.length !== 784) throw new Error('an image must be 28 × 28 bytes');
    const found: Partial<Record<TrainingName, Uint8Array>> = {};
    let noisy: Float32Array = image;
    for (const denoiser of denoisers) {
      const made = await denoiser.denoise(image);
      noisy = made.noisy;
      found[denoiser.name] = toBytes(made.denoised, units);
    }
    return { clean: pixels, noisy: toBytes(noisy, units), denoised: found };
  });
  context.serve('network', ({ training }) => looking({ training, cut: 'none' }, exported));
  const [first] = denoisers;
  if (first) {
    context.serve('tensors', async () => (await inspection()).inspect(first, shown.images.MNIST.slice(0, 784)));
    context.serve('verify', async ({ card }) => (await inspection()).verify(first, shown.images.MNIST.slice(0, 784), card));
  }
  context.serve('inside', (of) =>
    looking(of, (denoiser) => denoiser.inside(shown.images[of.set].slice(of.index * 784, (of.index + 1) * 784))),
  );
}
