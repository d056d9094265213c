/** The building blocks of one photograph: what a layer sees where, and what that does for two classes (Olah et al. 2018). */
import { noGrad } from '../../../engine/autodiff.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { type HostMaps, semanticDictionary } from '../../../engine/explain/building-blocks.ts';
import { withSmoothMaxPool } from '../../../engine/explain/features/gradients.ts';
import {
  channelAttribution,
  channelAttributionPath,
  layerToLayer,
  spatialAttribution,
} from '../../../engine/explain/layer-attribution.ts';
import { type Factors, groupAttribution, groupOrder, nmf, nmfResidual } from '../../../engine/explain/nmf.ts';
import { layerGradient } from '../../../engine/explain/scores.ts';
import { scope } from '../../../engine/memory.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { div, reshape, sub } from '../../../engine/ops/index.ts';
import { DeviceGenerator } from '../../../engine/ops/random.ts';
import { Generator } from '../../../engine/random.ts';
import { type Tensor, tensor } from '../../../engine/tensor.ts';
import { softmaxRows } from '../../../engine/train/metrics.ts';
import type { Config, LayerInfo, Subject } from './subject.ts';

/** A class that the network considers. */
export interface Verdict {
  readonly index: number;
  readonly name: string;
  readonly logit: number;
  readonly probability: number;
}

/** The strongest channels at each position, and where to look first. */
export interface Dictionary {
  readonly height: number;
  readonly width: number;
  /** How many at each position. */
  readonly top: number;
  /** [height · width · top], the strongest first. */
  readonly channels: Uint16Array;
  readonly values: Float32Array;
  /** ‖A_ij:‖₂, [height · width] */
  readonly norms: Float32Array;
  readonly cursor: number;
}

/** What positions and channels do for two classes, in units of the logit. */
export interface Effects {
  readonly first: number;
  readonly second: number;
  /** a_ij for both, [height · width] each. */
  readonly spatial: readonly [Float32Array, Float32Array];
  /** The channels that tell the classes apart most, by |net|: linear approximation and along the path from nothing. */
  readonly channels: readonly ChannelEffect[];
}

export interface ChannelEffect {
  readonly channel: number;
  readonly first: number;
  readonly second: number;
  /** first − second */
  readonly net: number;
  readonly pathFirst: number;
  readonly pathSecond: number;
}

/** Groups of neurons that are active together. */
export interface Groups {
  readonly rank: number;
  /** W, one map after another: [rank][height · width]. */
  readonly maps: readonly Float32Array[];
  /** B, one direction after another, [rank][channels], of length 1. */
  readonly directions: readonly Float32Array[];
  /** The channels with the largest part in each. */
  readonly channels: readonly (readonly number[])[];
  /** What each does for the first and the second class. */
  readonly effects: readonly (readonly [number, number])[];
  /** Share of the activations that the groups do not explain. */
  readonly residual: number;
}

/** What each position of the layer does for each position of a later one. */
export interface Between {
  readonly to: LayerInfo;
  /** [height₁ · width₁ · height₂ · width₂] */
  readonly values: Float32Array;
}

const TOP = 4;
const SHOWN_CHANNELS = 12;
const GROUP_CHANNELS = 4;
const VERDICTS = 5;

const hostOf = async (made: Tensor): Promise<Float32Array<ArrayBuffer>> => {
  const values = await made.data();
  made.dispose();
  return values;
};

export class BuildingBlocks {
  readonly subject: Subject;
  readonly layer: LayerInfo;
  readonly maps: HostMaps;
  readonly logits: Float32Array<ArrayBuffer>;
  readonly #network: Network;
  readonly #x: Tensor;
  readonly #config: Config;

  private constructor(subject: Subject, network: Network, layer: LayerInfo, x: Tensor, found: Found, config: Config) {
    this.subject = subject;
    this.#network = network;
    this.layer = layer;
    this.#x = x;
    this.maps = found.maps;
    this.logits = found.logits;
    this.#config = config;
  }

  /**
   * @param pixels [height, width, channels] of the network's input
   * @throws ConfigError for a layer that puts out no maps
   */
  static async of(subject: Subject, pixels: Uint8Array, config: Config): Promise<BuildingBlocks> {
    const layer = subject.layer(config.layer);
    const [height = 0, width = 0, channels = 0] = layer.shape;
    if (layer.shape.length !== 3) throw new ConfigError('layer', `'${layer.path}' puts out no maps; choose one that does.`);
    const [h, w, c] = subject.inputShape;
    const network = subject.network(h, w);
    const { mean = [0], std = [1] } = subject.normalisation ?? {};
    const x = scope(() => {
      const image = tensor(
        Float32Array.from(pixels, (value) => value / 255),
        [1, h, w, c],
      );
      const row = (values: readonly number[]) => tensor(Float32Array.from(values), [values.length]);
      return div(sub(image, row(mean)), row(std));
    });
    const seen = scope(() =>
      noGrad(() => {
        const { output, activations } = network.forward(x, { capture: [layer.path] });
        return [output, activations.get(layer.path) as Tensor];
      }),
    ) as [Tensor, Tensor];
    const logits = await hostOf(seen[0]);
    // What a leaky ReLU lets through below zero is no evidence that something is there.
    const values = (await hostOf(seen[1])).map((value) => Math.max(0, value));
    return new BuildingBlocks(subject, network, layer, x, { logits, maps: { height, width, channels, values } }, config);
  }

  dispose(): void {
    this.#x.dispose();
  }

  verdicts(): Verdict[] {
    const probabilities = softmaxRows(this.logits, this.logits.length);
    return Array.from(this.logits, (logit, index) => ({
      index,
      name: this.subject.classNames[index] ?? `class ${index}`,
      logit,
      probability: probabilities[index] as number,
    }))
      .sort((a, b) => b.logit - a.logit)
      .slice(0, VERDICTS);
  }

  dictionary(): Dictionary {
    const { height, width, channels, values } = this.maps;
    const { cells, cursor } = semanticDictionary(this.maps, Math.min(TOP, channels));
    const flat = cells.flatMap((cell) => cell.channels);
    const norms = Float32Array.from({ length: height * width }, (_, cell) => {
      let sum = 0;
      for (let k = 0; k < channels; k++) sum += (values[cell * channels + k] as number) ** 2;
      return Math.sqrt(sum);
    });
    return {
      height,
      width,
      top: Math.min(TOP, channels),
      channels: Uint16Array.from(flat, ({ channel }) => channel),
      values: Float32Array.from(flat, ({ value }) => value),
      norms,
      cursor: cursor.y * width + cursor.x,
    };
  }

  /** Channels of the position that is looked at first. */
  lookedAt(): number[] {
    const { channels, top, cursor } = this.dictionary();
    return [...channels.subarray(cursor * top, (cursor + 1) * top)];
  }

  /** Channels of the dictionary, those first that add most to it. */
  prominent(): number[] {
    const { channels, values } = this.dictionary();
    const weight = new Map<number, number>();
    channels.forEach((channel, at) => {
      weight.set(channel, (weight.get(channel) ?? 0) + (values[at] as number));
    });
    return [...weight].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([channel]) => channel);
  }

  /** @throws ConfigError for a class that the network does not have */
  async effects(first: number, second: number): Promise<Effects> {
    const [network, x, { path }] = [this.#network, this.#x, this.layer];
    const { path: steps, stochastic, seed } = this.#config;
    const spatial = async (target: number) => hostOf(this.#pooled(() => spatialAttribution(network, x, [target], path)));
    const linear = async (target: number) => hostOf(channelAttribution(network, x, [target], path));
    const integrated = async (target: number) => {
      const rng = stochastic ? new DeviceGenerator(seed, 'path', network.device) : undefined;
      const found = await hostOf(channelAttributionPath(network, x, [target], path, { steps, ...(rng && { rng }) }));
      rng?.dispose();
      return found;
    };
    const [a, b] = [await linear(first), await linear(second)];
    const [pathA, pathB] = [await integrated(first), await integrated(second)];
    const channels = Array.from(a, (_, channel): ChannelEffect => {
      const [one, other] = [a[channel] as number, b[channel] as number];
      const along = { pathFirst: pathA[channel] as number, pathSecond: pathB[channel] as number };
      return { channel, first: one, second: other, net: one - other, ...along };
    })
      .sort((p, q) => Math.abs(q.net) - Math.abs(p.net))
      .slice(0, SHOWN_CHANNELS);
    return { first, second, spatial: [await spatial(first), await spatial(second)], channels };
  }

  /** @throws ConfigError for a rank that the layer does not have */
  async groups(rank: number, first: number, second: number): Promise<Groups> {
    const { height, width, channels, values } = this.maps;
    const V = tensor(Float32Array.from(values), [height * width, channels]);
    const factors = await nmf(V, { rank, rng: new Generator(this.#config.seed, 'neuron groups') });
    try {
      const [W, B] = [await factors.W.data(), await factors.B.data()];
      const [residual = 0] = await hostOf(nmfResidual(V, factors));
      const effect = [await this.#groupEffects(factors, first), await this.#groupEffects(factors, second)] as const;
      const order = groupOrder(W, rank, width);
      const row = (r: number) => B.subarray(r * channels, (r + 1) * channels);
      const unit = (r: number) => {
        const norm = Math.sqrt(row(r).reduce((sum, value) => sum + value * value, 0));
        return row(r).map((value) => value / (norm || 1));
      };
      const strongest = (r: number) =>
        Array.from(row(r).keys())
          .sort((a, b) => (row(r)[b] as number) - (row(r)[a] as number))
          .slice(0, GROUP_CHANNELS);
      return {
        rank,
        maps: order.map((r) => Float32Array.from({ length: height * width }, (_, i) => W[i * rank + r] as number)),
        directions: order.map(unit),
        channels: order.map(strongest),
        effects: order.map((r) => [effect[0][r] as number, effect[1][r] as number] as const),
        residual,
      };
    } finally {
      factors.W.dispose();
      factors.B.dispose();
      V.dispose();
    }
  }

  async #groupEffects(factors: Factors, target: number): Promise<Float32Array> {
    const { height, width, channels } = this.maps;
    const made = scope(() => {
      const { gradient } = layerGradient(this.#network, this.#x, [target], this.layer.path);
      return groupAttribution(factors, reshape(gradient, [height * width, channels]));
    });
    return hostOf(made);
  }

  /** Maps of positions may have the smooth gradient of max pooling, for display. */
  #pooled<T>(make: () => T): T {
    return this.#config.smoothPool ? withSmoothMaxPool(make) : make();
  }

  /** @param to path of a later layer that puts out maps */
  async between(to: string): Promise<Between> {
    const later = this.subject.layer(to);
    const between = () => layerToLayer(this.#network, this.#x, { from: this.layer.path, to: later.path });
    const values = await hostOf(this.#pooled(between));
    return { to: later, values };
  }
}

interface Found {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly maps: HostMaps;
}
