/** One of the three trainings of the denoiser, with what it is tested on. */
import { type ImageDataset, type Normalisation, subset, toFloat32 } from '../../../engine/data/dataset.ts';
import { DeviceGenerator, Generator, mean, noGrad, scope, square, sub, type Tensor, tensor } from '../../../engine/index.ts';
import { unet } from '../../../engine/nn/architectures.ts';
import { UNet } from '../../../engine/nn/layers/unet.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { TrainerConfig } from '../../../engine/train/types.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { trainingData } from './mixed-data.ts';
import { type Noise, noisy } from './noise.ts';
import type { schema, TrainingName } from './schema.ts';

export type Config = ConfigOf<typeof schema>;

export const noiseOf = (config: Config): Noise => ({ power: config.noisePower, level: config.noiseLevel });

export interface Sets {
  readonly train: { readonly mnist: ImageDataset; readonly fashion: ImageDataset };
  /** Test sets of MNIST and Fashion-MNIST. */
  readonly test: { readonly mnist: ImageDataset; readonly fashion: ImageDataset };
}

const TEST_BATCH = 64;

/** A mean over images. */
export interface MeasuredError {
  readonly mean: number;
  /** Standard error of the mean: by so much it would vary with other images of the same set. */
  readonly standardError: number;
  readonly images: number;
}

/** @param errors of each image */
export function measured(errors: Float32Array): MeasuredError {
  const images = errors.length;
  const mean = errors.reduce((sum, error) => sum + error, 0) / images;
  const squares = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, images - 1) / images), images };
}

/** What trains, from the start: the network is made here. */
export function trainerConfig(name: TrainingName, sets: Sets, config: Config): TrainerConfig & { readonly loss: 'mse' } {
  const { definition, inputShape } = unet(config.maps, config.depth);
  const noise = noiseOf(config);
  return {
    network: buildNetwork(definition, { inputShape, rng: new Generator(config.seed, 'weights') }),
    data: trainingData(name !== 'MNIST', sets.train.mnist, sets.train.fashion, config),
    loss: 'mse',
    optimiser: { type: 'adam', lr: config.rate },
    epochs: config.epochs,
    batchSize: config.batch,
    shuffle: name !== 'both in sequence',
    seed: config.seed,
    transform: ({ targets }, rng) => ({ inputs: noisy(targets, noise, rng), targets }),
  };
}

export class Denoiser {
  readonly name: TrainingName;
  readonly trainer: Trainer;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly noise: Noise;
  readonly seed: number;

  constructor(name: TrainingName, sets: Sets, config: Config) {
    this.name = name;
    this.noise = noiseOf(config);
    this.seed = config.seed;
    const trainer = trainerConfig(name, sets, config);
    const { data } = trainer;
    this.steps = config.epochs * Math.ceil(data.count / Math.min(config.batch, data.count));
    this.trainer = new Trainer({ ...trainer, evalEvery: 'never' });
  }

  get network(): Network {
    return this.trainer.network;
  }

  /** Sends zeros through skip connections. */
  cut(choice: Config['cut']): void {
    const net = this.network.layer(0);
    if (!(net instanceof UNet)) return;
    net.cut.clear();
    if (choice === 'upper' || choice === 'both') net.cut.add(0);
    if (choice === 'lower' || choice === 'both') net.cut.add(1);
  }

  /** Noisy and denoised versions of images [n, 784] in normalised units; the noise is the same at every call. */
  async denoise(
    images: Float32Array<ArrayBuffer>,
  ): Promise<{ noisy: Float32Array<ArrayBuffer>; denoised: Float32Array<ArrayBuffer> }> {
    const rng = new DeviceGenerator(this.seed, 'shown noise', this.network.device);
    this.network.eval();
    const made = scope(() =>
      noGrad(() => {
        const input = noisy(tensor(images, [images.length / 784, 28, 28, 1], { device: this.network.device }), this.noise, rng);
        return { input, output: this.network.forward(input) as Tensor };
      }),
    );
    this.network.train();
    const [input, output] = await Promise.all([made.input.data(), made.output.data()]);
    for (const part of [made.input, made.output, rng]) part.dispose();
    return { noisy: input, denoised: output };
  }

  /** Mean squared error on the first `count` images of a set, with noise that is the same for all trainings. */
  async *error(set: ImageDataset, count: number, units: Normalisation): AsyncGenerator<number, MeasuredError> {
    const rng = new DeviceGenerator(this.seed, 'test noise', this.network.device);
    const images = Math.min(count, set.count);
    const errors = new Float32Array(images);
    this.network.eval();
    try {
      for (let from = 0; from < images; from += TEST_BATCH) {
        const batch = Array.from({ length: Math.min(TEST_BATCH, images - from) }, (_, i) => from + i);
        const values = toFloat32(subset(set, batch), undefined, units);
        rng.advance();
        const found = scope(() =>
          noGrad(() => {
            const clean = tensor(values, [batch.length, set.height, set.width, 1], { device: this.network.device });
            const output = this.network.forward(noisy(clean, this.noise, rng)) as Tensor;
            return mean(square(sub(output, clean)), { axes: [1, 2, 3] });
          }),
        );
        errors.set(await found.data(), from);
        found.dispose();
        yield (from + batch.length) / images;
      }
    } finally {
      this.network.train();
      rng.dispose();
    }
    return measured(errors);
  }

  /** Activations of every level for one noisy image, for the view inside. */
  async inside(image: Float32Array<ArrayBuffer>): Promise<{ name: string; shape: number[]; data: Float32Array<ArrayBuffer> }[]> {
    const { noisy: input } = await this.denoise(image);
    this.network.eval();
    const { device } = this.network;
    const { activations } = scope(() =>
      noGrad(() => this.network.forward(tensor(input, [1, 28, 28, 1], { device }), { capture: 'all' })),
    );
    this.network.train();
    const shown = [...activations].filter(([name]) => /(left|right)_convs\.\d$|final_conv$/.test(name));
    const result = await Promise.all(shown.map(async ([name, t]) => ({ name, shape: [...t.shape], data: await t.data() })));
    for (const t of activations.values()) t.dispose();
    return result;
  }

  dispose(): void {
    const { network } = this.trainer;
    this.trainer.dispose();
    network.dispose();
  }
}
