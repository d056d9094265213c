/** Trains the denoiser on digits, on digits then clothes, and on both mixed; shows what each makes of both. */
import { channelStatistics, type ImageDataset, subset, toFloat32 } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import type { Context, Experiment, ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { inspect, verify } from './inspect.ts';
import { type Baselines, baselines } from './noise.ts';
import { definition, type SetName, type schema, type TrainingName, trainings } from './schema.ts';
import { type Config, Denoiser, NORMALISATION, noiseOf, type Sets } from './training.ts';

export interface TrainingResult {
  /** Mean loss of the last 50 steps. */
  readonly trainLoss: number;
  readonly mnistMSE: number;
  readonly fashionMSE: number;
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
  requests: CardRequests & {
    /** The levels of the network for one image of a set. */
    inside(of: Look & { readonly set: SetName; readonly index: number }): readonly Level[];
    /** The images of both sets, denoised: bytes [8, 28, 28]. */
    denoise(of: Look): Readonly<Record<SetName, Uint8Array>>;
  };
}

/** The eight images that the exercise shows: 0, 123, 246, … */
const SHOWN = Array.from({ length: 8 }, (_, i) => 123 * i);
/** Images on which the errors of the table are measured; more with the full recipe. */
const errorImages = (config: Config) => (config.maps < 32 ? 256 : 10000);
const LAST = 50;

async function* load(config: Config, context: RunContext<Config>): AsyncGenerator<ExperimentEvent, Sets> {
  const sets: ImageDataset[] = [];
  for (const name of ['mnist', 'fashion-mnist'] as const) {
    for (const split of ['train', 'test'] as const) {
      yield { type: 'phase', name: 'download', progress: sets.length / 4, detail: `${name}, ${split}` };
      const count = split === 'train' ? config.images : Math.max(errorImages(config), (SHOWN.at(-1) as number) + 1);
      sets.push(await loadDataset(name, { source: context.data, signal: context.signal, split, count }));
    }
  }
  const [mnist, mnistTest, fashion, fashionTest] = sets as [ImageDataset, ImageDataset, ImageDataset, ImageDataset];
  return { train: { mnist, fashion }, test: { mnist: mnistTest, fashion: fashionTest } };
}

/** Mean and mean square of the pixels in normalised units. */
function baselinesOf(set: ImageDataset, config: Config): Baselines {
  const { mean, std } = channelStatistics(set);
  const [m, s] = [mean[0] as number, std[0] as number];
  const unit = NORMALISATION.std[0];
  const shifted = (m - NORMALISATION.mean[0]) / unit;
  return baselines(shifted, shifted * shifted + (s / unit) ** 2, noiseOf(config));
}

/** Normalised units to the bytes of a picture. */
const toBytes = (values: Float32Array): Uint8Array =>
  new Uint8Array(Uint8ClampedArray.from(values, (v) => 255 * (v * NORMALISATION.std[0] + NORMALISATION.mean[0])).buffer);

type Shown = Readonly<Record<SetName, Float32Array<ArrayBuffer>>>;
const STRIP = [SHOWN.length, 28, 28, 1] as const;

/** The clean and the noisy images, which are the same for all trainings. */
async function* originals(denoiser: Denoiser, shown: Shown): AsyncGenerator<ExperimentEvent> {
  for (const [set, clean] of Object.entries(shown)) {
    yield { type: 'images', name: `${set}, clean`, shape: STRIP, data: toBytes(clean) };
    yield { type: 'images', name: `${set}, noisy`, shape: STRIP, data: toBytes((await denoiser.denoise(clean)).noisy) };
  }
}

async function* strips(denoiser: Denoiser, shown: Shown): AsyncGenerator<ExperimentEvent> {
  for (const [set, clean] of Object.entries(shown)) {
    const { denoised } = await denoiser.denoise(clean);
    yield { type: 'images', name: `${set}, denoised, ${denoiser.name}`, shape: STRIP, data: toBytes(denoised) };
  }
}

export const experiment: Experiment<typeof schema, Denoising> = {
  ...definition,
  async *run(config, context) {
    const sets = yield* load(config, context);
    const found = { mnist: baselinesOf(sets.train.mnist, config), fashion: baselinesOf(sets.train.fashion, config) };
    yield { type: 'data', name: 'baselines', value: found };
    // The exercise shows clothes from the training split.
    const pick = (set: ImageDataset) =>
      toFloat32(
        subset(
          set,
          SHOWN.map((i) => i % set.count),
        ),
        undefined,
        NORMALISATION,
      );
    const shown = { MNIST: pick(sets.test.mnist), 'Fashion-MNIST': pick(sets.train.fashion) };

    const names = config.training === 'all three' ? trainings : [config.training];
    const denoisers = names.map((name) => new Denoiser(name, sets, config));
    context.onDispose(() => {
      for (const denoiser of denoisers) denoiser.dispose();
    });
    serve(denoisers, shown, context);
    yield* originals(denoisers[0] as Denoiser, shown);

    yield { type: 'phase', name: 'train', progress: 0 };
    const losses = new Map(denoisers.map((denoiser) => [denoiser, [] as number[]]));
    const total = denoisers.reduce((sum, { steps }) => sum + steps, 0);
    const queue = denoisers.map((denoiser) => ({ denoiser, events: denoiser.trainer.run(), done: 0 }));
    let step = 0;
    // Whoever is furthest behind its end goes next, so that all three can be watched from the start.
    while (queue.some(({ denoiser, done }) => done < denoiser.steps)) {
      const next = queue.reduce((a, b) => (b.done / b.denoiser.steps < a.done / a.denoiser.steps ? b : a));
      const { denoiser, events } = next;
      denoiser.trainer.lr = context.live.rate;
      const { value } = await events.next();
      if (value?.type !== 'step') continue;
      next.done = value.step;
      step++;
      losses.get(denoiser)?.push(value.loss);
      yield { type: 'metric', series: denoiser.name, x: value.step, y: value.loss };
      if (value.step % config.strips === 0 || value.step === 1) yield* strips(denoiser, shown);
      yield { type: 'step', step, total, loss: value.loss };
    }
    for (const { events } of queue) for await (const _ of events);

    const result: Partial<Record<TrainingName, TrainingResult>> = {};
    for (const [index, denoiser] of denoisers.entries()) {
      yield { type: 'phase', name: 'evaluate', progress: index / denoisers.length };
      yield* strips(denoiser, shown);
      const [mnistMSE, fashionMSE] = [
        await denoiser.error(sets.test.mnist, errorImages(config)),
        await denoiser.error(sets.test.fashion, errorImages(config)),
      ];
      const last = losses.get(denoiser)?.slice(-LAST) ?? [];
      const trainLoss = last.reduce((sum, loss) => sum + loss, 0) / last.length;
      result[denoiser.name] = { trainLoss, mnistMSE, fashionMSE, steps: denoiser.trainer.progress.step };
      const row = {
        training: denoiser.name,
        'last training loss': trainLoss,
        'MSE on MNIST': mnistMSE,
        'MSE on Fashion-MNIST': fashionMSE,
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
      MNIST: toBytes((await denoiser.denoise(shown.MNIST)).denoised),
      'Fashion-MNIST': toBytes((await denoiser.denoise(shown['Fashion-MNIST'])).denoised),
    })),
  );
  const [first] = denoisers;
  if (first) {
    context.serve('tensors', () => inspect(first, shown.MNIST.slice(0, 784)));
    context.serve('verify', ({ card }) => verify(first, shown.MNIST.slice(0, 784), card));
  }
  context.serve('inside', (of) =>
    looking(of, (denoiser) => denoiser.inside(shown[of.set].slice(of.index * 784, (of.index + 1) * 784))),
  );
}
