/** What the page asks a trained network: a prediction, the inside of the network for one image, images behind a cell. */
import { type ImageDataset, imageAt, subset, take } from '../../../engine/data/dataset.ts';
import { crossEntropy, grad, scope, slice, softmax, type Tensor, tensor } from '../../../engine/index.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import type { Training } from './training.ts';

/** Values of one tensor handed to the page at most; larger ones are cut along their first axis. */
const MOST_VALUES = 65536;

export interface Prediction {
  /** The network's outputs. */
  readonly scores: Float32Array;
  readonly probabilities: Float32Array;
  readonly prediction: number;
}

export interface LookedAt {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** True where only the first entries of the first axis are in `data`. */
  readonly cut: boolean;
}

/** One layer for one image. */
export interface LayerView {
  readonly path: string;
  readonly type: string;
  readonly activation: LookedAt;
  /** Gradient of the loss of this image. */
  readonly activationGradient: LookedAt | null;
  readonly weight: LookedAt | null;
  readonly weightGradient: LookedAt | null;
}

export interface Inspection extends Prediction {
  readonly image: Uint8Array;
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Class of the loss: the true one where it is known, else the predicted one. */
  readonly label: number;
  readonly loss: number;
  readonly layers: readonly LayerView[];
}

export type SetName = 'validation' | 'test' | 'train';

/** What is looked at: a drawing, or an image of a set; all layers, or one. */
export type Subject = ({ readonly pixels: Uint8Array } | { readonly set: SetName; readonly index: number }) & {
  readonly layer?: string;
};

/** Bytes of one image of the network's size. @throws Error saying what was expected */
function checked(pixels: Uint8Array, training: Training): Uint8Array {
  const { height, width, channels } = training.pictures.train;
  if (pixels.length !== height * width * channels) {
    throw new Error(`an image must be ${height} × ${width} × ${channels} bytes`);
  }
  return pixels;
}

/** @throws Error where the run holds no images out */
function setOf(training: Training, set: SetName): ImageDataset {
  const found = training.pictures[set];
  if (!found) throw new Error('this run holds no images out');
  return found;
}

function one(training: Training, image: Uint8Array): ImageDataset {
  return { ...take(training.pictures.train, 1), count: 1, images: image, labels: new Uint8Array(1) };
}

/** Probabilities of the classes: a softmax of the outputs, unless the network ends with one. */
const probabilitiesOf = (training: Training, outputs: Tensor): Tensor =>
  training.network.layers.at(-1)?.type === 'softmax' ? outputs : softmax(outputs, { axis: -1 });

export async function predict(training: Training, { pixels }: { readonly pixels: Uint8Array }): Promise<Prediction> {
  const { x, labels } = training.batchOf(one(training, checked(pixels, training)));
  const [outputs, shares] = training.evaluating((network) =>
    scope(() => {
      const found = network.forward(x);
      return [found, probabilitiesOf(training, found)] as const;
    }),
  );
  const [scores, probabilities] = await Promise.all([outputs.data(), shares.data()]);
  for (const made of new Set([x, labels, outputs, shares])) made.dispose();
  return { scores, probabilities, prediction: probabilities.indexOf(Math.max(...probabilities)) };
}

async function look(value: Tensor | null | undefined, dropBatch: boolean): Promise<LookedAt | null> {
  if (!value) return null;
  const shape = dropBatch ? value.shape.slice(1) : value.shape;
  const size = shape.reduce((a, b) => a * b, 1);
  const [first = 1, ...rest] = shape;
  const kept = size <= MOST_VALUES ? first : Math.max(1, Math.floor((MOST_VALUES * first) / size));
  if (kept === first) return { shape, data: await value.data(), cut: false };
  const full = dropBatch ? [1, kept, ...rest] : [kept, ...rest];
  const part = slice(
    value.detach(),
    full.map(() => 0),
    full,
  );
  const data = await part.data();
  part.dispose();
  return { shape: [kept, ...rest], data, cut: true };
}

/** Activations, weights and their gradients for one image. */
export async function inspect(training: Training, subject: Subject): Promise<Inspection> {
  const known = 'set' in subject ? setOf(training, subject.set) : undefined;
  const image = 'set' in subject ? imageAt(setOf(training, subject.set), subject.index) : checked(subject.pixels, training);
  const found = await predict(training, { pixels: image });
  const label = ('set' in subject ? known?.labels[subject.index] : undefined) ?? found.prediction;
  const { x, labels: unused } = training.batchOf(one(training, image));
  const labels = tensor(Int32Array.of(label), [1], { device: x.device, dtype: 'i32' });
  const views = training.evaluating((network) => {
    const modules = network.modules.filter(({ path }) => subject.layer === undefined || path === subject.layer);
    const parameters = new Map(network.namedParameters());
    return scope(() => {
      const { output, activations } = network.forward(x, { capture: modules.map(({ path }) => path), fuse: false });
      const loss = crossEntropy(output, labels);
      const layers = modules.flatMap(({ path, type }) => {
        const activation = activations.get(path);
        return activation ? [{ path, type, activation, weight: parameters.get(`${path}.weight`) ?? null }] : [];
      });
      const wanted = [...layers.map(({ activation }) => activation), ...layers.flatMap(({ weight }) => (weight ? [weight] : []))];
      const gradients = grad(loss, wanted, { allowUnused: true });
      const gradientOf = new Map(wanted.map((value, index) => [value, gradients[index] ?? null]));
      return {
        loss,
        kept: [...wanted, ...gradients],
        layers: layers.map((layer) => ({
          ...layer,
          activationGradient: gradientOf.get(layer.activation) ?? null,
          weightGradient: layer.weight ? (gradientOf.get(layer.weight) ?? null) : null,
        })),
      };
    });
  });
  const layers: LayerView[] = [];
  for (const { path, type, activation, activationGradient, weight, weightGradient } of views.layers) {
    layers.push({
      path,
      type,
      activation: (await look(activation, true)) as LookedAt,
      activationGradient: await look(activationGradient, true),
      weight: await look(weight, false),
      weightGradient: await look(weightGradient, false),
    });
  }
  const loss = await views.loss.item();
  const learned = new Set(training.network.parameters());
  for (const made of new Set([...views.kept, views.loss, x, unused, labels])) if (made && !learned.has(made)) made.dispose();
  const { height, width, channels } = training.pictures.train;
  return { ...found, image: image.slice(), shape: [height, width, channels], label, loss, layers };
}

/** The images with the given indices of a set. */
export function imagesOf(
  training: Training,
  { set, indices }: { readonly set: SetName; readonly indices: readonly number[] },
): ImageBatch {
  const source = setOf(training, set);
  const chosen = subset(
    source,
    indices.filter((index) => index >= 0 && index < source.count),
  );
  const { count, height, width, channels, images } = chosen;
  return { data: images, count, height, width, channels: channels === 3 ? 3 : 1 };
}
