/** The network that is looked into, at the sizes and down to the layers that a run needs. */
import { ConfigError } from '../../../engine/errors.ts';
import type { StateTensor } from '../../../engine/nn/border.ts';
import type { LayerDefinition, NetworkDefinition } from '../../../engine/nn/definition.ts';
import { foldBatchNorm } from '../../../engine/nn/fold-batch-norm.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { validateNetwork } from '../../../engine/nn/validate.ts';
import type { PlainEvent, RunContext } from '../../runtime/experiment.ts';
import { type Normalisation, openNetwork } from '../../runtime/network-source.ts';
import { isPictureFile } from '../../runtime/own-images.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { ICON_FILE } from './icon-file.ts';
import type { schema } from './schema.ts';

export type Config = ConfigOf<typeof schema>;

/** A layer that can be looked at. */
export interface LayerInfo {
  readonly path: string;
  readonly type: string;
  /** Without the batch. */
  readonly shape: readonly number[];
}

/** Widths of the small CNN that is trained here: four convolutions, global average, ten classes. */
const conv = (inputs: number, outputs: number): LayerDefinition[] => [
  { type: 'conv2d', in: inputs, out: outputs, kernel: 3, padding: 1 },
  { type: 'relu' },
];
export const smallCnn = ([, , channels]: readonly [number, number, number], classes: number): NetworkDefinition => [
  ...conv(channels, 24),
  ...conv(24, 32),
  { type: 'maxpool2d', kernel: 2 },
  ...conv(32, 48),
  { type: 'maxpool2d', kernel: 2 },
  ...conv(48, 64),
  { type: 'conv2d', in: 64, out: classes, kernel: 1 },
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
];

/** 32 bits of FNV-1a over the bytes of all tensors: whether two networks are the same. */
function fingerprintOf(state: ReadonlyMap<string, StateTensor>): string {
  let hash = 0x811c9dc5;
  for (const { data } of state.values()) {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The index in the layer list that a path lies in. */
const topOf = (path: string): number => Number(path.split('.', 1)[0]);

export class Subject {
  readonly origin: string;
  readonly classNames: readonly string[];
  readonly normalisation: Exclude<Normalisation, null> | undefined;
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly fingerprint: string;
  readonly layers: readonly LayerInfo[];
  /** Whether its layers take images of any size: convolutions and a global average do. */
  readonly resizable: boolean;
  readonly #definition: NetworkDefinition;
  readonly #state: ReadonlyMap<string, StateTensor>;
  readonly #built = new Map<string, Network>();

  constructor(
    definition: NetworkDefinition,
    state: ReadonlyMap<string, StateTensor>,
    inputShape: readonly number[],
    about: Pick<Subject, 'origin' | 'classNames' | 'normalisation'>,
  ) {
    const [height, width, channels] = inputShape as [number, number, number];
    if (inputShape.length !== 3 || (channels !== 1 && channels !== 3)) {
      throw new ConfigError('network', `it must take images of one or three channels, not [${inputShape.join(', ')}].`);
    }
    this.origin = about.origin;
    this.classNames = about.classNames;
    this.normalisation = about.normalisation;
    this.inputShape = [height, width, channels];
    this.fingerprint = fingerprintOf(state);
    this.#definition = definition;
    this.#state = state;
    const other = [2 * height, 2 * width, channels];
    this.resizable = validateNetwork(definition, other).errors.length === 0;
    const whole = this.network(height, width);
    this.layers = whole.modules.map(({ path, type, outputShape }) => ({ path, type, shape: [...outputShape] }));
  }

  /** A layer by its path or name. @throws ConfigError naming the layers that there are */
  layer(key: string): LayerInfo {
    const { path } = this.network(this.inputShape[0], this.inputShape[1]).layer(key);
    return this.layers.find((layer) => layer.path === path) as LayerInfo;
  }

  /**
   * The network for images of a size, in evaluation mode: as far as the last of these layers, or all of it. Belongs to the subject.
   * @throws ConfigError where the layers need another size
   */
  network(height: number, width: number, layers?: readonly string[]): Network {
    const depth =
      layers && layers.length > 0 ? Math.max(...layers.map((key) => topOf(this.layer(key).path))) + 1 : this.#definition.length;
    const name = `${height} ${width} ${depth}`;
    const known = this.#built.get(name);
    if (known) return known;
    const definition = this.#definition.slice(0, depth);
    const network = buildNetwork(definition, { inputShape: [height, width, this.inputShape[2]], rng: 0 });
    const state = new Map([...this.#state].filter(([key]) => topOf(key) < depth));
    network.loadStateDict(state);
    network.freeze().eval();
    this.#built.set(name, network);
    return network;
  }

  dispose(): void {
    for (const network of this.#built.values()) network.dispose();
    this.#built.clear();
  }
}

/** Opens the network of a run, its batch normalisations folded: the same function, with fewer layers. */
export async function* openSubject(config: Config, context: RunContext): AsyncGenerator<PlainEvent, Subject> {
  const { trainCount: images, epochs, seed } = config;
  const choice = {
    'tiny-darknet': { source: 'pretrained', name: 'tiny-darknet' },
    'cifar-10': { source: 'train', train: { dataset: 'cifar-10', images, epochs, seed, layers: smallCnn } },
    file: { source: 'file' },
  } as const;
  const files = new Map([...context.files].filter(([name]) => !name.startsWith(ICON_FILE) && !isPictureFile(name)));
  const opened = yield* openNetwork(choice[config.network], { ...context, files });
  const { network, origin, classNames, normalisation } = opened;
  try {
    // Logits are climbed, not probabilities.
    const { definition: all } = network;
    const open = /softmax$/.test(all.at(-1)?.type ?? '') ? all.slice(0, -1) : all;
    const { network: definition, state } = foldBatchNorm(open, await network.stateDict());
    const about = { origin, classNames, normalisation: normalisation ?? undefined };
    return new Subject(definition, state, network.inputShape, about);
  } finally {
    network.dispose();
  }
}
