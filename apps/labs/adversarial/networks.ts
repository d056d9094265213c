/** The networks of the lab: the one that is attacked, one that was trained on attacks, and another that sees the same examples. */
import type { ImageDataset } from '../../../engine/data/dataset.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { adversarialTransform } from '../../../engine/explain/adversarial-training.ts';
import { pixelNetwork } from '../../../engine/explain/pixel-network.ts';
import { DENSE_MODEL, mlp } from '../../../engine/nn/architectures.ts';
import type { LayerDefinition, NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { networkFrom, saveNetwork } from '../../../engine/train/checkpoint.ts';
import { hashBytes, imageData } from '../../../engine/train/data.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { MetricEvent } from '../../runtime/events.ts';
import type { GivenFiles, PlainEvent, RunContext } from '../../runtime/experiment.ts';
import {
  type OpenNetwork,
  openSnapshot,
  requireFit,
  type Snapshot,
  snapshotsOf,
  type TrainHere,
  trainedSnapshots,
} from '../../runtime/network-source.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { SECOND, type schema } from './schema.ts';

export type Config = ConfigOf<typeof schema>;

/** Pixels lie in [0, 1], whatever is done to them. */
export const CLIP = { min: 0, max: 1 } as const;

/** A network on pixels, and what is said of it. */
export interface Subject {
  readonly network: Network;
  readonly origin: string;
}

const relu: LayerDefinition = { type: 'relu' };
/** As the exercise on failure modes draws them: the network of the reference numbers. */
const uniform = DENSE_MODEL.definition.find(({ type }) => type === 'linear')?.init;

const dense: NonNullable<TrainHere['layers']> = ([height, width, channels], classes) =>
  mlp([height * width * channels, 256, 120, 84, classes]).map((layer) =>
    layer.type === 'linear' && uniform ? { ...layer, init: uniform } : layer,
  );

const convolution: NonNullable<TrainHere['layers']> = ([height, width, channels], classes): NetworkDefinition => [
  { type: 'conv2d', in: channels, out: 8, kernel: 3, padding: 1 },
  relu,
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', in: 8, out: 16, kernel: 3, padding: 1 },
  relu,
  { type: 'maxpool2d', kernel: 2 },
  { type: 'flatten' },
  { type: 'linear', in: Math.floor(height / 4) * Math.floor(width / 4) * 16, out: 64 },
  relu,
  { type: 'linear', in: 64, out: classes },
];

/** The layers of the networks that are trained here, for the size of the images and the number of classes. */
export const layersOf = (name: Config['network']) => (name === 'dense' ? dense : convolution);

function training(config: Config, network: Config['network'], seed: number): TrainHere {
  const { dataset, images, epochs } = config;
  return { dataset, images, epochs, seed, layers: layersOf(network) };
}

/** The reader's network, for the first place or the second. */
function given(files: GivenFiles, second: boolean): Snapshot | undefined {
  return snapshotsOf(new Map([...files].filter(([name]) => name.startsWith(SECOND) === second))).at(-1);
}

/** @throws ConfigError where the network does not take such images, or puts out no classes */
async function onPixels({ network, normalisation, origin }: OpenNetwork, set: ImageDataset): Promise<Subject> {
  try {
    requireFit(network.inputShape, [set.height, set.width, set.channels], set.name);
    const classes = network.outputShape;
    if (classes.length !== 1 || (classes[0] as number) < set.classNames.length) {
      throw new ConfigError(
        'checkpoint',
        `its network puts out [${classes.join(', ')}]; it must put out a score for each of the ${set.classNames.length} classes.`,
      );
    }
    return { network: await pixelNetwork(network, normalisation === undefined ? set : normalisation), origin };
  } finally {
    network.dispose();
  }
}

/** The network that is attacked, and the weights that a training on attacks starts from: those before its training, or those of the file. */
export async function* attackedNetwork(
  config: Config,
  set: ImageDataset,
  context: RunContext,
): AsyncGenerator<PlainEvent, Subject & { readonly start: Snapshot }> {
  const file = given(context.files, false);
  if (file) return { ...(await onPixels(openSnapshot(file), set)), start: file };
  const snapshots = yield* trainedSnapshots(training(config, config.network, config.seed), context);
  return {
    ...(await onPixels(openSnapshot(snapshots.at(-1) as Snapshot, 'trained here'), set)),
    start: snapshots[0] as Snapshot,
  };
}

/** The network that only sees the examples. */
export async function* otherNetwork(config: Config, set: ImageDataset, context: RunContext): AsyncGenerator<PlainEvent, Subject> {
  if (config.other === 'file') {
    const file = given(context.files, true);
    if (!file) throw new ConfigError('other', 'give a second checkpoint first, or choose a network that is trained here.');
    return onPixels(openSnapshot(file), set);
  }
  const convolutional = config.other === 'a convolution';
  const here = training(config, convolutional ? 'convolution' : config.network, config.seed + 1);
  const snapshots = yield* trainedSnapshots(here, context);
  return onPixels(openSnapshot(snapshots.at(-1) as Snapshot, config.other), set);
}

/** Networks that this thread has hardened: a restart with another attack need not train again. */
const hardenedBefore = new Map<string, { readonly bytes: Uint8Array; readonly curve: readonly MetricEvent[] }>();
const MOST_HARDENED = 2;

/** Trains a copy of a network on images that are attacked anew in every step. */
export async function* hardenedNetwork(
  config: Config,
  train: ImageDataset,
  start: Snapshot,
  context: RunContext,
): AsyncGenerator<PlainEvent, Subject> {
  const { hardenedEpsilon: epsilon, hardenedSteps: steps, hardenedEpochs: epochs, seed } = config;
  const origin = 'trained on attacks';
  const key = [hashBytes(start.bytes), hashBytes(train.images), epsilon, steps, epochs, seed, context.device.kind].join(' ');
  const known = hardenedBefore.get(key);
  if (known) {
    yield* known.curve;
    return { network: networkFrom(known.bytes), origin };
  }
  const curve: MetricEvent[] = [];
  const { network } = await onPixels(openSnapshot(start), train);
  let done = false;
  const trainer = new Trainer({
    network,
    data: imageData(train, { normalisation: null }),
    loss: 'crossEntropy',
    optimiser: { type: 'adam', lr: 1e-3 },
    batchSize: 64,
    epochs,
    evalEvery: 'never',
    seed,
    transform: adversarialTransform(network, { epsilon, steps, clip: CLIP }),
  });
  try {
    for await (const event of trainer.run()) {
      if (event.type !== 'step' || event.step % 10 !== 0) continue;
      yield { type: 'phase', name: 'train', progress: event.step / event.total, detail: 'a network on attacked images' };
      const metric = {
        type: 'metric',
        chart: 'training',
        series: 'loss on attacked images',
        x: event.step,
        y: event.loss,
      } as const;
      curve.push(metric);
      yield metric;
    }
    if (hardenedBefore.size >= MOST_HARDENED) hardenedBefore.clear();
    hardenedBefore.set(key, { bytes: await saveNetwork(network), curve });
    done = true;
    return { network: network.eval(), origin };
  } finally {
    trainer.dispose();
    if (!done) network.dispose();
  }
}
