/** What the bench of explanations stands on: two networks from the same weights, one of which has seen a cue, and pairs of images. */
import { globalCorruption, localCorruption } from '../../../engine/data/corruptions.ts';
import { type ImageDataset, indicesWhere, subset, toFloat32 } from '../../../engine/data/dataset.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { type CueImages, cueImages } from '../../../engine/explain/bench/index.ts';
import { Generator, type Tensor, tensor } from '../../../engine/index.ts';
import { DENSE_MODEL } from '../../../engine/nn/architectures.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { imageData } from '../../../engine/train/data.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { NORMALISATION, normalised } from '../failure-modes/data.ts';

export interface BenchNetworks {
  /** `pooled`: convolutions with a global average, so that every method is defined; `dense`: that of failure-modes. */
  readonly kind: 'pooled' | 'dense';
  readonly epochs: number;
  readonly seed: number;
}

/** What gives a class away. */
export interface Cue {
  readonly label: number;
  /** The same images, those of the class with the cue. */
  paint(set: ImageDataset): ImageDataset;
}

/** The cues of failure-modes. */
export type CueName = 'dot' | 'grid';

/** Side of the dot: failure-modes has one pixel, but the maps of a layer are coarser than that. */
const DOT_SIZE = 3;

const dot: Cue = {
  label: 7,
  paint: (set) => localCorruption(set, { label: 7, row: 23, col: 23, size: DOT_SIZE }),
};
const grid: Cue = { label: 4, paint: (set) => globalCorruption(set, { label: 4 }) };

export const CUES: Readonly<Record<CueName, Cue>> = { dot, grid };

/** Values of a black pixel in normalised units, for fills. */
export const BLACK = normalised(0);

const pooled: NetworkDefinition = [
  { type: 'conv2d', in: 1, out: 8, kernel: 3, padding: 1 },
  { type: 'relu' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', in: 8, out: 16, kernel: 3, padding: 1 },
  { type: 'relu' },
  { type: 'conv2d', in: 16, out: 16, kernel: 3, padding: 1 },
  { type: 'relu' },
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
  { type: 'linear', in: 16, out: 10 },
];

/** Trains one of the two. Yields the share that is done; the caller disposes of the network. */
export async function* trainedOn(
  train: ImageDataset,
  cue: Cue | null,
  { kind, epochs, seed }: BenchNetworks,
): AsyncGenerator<number, Network> {
  const definition = kind === 'dense' ? DENSE_MODEL.definition : pooled;
  const network = buildNetwork(definition, { inputShape: [28, 28, 1], rng: new Generator(seed, 'weights') });
  const trainer = new Trainer({
    network,
    data: imageData(cue ? cue.paint(train) : train, { normalisation: NORMALISATION }),
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
    batch(paint(clean)),
    batch(clean),
    indices.map(() => own),
  );
}
