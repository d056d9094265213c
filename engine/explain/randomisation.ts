/** Sanity checks for saliency maps (Adebayo et al. 2018): a map that does not change when the network's weights do, does not explain it. */
import { ConfigError } from '../errors.ts';
import type { Module } from '../nn/module.ts';
import type { Network } from '../nn/network.ts';
import { copyElements } from '../ops/copy-elements.ts';
import type { Tensor } from '../tensor.ts';
import { rankCorrelation } from './correlation.ts';

/** Layers with parameters, the top one first: the steps of a cascade. */
export const cascadeLayers = (network: Network): readonly Module[] =>
  network.modules.filter((module) => module.ownParameters.length > 0).toReversed();

/** Parameters and running statistics of one layer, from another network of the same definition. */
function copyLayer(from: Network, to: Network, path: string): void {
  const [source, target] = [from.layer(path), to.layer(path)];
  for (const kind of ['ownParameters', 'ownBuffers'] as const) {
    target[kind].forEach((slot, index) => {
      copyElements((source[kind][index] as typeof slot).tensor, slot.tensor);
    });
  }
}

/**
 * A copy whose top layers hold parameters as they were drawn before a training: one step of the cascade by itself.
 * @param depth how many of `cascadeLayers`; more than there are: all
 * @throws ConfigError where the network has no parameters
 */
export function randomisedTop(network: Network, depth: number, seed = 0): Network {
  const layers = cascadeLayers(network);
  if (layers.length === 0) throw new ConfigError('network', 'it has no parameters to randomise.');
  const [copy, random] = [network.clone(), network.clone().initialise(seed)];
  for (const { path } of layers.slice(0, depth)) copyLayer(random, copy, path);
  random.dispose();
  return copy;
}

export interface CascadeOptions {
  /** Of the random weights. Default 0. */
  readonly seed?: number;
  /** 'cascading' (default): from the top layer down, each stays random; 'independent': one layer at a time. */
  readonly order?: 'cascading' | 'independent';
  /** Compares magnitudes. Default true: maps of other sign are as alike (the paper reports both). */
  readonly absolute?: boolean;
}

export interface CascadeStep {
  /** Path of the layer that was randomised last. */
  readonly layer: string;
  /** The map of the randomised network: as `explain` returns it, [N, …] on the host. */
  readonly map: Float32Array<ArrayBuffer>;
  /** Spearman's rank correlation with the map of the trained network, for each image. */
  readonly similarity: readonly number[];
}

/**
 * Randomises the parameters of layer after layer, as they were drawn before a training, and explains again. Yields one step a layer that has
 * parameters, the top layer first. The network itself is not changed.
 * @param explain a method: network to maps [N, …], made on the device of the network
 */
export async function* randomisationCascade(
  network: Network,
  explain: (network: Network) => Tensor,
  { seed = 0, order = 'cascading', absolute = true }: CascadeOptions = {},
): AsyncGenerator<CascadeStep> {
  const layers = cascadeLayers(network);
  if (layers.length === 0) throw new ConfigError('network', 'it has no parameters to randomise.');
  const copy = network.clone();
  const random = network.clone();
  const hostMap = async (which: Network) => {
    const map = explain(which);
    const values = await map.data();
    const count = map.shape[0] as number;
    map.dispose();
    return { values, count };
  };
  try {
    random.initialise(seed);
    const original = await hostMap(network);
    const length = original.values.length / original.count;
    const comparable = (values: Float32Array<ArrayBuffer>, image: number) => {
      const row = values.subarray(image * length, (image + 1) * length);
      return absolute ? row.map(Math.abs) : row;
    };
    for (const layer of layers) {
      if (order === 'independent') copy.copyFrom(network);
      copyLayer(random, copy, layer.path);
      const { values } = await hostMap(copy);
      const similarity = Array.from({ length: original.count }, (_, image) =>
        rankCorrelation(comparable(original.values, image), comparable(values, image)),
      );
      yield { layer: layer.path, map: values, similarity };
    }
  } finally {
    copy.dispose();
    random.dispose();
  }
}
