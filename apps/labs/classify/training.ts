/** One training of a classifier: the engine's trainer with the lab's settings, and what is measured beside the loss. */
import type { ImageDataset } from '../../../engine/data/dataset.ts';
import { take, toFloat32 } from '../../../engine/data/dataset.ts';
import {
  ConfigError,
  concat,
  grad,
  keep,
  noGrad,
  reshape,
  scope,
  sqrt,
  square,
  sum,
  type Tensor,
  tensor,
} from '../../../engine/index.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { readCheckpoint, writeCheckpoint } from '../../../engine/train/checkpoint.ts';
import { imageData, type TrainingData } from '../../../engine/train/data.ts';
import { lossFunction } from '../../../engine/train/loss.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { Pictures } from './data.ts';
import { type HistogramReport, histogramOf, MOST_LAYERS, spread } from './histograms.ts';
import { type Config, networkOf } from './networks.ts';
import { optimiserOf, scheduleOf } from './optimiser.ts';
import type { Told } from './run.ts';

/** Training images on which gradient norms and the training accuracy are measured. */
const PROBE = 128;
const TRAIN_PROBE = 500;

/** Steps of an epoch after which everything is looked at: evenly spread, the last at its end. */
function looksOf({ evaluations, batch }: Config, samples: number): number[] {
  const perEpoch = Math.ceil(samples / Math.min(batch, samples));
  const looks = Array.from({ length: evaluations }, (_, i) => Math.round((perEpoch * (i + 1)) / evaluations));
  return [...new Set(looks.map((step) => Math.max(1, step)))];
}

/** Euclidean norm of the gradient of the mean cross-entropy with respect to the weights of each layer, from input to output. */
export interface GradientNorms {
  readonly layers: readonly string[];
  readonly norms: Float32Array<ArrayBuffer>;
}

/** What trains, from the start: the network is made here. @throws ConfigError naming the layers that do not fit the images */
export function trainerConfig(config: Config, { train }: Pick<Pictures, 'train'>) {
  const inputShape = [train.height, train.width, train.channels];
  const { seed } = config;
  const classes = train.classNames.length;
  return {
    network: buildNetwork(networkOf(config, inputShape, classes), { inputShape, rng: seed, dropoutSeed: seed }),
    data: imageData(train, { normalisation: config.normalise ? { mean: train.mean, std: train.std } : null }),
    loss: 'crossEntropy',
    optimiser: optimiserOf(config),
    schedule: scheduleOf(config),
    batchSize: config.batch,
    epochs: config.epochs,
    seed,
  } as const;
}

/** With the spread of weights and gradients in some layers. */
export interface Gradients extends GradientNorms {
  readonly histograms: HistogramReport['layers'];
}

export class Training {
  readonly config: Config;
  readonly pictures: Pictures;
  readonly trainer: Trainer;
  /** Images as the network sees them: (byte/255 − mean)/std. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
  /** Absent where nothing is held out. */
  readonly validation: TrainingData | undefined;
  readonly trainProbe: TrainingData;
  readonly test: TrainingData;
  readonly #looks: readonly number[];
  readonly #probe: { readonly x: Tensor; readonly labels: Tensor };

  /** @throws ConfigError naming the layers that do not fit the images */
  constructor(config: Config, pictures: Pictures) {
    this.config = config;
    this.pictures = pictures;
    const { train, validation, test } = pictures;
    this.normalisation = config.normalise ? { mean: train.mean, std: train.std } : null;
    const data = (set: ImageDataset): TrainingData => imageData(set, { normalisation: this.normalisation });
    this.validation = validation && data(validation);
    this.#looks = looksOf(config, train.count);
    const classes = train.classNames.length;
    const trainer = trainerConfig(config, pictures);
    const { network } = trainer;
    if (network.outputShape.length !== 1 || network.outputShape[0] !== classes) {
      const output = network.outputShape.join(' × ');
      network.dispose();
      throw new ConfigError('network', `its last layer puts out ${output} values; these pictures have ${classes} classes.`);
    }
    this.trainer = new Trainer({ ...trainer, ...(this.validation ? { validation: this.validation } : {}), evalEvery: 'never' });
    this.trainProbe = data(take(train, TRAIN_PROBE));
    this.test = data(test);
    this.#probe = this.batchOf(take(train, PROBE));
  }

  get network(): Network {
    return this.trainer.network;
  }

  /** The next step after which everything is looked at; of two runs of one configuration the same. */
  get nextLook(): number {
    const { step } = this.trainer.progress;
    const { stepsPerEpoch } = this.trainer.plan;
    const start = Math.floor(step / stepsPerEpoch) * stepsPerEpoch;
    return start + (this.#looks.find((look) => start + look > step) ?? stepsPerEpoch);
  }

  /** Images and labels on the device. */
  batchOf(set: ImageDataset): { readonly x: Tensor; readonly labels: Tensor } {
    const { device } = this.network;
    const x = tensor(toFloat32(set, undefined, this.normalisation), [set.count, set.height, set.width, set.channels], { device });
    return { x: keep(x), labels: keep(tensor(Int32Array.from(set.labels), [set.count], { device, dtype: 'i32' })) };
  }

  /** Runs `look` in evaluation mode and sets the mode back. */
  evaluating<T>(look: (network: Network) => T): T {
    const { network } = this;
    const { training } = network;
    network.eval();
    try {
      return look(network);
    } finally {
      network.train(training);
    }
  }

  /** On the first training images, without dropout, so that neither running statistics nor random numbers move. */
  async gradientNorms(): Promise<Gradients> {
    const weights = this.network.namedParameters().filter(([name]) => name.endsWith('weight'));
    const chosen = spread([...weights.keys()], MOST_LAYERS);
    const found = this.evaluating((network) =>
      scope(() => {
        const { x, labels } = this.#probe;
        const loss = lossFunction('crossEntropy')(network.forward(x), { inputs: x, targets: labels }, network);
        const tensors = weights.map(([, weight]) => weight);
        const gradients = grad(loss, tensors, { allowUnused: true });
        const norms = noGrad(() =>
          concat(
            gradients.map((g) => (g ? reshape(sqrt(sum(square(g))), [1]) : tensor([0], [1], { device: network.device }))),
            0,
          ),
        );
        return { norms, gradients: chosen.map((index) => gradients[index] ?? null) };
      }),
    );
    const [norms, ...values] = await Promise.all([
      found.norms.data(),
      ...chosen.map((index) => weights[index]?.[1].data()),
      ...found.gradients.map((gradient) => gradient?.data()),
    ]);
    for (const made of [found.norms, ...found.gradients]) made?.dispose();
    const layers = weights.map(([name]) => name.replace(/\.?weight$/, ''));
    const histogram = (index: number) => histogramOf(values[index] ?? []);
    return {
      layers,
      norms,
      histograms: chosen.map((index, n) => ({
        path: layers[index] as string,
        weights: histogram(n),
        gradients: histogram(chosen.length + n),
      })),
    };
  }

  /**
   * The trainer's checkpoint with what another lab needs to use the network on pictures.
   * @param told what the run has told so far, for the result of one that goes on from here
   */
  annotate(bytes: Uint8Array, told?: Told): Uint8Array<ArrayBuffer> {
    const checkpoint = readCheckpoint(bytes);
    const { name, classNames } = this.pictures.train;
    const notes = {
      lab: 'classify',
      dataset: name,
      classNames,
      normalisation: this.normalisation,
      config: this.config,
      ...(told ? { told } : {}),
    };
    return writeCheckpoint({ ...checkpoint, metadata: { ...checkpoint.metadata, notes } });
  }

  dispose(): void {
    this.trainer.dispose();
    this.#probe.x.dispose();
    this.#probe.labels.dispose();
    this.network.dispose();
  }
}
