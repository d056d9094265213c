/** What the bench of explanations stands on: networks from the same weights that have seen a cue or not, and pairs of images. */
import { globalCorruption, localCorruption } from '../../../engine/data/corruptions.ts';
import { type ImageDataset, indicesWhere, subset, take, toFloat32 } from '../../../engine/data/dataset.ts';
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { type CueImages, cueImages } from '../../../engine/explain/bench/index.ts';
import { argmax, Generator, noGrad, scope, type Tensor, tensor } from '../../../engine/index.ts';
import { DENSE_MODEL } from '../../../engine/nn/architectures.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { imageData } from '../../../engine/train/data.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { NORMALISATION, normalised } from '../failure-modes/data.ts';
import { CUE_CLASS, type CueName, type Training } from './trainings.ts';

export interface BenchNetworks {
  /** `pooled`: convolutions with a global average, so that every method is defined; `dense`: that of failure-modes. */
  readonly kind: 'pooled' | 'dense';
  readonly epochs: number;
  readonly seed: number;
}

/** What gives a class away. */
export interface Cue {
  readonly label: number;
  /** The same images, those of the class with the cue; of every class half of them where it says nothing. */
  paint(set: ImageDataset, where: 'on its class' | 'anywhere'): ImageDataset;
}

/** Side of the dot: failure-modes has one pixel, but the maps of a layer are coarser than that. */
const DOT_SIZE = 3;

/** Half of the images of every class, drawn the same way for all seeds. */
const anywhere = () => ({ label: null, fraction: 0.5, uniform: uniformFrom(new Generator(1, 'cue')) });

const dot: Cue = {
  label: CUE_CLASS.dot,
  // At the lower right, in one cell of the last maps.
  paint: (set, where) =>
    localCorruption(set, { row: 24, col: 24, size: DOT_SIZE, ...(where === 'anywhere' ? anywhere() : { label: CUE_CLASS.dot }) }),
};
const grid: Cue = {
  label: CUE_CLASS.grid,
  paint: (set, where) => globalCorruption(set, where === 'anywhere' ? anywhere() : { label: CUE_CLASS.grid }),
};

export const CUES: Readonly<Record<CueName, Cue>> = { dot, grid };

/** Values of a black pixel in normalised units, for fills. */
export const BLACK = normalised(0);

/** Strides in place of pooling: the bench asks thousands of passes of it. */
const pooled: NetworkDefinition = [
  { type: 'conv2d', in: 1, out: 8, kernel: 5, padding: 2, stride: 2 },
  { type: 'relu' },
  { type: 'conv2d', in: 8, out: 16, kernel: 5, padding: 2, stride: 2 },
  { type: 'relu' },
  { type: 'conv2d', in: 16, out: 16, kernel: 3, padding: 1 },
  { type: 'relu' },
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
  { type: 'linear', in: 16, out: 10 },
];

const trainingSet = (train: ImageDataset, cue: Cue, training: Training): ImageDataset =>
  training === 'clean' ? train : cue.paint(train, training === 'tainted' ? 'on its class' : 'anywhere');

/** Trains one of the networks, all from the same weights. Yields the share that is done; the caller disposes of the network. */
export async function* trainedOn(
  train: ImageDataset,
  cue: Cue,
  training: Training,
  { kind, epochs, seed }: BenchNetworks,
): AsyncGenerator<number, Network> {
  const definition = kind === 'dense' ? DENSE_MODEL.definition : pooled;
  const network = buildNetwork(definition, { inputShape: [28, 28, 1], rng: new Generator(seed, 'weights') });
  const trainer = new Trainer({
    network,
    data: imageData(trainingSet(train, cue, training), { normalisation: NORMALISATION }),
    loss: 'crossEntropy',
    optimiser: { type: 'adam', lr: kind === 'dense' ? 1e-3 : 5e-3 },
    batchSize: 64,
    epochs,
    evalEvery: 'never',
    seed,
  });
  let done = false;
  try {
    for await (const event of trainer.run()) if (event.type === 'step' && event.step % 10 === 0) yield event.step / event.total;
    done = true;
    return network.eval();
  } finally {
    trainer.dispose();
    if (!done) network.dispose();
  }
}

/**
 * The first test images of the cue's class, with and without it. The caller disposes of the three tensors.
 * @throws ConfigError where the test set has none of that class
 */
export async function cuePairs(test: ImageDataset, { label: own, paint }: Cue, count: number): Promise<CueImages> {
  const indices = indicesWhere(test, (label) => label === own).slice(0, count);
  if (indices.length === 0) throw new ConfigError('images', `none of the ${test.count} test images is a ${own}.`);
  const clean = subset(test, indices);
  const batch = (set: ImageDataset): Tensor =>
    tensor(toFloat32(set, undefined, NORMALISATION), [set.count, set.height, set.width, set.channels]);
  return cueImages(
    batch(paint(clean, 'on its class')),
    batch(clean),
    indices.map(() => own),
  );
}

/** Share of right answers on the first test images. */
export async function accuracyOf(network: Network, test: ImageDataset, count = 1000): Promise<number> {
  const set = take(test, Math.min(count, test.count));
  const x = tensor(toFloat32(set, undefined, NORMALISATION), [set.count, set.height, set.width, set.channels]);
  const out = scope(() => noGrad(() => argmax(network.forward(x), 1)));
  const said = await out.data();
  x.dispose();
  out.dispose();
  return set.labels.reduce((right, label, at) => right + Number(said[at] === label), 0) / set.count;
}
