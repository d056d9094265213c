/** The maps of one method for a batch of pictures, beside those of the same network with random weights at its top. */

import { ConfigError } from '../../../engine/errors.ts';
import { rankCorrelation } from '../../../engine/explain/correlation.ts';
import { enlargeMap, massShare, scaleMap } from '../../../engine/explain/display.ts';
import { type MethodName, readsGradients, readsMaps } from '../../../engine/explain/method-names.ts';
import { explainBy, lastMaps, type MethodOptions, whyUndefined } from '../../../engine/explain/methods.ts';
import { cascadeLayers, randomisedTop } from '../../../engine/explain/randomisation.ts';
import { noGrad, scope, type Tensor, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import type { OpenNetwork } from '../../runtime/network-source.ts';
import { type Config, inputsOf, type Picture } from './subject.ts';

/** What a network says of one picture. */
export interface Verdict {
  readonly predicted: number;
  readonly name: string;
  readonly probability: number;
  /** The largest scores, largest first. */
  readonly top: readonly {
    readonly index: number;
    readonly name: string;
    readonly logit: number;
    readonly probability: number;
  }[];
}

/** The maps of one method. */
export interface MethodMaps {
  readonly method: MethodName;
  /** Why there are none, as a sentence; empty where there are. */
  readonly why: string;
  /** Path of the layer that is explained; empty: the pixels. */
  readonly layer: string;
  readonly height: number;
  readonly width: number;
  /** [pictures, height, width]: of the network, and with the top layers randomised. */
  readonly trained: Float32Array;
  readonly random: Float32Array;
  /** Layers from the top that are random in the control. */
  readonly depth: number;
  /** Spearman's correlation of their magnitudes, for each picture. */
  readonly similarity: readonly number[];
  /** Share of each map's mass outside the object; null where the object is not known. */
  readonly outside: readonly (number | null)[];
  /** The same of the lit part alone: of the area where the map is above half of its largest value, the share outside the object. */
  readonly lit: readonly (number | null)[];
  /** Share of the area that is outside the object: what a map without knowledge gives. */
  readonly area: readonly (number | null)[];
  /** Classes that are explained. */
  readonly targets: readonly number[];
}

/** Classes that are shown of a network with many. */
const TOP = 5;
const EMPTY = new Float32Array(0);

/** Keeps 11 bits of each number: more than a colour shows, and half the size when compressed. */
export function rounded(values: Float32Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return new Float32Array(bits.map((word) => (word + 0x1000) & 0xffffe000).buffer);
}

/** Explains pictures with one network. Call `dispose` when done; the network given stays its owner's. */
export class Explainer {
  readonly open: OpenNetwork;
  readonly #seed: number;
  #random: { readonly depth: number; readonly network: Network } | undefined;

  constructor(open: OpenNetwork, seed: number) {
    this.open = open;
    this.#seed = seed;
  }

  get network(): Network {
    return this.open.network;
  }

  /** The same network with random weights in its top layers. */
  randomised(depth: number): Network {
    if (this.#random?.depth !== depth) {
      this.#random?.network.dispose();
      this.#random = { depth, network: randomisedTop(this.network, depth, this.#seed) };
    }
    return this.#random.network;
  }

  dispose(): void {
    this.#random?.network.dispose();
    this.#random = undefined;
  }

  /** Pictures as a batch in the network's units. */
  input(pictures: readonly Pick<Picture, 'pixels'>[]): Tensor {
    const size = this.network.inputShape.reduce((a, b) => a * b, 1);
    const bytes = new Uint8Array(pictures.length * size);
    pictures.forEach(({ pixels }, n) => {
      if (pixels.length !== size)
        throw new ConfigError('picture', `must have ${size} values for this network, not ${pixels.length}.`);
      bytes.set(pixels, n * size);
    });
    const { network } = this;
    const values = inputsOf(this.open, bytes, pictures.length);
    return tensor(values, [pictures.length, ...network.inputShape], { device: network.device });
  }

  /** Class scores, [N, classes]. */
  async scores(pictures: readonly Pick<Picture, 'pixels'>[]): Promise<Float32Array[]> {
    const out = scope(() => noGrad(() => this.network.eval().forward(this.input(pictures))));
    const values = await out.data();
    out.dispose();
    const classes = values.length / pictures.length;
    return pictures.map((_, n) => values.slice(n * classes, (n + 1) * classes));
  }

  async verdicts(pictures: readonly Pick<Picture, 'pixels'>[]): Promise<Verdict[]> {
    return (await this.scores(pictures)).map((scores) => verdictOf(scores, this.open.classNames));
  }

  /** The class of each picture that the settings ask for. @throws ConfigError for a class that the network has not */
  async targets(pictures: readonly Picture[], { target, class: chosen }: Config): Promise<number[]> {
    const classes = this.network.outputShape.at(-1) as number;
    if (target === 'chosen') {
      if (chosen >= classes) throw new ConfigError('class', `${chosen} is beyond the ${classes} classes of this network.`);
      return pictures.map(() => chosen);
    }
    const predicted = (await this.verdicts(pictures)).map((verdict) => verdict.predicted);
    if (target === 'predicted') return predicted;
    return pictures.map(({ label }, n) => (label >= 0 ? label : (predicted[n] as number)));
  }

  /** The layer that a method explains under these settings; undefined: the pixels. A path of another network counts as none. */
  layerOf(method: MethodName, { layer, from }: Pick<Config, 'layer' | 'from'>): string | undefined {
    const known = (path: string) => this.network.modules.find((module) => module.path === path)?.path;
    if (readsMaps(method)) return known(layer) ?? lastMaps(this.network)?.path;
    return readsGradients(method) ? known(from) : undefined;
  }

  /** What a method is given besides network and pictures. */
  options(method: MethodName, config: Config, x: Tensor, onStep?: MethodOptions['onStep']): MethodOptions {
    const { normalisation, network } = this.open;
    const channels = network.inputShape.at(-1) as number;
    const level = config.baseline === 'white' ? 1 : 0;
    const at = (c: number) =>
      config.baseline === 'mean' ? 0 : (level - (normalisation?.mean[c] ?? 0)) / (normalisation?.std[c] ?? 1);
    const values = Float32Array.from({ length: channels }, (_, c) => at(c));
    const ones = x.shape.slice(1).map((_, axis, all) => (axis === all.length - 1 ? channels : 1));
    const baseline = tensor(values, [1, ...ones], { device: x.device });
    const [h = 1, w = 1] = network.inputShape;
    // In units of the input: black to white of the first channel.
    const range = 1 / (normalisation?.std[0] ?? 1);
    const layer = this.layerOf(method, config);
    return {
      ...(layer !== undefined && { layer }),
      signed: !config.rectify,
      samples: config.samples,
      sigma: config.sigma * range,
      seed: this.#seed,
      steps: config.nodes,
      baseline,
      fill: baseline,
      maskedTo: baseline,
      window: Math.max(1, Math.round(config.window * Math.min(h, w))),
      ...(onStep && { onStep }),
    };
  }

  /** Raw maps of one network, [N, h, w]. */
  async raw(
    network: Network,
    method: MethodName,
    pictures: readonly Picture[],
    targets: readonly number[],
    config: Config,
    onStep?: MethodOptions['onStep'],
  ): Promise<{ values: Float32Array<ArrayBuffer>; shape: readonly number[] }> {
    const map = scope(() => {
      const x = this.input(pictures);
      return explainBy(method, network, x, targets, this.options(method, config, x, onStep));
    });
    const values = await map.data();
    const { shape } = map;
    map.dispose();
    return { values, shape };
  }

  /** Maps of a method for some pictures, or why there are none. */
  async maps(
    method: MethodName,
    pictures: readonly Picture[],
    config: Config,
    onStep?: MethodOptions['onStep'],
  ): Promise<MethodMaps> {
    const layer = this.layerOf(method, config);
    const why = whyUndefined(this.network, method, layer) ?? '';
    const none = { method, why, layer: layer ?? '', height: 0, width: 0, trained: EMPTY, random: EMPTY, depth: 0 };
    if (why) return { ...none, similarity: [], outside: [], lit: [], area: [], targets: [] };
    const targets = await this.targets(pictures, config);
    const depth = Math.min(config.depth, cascadeLayers(this.network).length);
    const half = (first: number) => onStep && ((done: number, total: number) => onStep(first * total + done, 2 * total));
    const trained = await this.raw(this.network, method, pictures, targets, config, half(0));
    const random = await this.raw(this.randomised(depth), method, pictures, targets, config, half(1));
    const [h, w] = trained.shape.slice(1) as [number, number];
    const [height, width] = (config.grid === 'raw' ? [h, w] : this.network.inputShape) as [number, number];
    const one = (values: Float32Array, n: number) => values.subarray(n * h * w, (n + 1) * h * w);
    const shown = (values: Float32Array) => {
      const out = new Float32Array(pictures.length * height * width);
      pictures.forEach((_, n) => {
        out.set(enlargeMap(scaleMap(one(values, n), config.normalise), h, w, height, width), n * height * width);
      });
      return rounded(out);
    };
    return {
      ...none,
      height,
      width,
      trained: shown(trained.values),
      random: shown(random.values),
      depth,
      similarity: alike(trained.values, random.values, pictures.length),
      outside: pictures.map(({ object }, n) => (object ? this.outside(one(trained.values, n), h, w, object) : null)),
      lit: pictures.map(({ object }, n) => (object ? this.lit(one(trained.values, n), h, w, object) : null)),
      area: pictures.map(({ object }) => (object ? object.filter((value) => value === 0).length / object.length : null)),
      targets,
    };
  }

  /** Share of a map's mass outside an object [H·W]. */
  outside(map: Float32Array, h: number, w: number, object: Uint8Array): number {
    return massShare(this.#enlarged(map, h, w), backgroundOf(object));
  }

  /** Of the area where a map is above half of its largest value, the share outside an object [H·W]. */
  lit(map: Float32Array, h: number, w: number, object: Uint8Array): number {
    const large = this.#enlarged(map, h, w);
    const half = large.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 2;
    return massShare(
      large.map((value) => Number(Math.abs(value) > half)),
      backgroundOf(object),
    );
  }

  #enlarged(map: Float32Array, h: number, w: number): Float32Array {
    const [height, width] = this.network.inputShape as readonly [number, number];
    return enlargeMap(map, h, w, height, width);
  }

  /** Spearman's correlation of magnitudes for each picture: raw maps [N, h, w], and those of the network with random top layers. */
  async similarity(
    { method, targets }: Pick<MethodMaps, 'method' | 'targets'>,
    trained: Float32Array,
    pictures: readonly Picture[],
    config: Config,
    depth: number,
  ): Promise<number[]> {
    const { values } = await this.raw(this.randomised(depth), method, pictures, targets, config);
    return alike(trained, values, pictures.length);
  }
}

/** 1 where an object is not. */
const backgroundOf = (object: Uint8Array): Uint8Array => object.map((inside) => 1 - Math.min(1, inside));

/** For each picture of two batches of maps. */
function alike(a: Float32Array, b: Float32Array, count: number): number[] {
  const cells = a.length / count;
  const one = (values: Float32Array, n: number) => values.subarray(n * cells, (n + 1) * cells).map(Math.abs);
  return Array.from({ length: count }, (_, n) => rankCorrelation(one(a, n), one(b, n)));
}

/** The classes with the largest of these scores. */
export function verdictOf(scores: Float32Array, classNames: readonly string[]): Verdict {
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0);
  const order = Array.from(scores, (_, index) => index).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const top = order.slice(0, scores.length <= 10 ? scores.length : TOP).map((index) => ({
    index,
    name: classNames[index] ?? `class ${index}`,
    logit: scores[index] as number,
    probability: Math.exp((scores[index] as number) - most) / total,
  }));
  const [first] = top as [(typeof top)[number]];
  return { predicted: first.index, name: first.name, probability: first.probability, top };
}
