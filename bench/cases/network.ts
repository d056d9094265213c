/**
 * The networks of the training benchmarks as plain data, so that each library builds them in its own idiom and all compute
 * the same function from the same initial parameters.
 */
import { uniform } from './data.ts';

export type Layer =
  | {
      readonly type: 'conv';
      readonly name: string;
      readonly in: number;
      readonly out: number;
      readonly kernel: number;
      readonly padding: number;
    }
  | { readonly type: 'linear'; readonly name: string; readonly in: number; readonly out: number }
  | { readonly type: 'batchNorm'; readonly name: string; readonly features: number }
  | { readonly type: 'relu' }
  /** 2×2 windows, stride 2; an odd last row or column is dropped. */
  | { readonly type: 'maxPool' }
  /** Bilinear, twice the size, half-pixel centres. */
  | { readonly type: 'upsample' }
  /** To [batch, h·w·c], the channel fastest. */
  | { readonly type: 'flatten' }
  /** Mean over h and w. */
  | { readonly type: 'globalAveragePool' }
  | { readonly type: 'save'; readonly as: string }
  /** Channels of the saved activation first, then those of the current one. */
  | { readonly type: 'concat'; readonly with: string };

export type Optimizer =
  | { readonly type: 'sgd'; readonly learningRate: number; readonly momentum: number; readonly weightDecay: number }
  | {
      readonly type: 'adam';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
    };

export interface Network {
  readonly name: string;
  readonly batch: number;
  /** Height, width, channels of one input image; a flat input is [1, 1, features]. */
  readonly input: readonly [height: number, width: number, channels: number];
  readonly layers: readonly Layer[];
  readonly loss: 'cross-entropy' | 'mean-squared-error';
  readonly optimizer: Optimizer;
  readonly classes: number;
}

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Shape of the activation after each layer, [height, width, channels] or [features]. */
export function activationShapes(network: Network): number[][] {
  const saved = new Map<string, number[]>();
  let shape: number[] = [...network.input];
  return network.layers.map((layer) => {
    const [h, w, c] = shape as [number, number, number];
    if (layer.type === 'conv') {
      const shrink = 2 * layer.padding - layer.kernel + 1;
      shape = [h + shrink, w + shrink, layer.out];
    } else if (layer.type === 'maxPool') shape = [Math.floor(h / 2), Math.floor(w / 2), c];
    else if (layer.type === 'upsample') shape = [2 * h, 2 * w, c];
    else if (layer.type === 'flatten') shape = [h * w * c];
    else if (layer.type === 'linear') shape = [layer.out];
    else if (layer.type === 'globalAveragePool') shape = [c];
    else if (layer.type === 'concat') shape = [h, w, c + (saved.get(layer.with)?.[2] ?? 0)];
    if (layer.type === 'save') saved.set(layer.as, shape);
    return shape;
  });
}

/** Shape of the input of each layer. */
export function inputShapes(network: Network): number[][] {
  return [[...network.input], ...activationShapes(network).slice(0, -1)];
}

/** PyTorch's default initialisation U(−1/√fan_in, 1/√fan_in); batch normalisation starts at γ = 1, β = 0. */
export function initialParameters(network: Network, seed = 1): Parameter[] {
  const parameters: Parameter[] = [];
  let draw = seed * 1000;
  const add = (name: string, shape: readonly number[], bound: number) => {
    const count = shape.reduce((a, b) => a * b, 1);
    parameters.push({ name, shape, values: uniform(count, draw++, -bound, bound) });
  };
  for (const layer of network.layers) {
    if (layer.type === 'conv') {
      const bound = 1 / Math.sqrt(layer.in * layer.kernel * layer.kernel);
      add(`${layer.name}.weight`, [layer.kernel, layer.kernel, layer.in, layer.out], bound);
      add(`${layer.name}.bias`, [layer.out], bound);
    } else if (layer.type === 'linear') {
      const bound = 1 / Math.sqrt(layer.in);
      add(`${layer.name}.weight`, [layer.in, layer.out], bound);
      add(`${layer.name}.bias`, [layer.out], bound);
    } else if (layer.type === 'batchNorm') {
      parameters.push({
        name: `${layer.name}.weight`,
        shape: [layer.features],
        values: new Float32Array(layer.features).fill(1),
      });
      parameters.push({ name: `${layer.name}.bias`, shape: [layer.features], values: new Float32Array(layer.features) });
    }
  }
  return parameters;
}

/** One fixed batch: images uniform in [0, 1), labels cycling through the classes (cross-entropy) or clean images (MSE). */
export function trainingBatch(network: Network): { images: Float32Array; labels: Int32Array; targets: Float32Array } {
  const size = network.batch * network.input[0] * network.input[1] * network.input[2];
  return {
    images: uniform(size, 77, 0, 1),
    labels: Int32Array.from({ length: network.batch }, (_, i) => (i * 7 + 3) % network.classes),
    targets: network.loss === 'mean-squared-error' ? uniform(size, 78, 0, 1) : new Float32Array(0),
  };
}

/** Multiply-adds of the forward pass of one sample in the convolutions and linear layers. */
export function forwardMultiplyAdds(network: Network): number {
  return layerMultiplyAdds(network).reduce((sum, macs) => sum + macs, 0);
}

/** Floating-point operations of one training step: forward, weight gradients, and input gradients of all but the first layer. */
export function trainingFlops(network: Network): number {
  const macs = layerMultiplyAdds(network).filter((count) => count > 0);
  const forward = macs.reduce((sum, count) => sum + count, 0);
  return 2 * network.batch * (3 * forward - (macs[0] ?? 0));
}

function layerMultiplyAdds(network: Network): number[] {
  const outputs = activationShapes(network);
  return network.layers.map((layer, i) => {
    const [h = 1, w = 1] = outputs[i] ?? [];
    if (layer.type === 'conv') return h * w * layer.out * layer.in * layer.kernel * layer.kernel;
    return layer.type === 'linear' ? layer.in * layer.out : 0;
  });
}
