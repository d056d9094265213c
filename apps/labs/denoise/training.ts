/** One of the three trainings of the denoiser, with what it is tested on. */
import { concatenate, type ImageDataset, subset } from '../../../engine/data/dataset.ts';
import { DeviceGenerator, Generator, noGrad, scope, type Tensor, tensor } from '../../../engine/index.ts';
import { unet } from '../../../engine/nn/architectures.ts';
import { UNet } from '../../../engine/nn/layers/unet.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { imageData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { type Noise, noisy } from './noise.ts';
import type { schema, TrainingName } from './schema.ts';

export type Config = ConfigOf<typeof schema>;

/** Both sets are normalised with MNIST's statistics, as published. */
export const NORMALISATION = { mean: [0.1307], std: [0.3081] } as const;

export const noiseOf = (config: Config): Noise => ({ power: config.noisePower, level: config.noiseLevel });

export interface Sets {
  readonly train: { readonly mnist: ImageDataset; readonly fashion: ImageDataset };
  /** Test sets of MNIST and Fashion-MNIST. */
  readonly test: { readonly mnist: ImageDataset; readonly fashion: ImageDataset };
}

/** The training data in the order in which they are to be seen: without shuffling, all digits come before all clothes. */
function dataOf(name: TrainingName, { train }: Sets): ImageDataset {
  return name === 'MNIST' ? train.mnist : concatenate([train.mnist, train.fashion], 'both');
}

export class Denoiser {
  readonly name: TrainingName;
  readonly trainer: Trainer;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly #noise: Noise;
  readonly #seed: number;

  constructor(name: TrainingName, sets: Sets, config: Config) {
    this.name = name;
    this.#noise = noiseOf(config);
    this.#seed = config.seed;
    const data = dataOf(name, sets);
    this.steps = config.epochs * Math.ceil(data.count / Math.min(config.batch, data.count));
    const { definition, inputShape } = unet(config.maps, config.depth);
    this.trainer = new Trainer({
      network: buildNetwork(definition, { inputShape, rng: new Generator(config.seed, 'weights') }),
      data: imageData(data, { normalisation: NORMALISATION, targets: 'images' }),
      loss: 'mse',
      optimiser: { type: 'adam', lr: config.rate },
      epochs: config.epochs,
      batchSize: config.batch,
      shuffle: name !== 'both in sequence',
      seed: config.seed,
      evalEvery: 'never',
      transform: ({ targets }, rng) => ({ inputs: noisy(targets, this.#noise, rng), targets }),
    });
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
    const rng = new DeviceGenerator(this.#seed, 'shown noise');
    this.network.eval();
    const made = scope(() =>
      noGrad(() => {
        const input = noisy(tensor(images, [images.length / 784, 28, 28, 1]), this.#noise, rng);
        return { input, output: this.network.forward(input) as Tensor };
      }),
    );
    this.network.train();
    const [input, output] = await Promise.all([made.input.data(), made.output.data()]);
    for (const part of [made.input, made.output, rng]) part.dispose();
    return { noisy: input, denoised: output };
  }

  /** Mean squared error on the first `count` images of a set, with noise that is the same for all trainings. */
  async error(set: ImageDataset, count: number): Promise<number> {
    const rng = new DeviceGenerator(this.#seed, 'test noise');
    const some = subset(
      set,
      Array.from({ length: Math.min(count, set.count) }, (_, i) => i),
    );
    const data = imageData(some, { normalisation: NORMALISATION, targets: 'images' });
    const transform = ({ targets }: { targets: Tensor }) => {
      rng.advance();
      return { inputs: noisy(targets, this.#noise, rng), targets };
    };
    const { loss } = await evaluate(this.network, data, { loss: 'mse', batchSize: 64, transform });
    rng.dispose();
    return loss;
  }

  /** Activations of every level for one noisy image, for the view inside. */
  async inside(image: Float32Array<ArrayBuffer>): Promise<{ name: string; shape: number[]; data: Float32Array<ArrayBuffer> }[]> {
    const { noisy: input } = await this.denoise(image);
    this.network.eval();
    const { activations } = scope(() => noGrad(() => this.network.forward(tensor(input, [1, 28, 28, 1]), { capture: 'all' })));
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
