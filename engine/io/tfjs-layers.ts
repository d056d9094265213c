import { DataFormatError } from '../errors.ts';
import { isFiniteNumber, shown } from '../json.ts';
import type { StateTensor } from '../nn/border.ts';
import type { LayerDefinition, Pair } from '../nn/definition.ts';
import type { ImportedNetwork } from './imported-network.ts';
import { convolutionKernel, linearWeight } from './tfjs-kernels.ts';
import { chainOf, inputShapeOf, isSize, type KerasLayer, parseModel } from './tfjs-topology.ts';
import { readTfjsWeights, shardPaths } from './tfjs-weights.ts';

/**
 * Reads TensorFlow.js 'layers models' (Keras networks: model.json with weight shards beside it) that are a chain of layers, and turns
 * them into this engine's layer list and a state dictionary with PyTorch's names and layouts.
 */

/** The shape of one sample while the chain is walked: an image or a vector. */
type Shape =
  | { readonly kind: 'image'; height: number; width: number; channels: number }
  | { readonly kind: 'vector'; size: number };

/** Walks the layers, collecting records and tensors. */
class Importer {
  readonly network: LayerDefinition[] = [];
  readonly state = new Map<string, StateTensor>();
  private shape: Shape;
  /** The image shape before a flatten: a following Dense layer's rows are in height, width, channel order and must be re-ordered. */
  private flattened: { height: number; width: number; channels: number } | undefined;
  /** Zeros that a ZeroPadding2D layer put around the image, for the convolution that follows: [top, left], [bottom, right]. */
  private border: { before: [number, number]; after: [number, number] } | undefined;
  private readonly weights: ReadonlyMap<string, StateTensor>;
  private readonly file: string;

  constructor(weights: ReadonlyMap<string, StateTensor>, input: readonly [number, number, number], file: string) {
    const [height, width, channels] = input;
    this.weights = weights;
    this.file = file;
    this.shape = { kind: 'image', height, width, channels };
  }

  /** What each kind of layer turns into. */
  private readonly handlers: Readonly<Record<string, (layer: KerasLayer) => void>> = {
    InputLayer: () => {},
    Conv2D: (layer) => this.convolution(layer),
    Dense: (layer) => this.dense(layer),
    BatchNormalization: (layer) => this.batchNorm(layer),
    LeakyReLU: (layer) => this.leakyRelu(layer),
    ReLU: (layer) => this.relu(layer),
    Activation: (layer) => this.activation(layer, layer.config.activation),
    Softmax: (layer) => this.activation(layer, 'softmax'),
    MaxPooling2D: (layer) => this.pool(layer, 'maxpool2d'),
    AveragePooling2D: (layer) => this.pool(layer, 'avgpool2d'),
    GlobalAveragePooling2D: (layer) => this.globalAverage(layer),
    ZeroPadding2D: (layer) => this.zeroPad(layer),
    Flatten: (layer) => this.flatten(layer),
    Dropout: (layer) => this.push({ type: 'dropout', p: this.share(layer, 'rate', 'p') }),
    SpatialDropout2D: (layer) => this.push({ type: 'dropout2d', p: this.share(layer, 'rate', 'p') }),
  };

  add(layer: KerasLayer): void {
    // Not by name alone: 'constructor' names something of every object.
    const handler = Object.hasOwn(this.handlers, layer.className) ? this.handlers[layer.className] : undefined;
    if (this.border && layer.className !== 'Conv2D') this.fail(layer, 'a Conv2D layer after ZeroPadding2D');
    if (!handler) this.fail(layer, `a layer of one of the kinds ${Object.keys(this.handlers).join(', ')}`);
    handler(layer);
  }

  private push(record: LayerDefinition): void {
    this.network.push(record);
  }

  private fail(layer: KerasLayer, expectation: string): never {
    throw new DataFormatError(this.file, 0, `${expectation} ('${layer.name}', ${layer.className})`);
  }

  private number(layer: KerasLayer, ...keys: readonly string[]): number {
    for (const key of keys) {
      const value = layer.config[key];
      if (isFiniteNumber(value)) return value;
    }
    return this.fail(layer, `a number '${keys.join("' or '")}'`);
  }

  /** A number from 0 up to, not including, 1: a share. */
  private share(layer: KerasLayer, ...keys: readonly string[]): number {
    const value = this.number(layer, ...keys);
    if (value < 0 || value >= 1) this.fail(layer, `0 ≤ ${keys[0]} < 1, found ${value}`);
    return roundFloat32(value);
  }

  private size(layer: KerasLayer, key: string): number {
    const value = layer.config[key];
    if (!isSize(value)) return this.fail(layer, `a whole number '${key}' from 1 on, found ${shown(value)}`);
    return value;
  }

  private pair(layer: KerasLayer, key: string): readonly [number, number] {
    const value = layer.config[key];
    const pair = Array.isArray(value) ? value : [value, value];
    if (pair.length === 2 && pair.every(isSize)) return pair as [number, number];
    return this.fail(layer, `one or two whole numbers '${key}' from 1 on, found ${shown(value)}`);
  }

  private image(layer: KerasLayer): Extract<Shape, { kind: 'image' }> {
    if (this.shape.kind !== 'image') return this.fail(layer, 'an image as input');
    if ((layer.config.data_format ?? 'channels_last') !== 'channels_last') this.fail(layer, 'data_format channels_last');
    return this.shape;
  }

  private weight(layer: KerasLayer, name: string, shape: readonly number[]): Float32Array {
    const weight = this.weights.get(`${layer.name}/${name}`);
    if (!weight) return this.fail(layer, `a weight named '${layer.name}/${name}'`);
    if (weight.shape.join() !== shape.join()) {
      this.fail(layer, `'${name}' of shape [${shape.join(', ')}], found [${weight.shape.join(', ')}]`);
    }
    return weight.data;
  }

  /** Values for the layer that is pushed next, under PyTorch's name. */
  private keep(name: string, shape: readonly number[], data: Float32Array): void {
    this.state.set(`${this.network.length}.${name}`, { shape, data });
  }

  /**
   * The padding that TensorFlow's rule asks for along both axes: top, bottom, left, right, and the size of the output.
   * 'same' (tensorflow/core/framework/common_shape_fns.cc): out = ⌈in/stride⌉, total = max((out − 1)·stride + kernel − in, 0), the odd one after.
   */
  private windows(
    layer: KerasLayer,
    kernel: readonly [number, number],
    stride: readonly [number, number],
  ): { before: [number, number]; after: [number, number]; out: [number, number] } {
    const { height, width } = this.image(layer);
    const before: [number, number] = [0, 0];
    const after: [number, number] = [0, 0];
    const out: [number, number] = [0, 0];
    for (const axis of [0, 1] as const) {
      const size = axis === 0 ? height : width;
      if (layer.config.padding === 'same') {
        out[axis] = Math.ceil(size / stride[axis]);
        const total = Math.max((out[axis] - 1) * stride[axis] + kernel[axis] - size, 0);
        before[axis] = Math.floor(total / 2);
        after[axis] = total - before[axis];
      } else if (layer.config.padding === 'valid') {
        out[axis] = Math.floor((size - kernel[axis]) / stride[axis]) + 1;
      } else this.fail(layer, `padding 'same' or 'valid', found ${shown(layer.config.padding)}`);
      if (out[axis] < 1) this.fail(layer, `an image of at least ${kernel[axis]} pixels, found ${size}`);
      before[axis] += this.border?.before[axis] ?? 0;
      after[axis] += this.border?.after[axis] ?? 0;
    }
    this.border = undefined;
    return { before, after, out };
  }

  private convolution(layer: KerasLayer): void {
    const { config } = layer;
    const { channels } = this.image(layer);
    const filters = this.size(layer, 'filters');
    const kernel = this.pair(layer, 'kernel_size');
    const stride = this.pair(layer, 'strides');
    if (config.dilation_rate !== undefined && this.pair(layer, 'dilation_rate').some((rate) => rate !== 1))
      this.fail(layer, 'dilation 1');
    const { before, after, out } = this.windows(layer, kernel, stride);
    const hwio = this.weight(layer, 'kernel', [...kernel, channels, filters]);
    // Zeros on one side only become taps of the kernel; a wide border of them is another layer, which this engine has not.
    if ([0, 1].some((axis) => Math.abs((after[axis] as number) - (before[axis] as number)) > (kernel[axis] as number))) {
      this.fail(
        layer,
        `padding that differs by ${kernel.join(' × ')} at most between opposite sides, found ${shown({ before, after })}`,
      );
    }
    const { data, size, padding } = convolutionKernel(hwio, kernel, channels, filters, before, after);
    const bias = config.use_bias !== false;
    this.keep('weight', [filters, channels, ...size], data);
    if (bias) this.keep('bias', [filters], this.weight(layer, 'bias', [filters]));
    this.push({
      type: 'conv2d',
      in: channels,
      out: filters,
      kernel: single(size),
      ...(stride.some((s) => s !== 1) ? { stride: single(stride) } : {}),
      ...(padding.some((p) => p !== 0) ? { padding: single(padding) } : {}),
      ...(bias ? {} : { bias: false }),
    });
    this.shape = { kind: 'image', height: out[0], width: out[1], channels: filters };
    this.activation(layer, config.activation);
  }

  private dense(layer: KerasLayer): void {
    if (this.shape.kind !== 'vector') this.fail(layer, 'a Flatten or GlobalAveragePooling2D layer before it');
    const { size } = this.shape;
    const units = this.size(layer, 'units');
    const bias = layer.config.use_bias !== false;
    const kernel = this.weight(layer, 'kernel', [size, units]);
    const weight = linearWeight(kernel, size, units, this.flattened);
    this.keep('weight', [units, size], weight);
    if (bias) this.keep('bias', [units], this.weight(layer, 'bias', [units]));
    this.push({ type: 'linear', in: size, out: units, ...(bias ? {} : { bias: false }) });
    this.shape = { kind: 'vector', size: units };
    this.flattened = undefined;
    this.activation(layer, layer.config.activation);
  }

  private batchNorm(layer: KerasLayer): void {
    const { config } = layer;
    const features = this.shape.kind === 'image' ? this.shape.channels : this.shape.size;
    const axis = Array.isArray(config.axis) ? config.axis[0] : config.axis;
    const last = this.shape.kind === 'image' ? 3 : 1;
    if (axis !== undefined && axis !== -1 && axis !== last) this.fail(layer, 'normalisation over the last axis');
    if (this.flattened) this.fail(layer, 'no batch normalisation between Flatten and Dense');
    const shape = [features];
    const values = (name: string, used: boolean, otherwise: number): Float32Array =>
      used ? this.weight(layer, name, shape) : new Float32Array(features).fill(otherwise);
    this.keep('weight', shape, values('gamma', config.scale !== false, 1));
    this.keep('bias', shape, values('beta', config.center !== false, 0));
    this.keep('running_mean', shape, this.weight(layer, 'moving_mean', shape));
    this.keep('running_var', shape, this.weight(layer, 'moving_variance', shape));
    this.push({
      type: this.shape.kind === 'image' ? 'batchnorm2d' : 'batchnorm1d',
      features,
      eps: this.share(layer, 'epsilon'),
      // Keras counts the share of the past, PyTorch that of the batch.
      momentum: roundFloat32(1 - this.share(layer, 'momentum')),
    });
  }

  private leakyRelu(layer: KerasLayer): void {
    this.push({ type: 'leakyrelu', slope: roundFloat32(this.number(layer, 'alpha', 'negative_slope')) });
  }

  private relu(layer: KerasLayer): void {
    const { max_value: ceiling, threshold, negative_slope: slope } = layer.config;
    if ((ceiling ?? null) !== null) this.fail(layer, `a ReLU without max_value, found ${shown(ceiling)}`);
    if (threshold) this.fail(layer, `a ReLU with threshold 0, found ${shown(threshold)}`);
    if (slope) this.leakyRelu(layer);
    else this.push({ type: 'relu' });
  }

  private activation(layer: KerasLayer, activation: unknown): void {
    const name = activation ?? 'linear';
    if (name === 'linear') return;
    if (name !== 'relu' && name !== 'tanh' && name !== 'sigmoid' && name !== 'softmax') {
      this.fail(layer, `activation linear, relu, tanh, sigmoid or softmax, found ${shown(activation)}`);
    }
    this.push({ type: name });
  }

  private pool(layer: KerasLayer, type: 'maxpool2d' | 'avgpool2d'): void {
    const { channels } = this.image(layer);
    const kernel = this.pair(layer, 'pool_size');
    const stride = layer.config.strides == null ? kernel : this.pair(layer, 'strides');
    const { before, after, out } = this.windows(layer, kernel, stride);
    // Padding of one side only has no counterpart in PyTorch, and TensorFlow leaves the border out of a mean.
    if (before.some((p, axis) => p !== after[axis])) this.fail(layer, 'windows that cover the image evenly');
    if (type === 'avgpool2d' && before.some((p) => p !== 0)) this.fail(layer, 'an average without padding');
    this.push({
      type,
      kernel: single(kernel),
      ...(stride.join() === kernel.join() ? {} : { stride: single(stride) }),
      ...(before.some((p) => p !== 0) ? { padding: single(before) } : {}),
    });
    this.shape = { kind: 'image', height: out[0], width: out[1], channels };
  }

  private globalAverage(layer: KerasLayer): void {
    const { channels } = this.image(layer);
    this.push({ type: 'globalavgpool2d' });
    this.push({ type: 'flatten' });
    this.shape = { kind: 'vector', size: channels };
  }

  private zeroPad(layer: KerasLayer): void {
    const { height, width, channels } = this.image(layer);
    const value = layer.config.padding;
    const [v, h] = Array.isArray(value) ? value : [value, value];
    const [top, bottom] = Array.isArray(v) ? v : [v, v];
    const [left, right] = Array.isArray(h) ? h : [h, h];
    if (![left, right, top, bottom].every((p) => p === 0 || isSize(p)))
      this.fail(layer, `whole numbers 'padding', found ${shown(value)}`);
    this.border = { before: [top, left], after: [bottom, right] };
    this.shape = { kind: 'image', height: height + top + bottom, width: width + left + right, channels };
  }

  private flatten(layer: KerasLayer): void {
    if (this.shape.kind === 'vector') return;
    const { height, width, channels } = this.image(layer);
    this.push({ type: 'flatten' });
    this.flattened = { height, width, channels };
    this.shape = { kind: 'vector', size: height * width * channels };
  }
}

/** One number where both axes agree. */
const single = ([a, b]: readonly [number, number]): Pair => (a === b ? a : [a, b]);

/** The short decimal behind a constant that went through float32: 0.10000000149011612 → 0.1. */
const roundFloat32 = (value: number): number => Number(value.toPrecision(7));

/** Paths of the weight shards that a model.json names, relative to it. */
export function tfjsShards(modelJson: Uint8Array, file = 'model.json'): string[] {
  return shardPaths(parseModel(modelJson, file).weightsManifest, file);
}

/**
 * Reads a TensorFlow.js layers model that is a chain of convolutions, dense layers, batch normalisations, activations and poolings.
 *
 * @param modelJson bytes of its model.json
 * @param readShard returns a weight shard by its path relative to model.json
 * @param file name of the model.json, for messages
 * @returns the layer list and the values in PyTorch's names and layouts. Padding 'same' becomes `padding` where it is even on both
 *   sides; where it is not, the kernel grows by zero taps, which computes the same.
 * @throws DataFormatError for damaged files, branching networks and layers without a counterpart
 */
export async function readTfjsLayersModel(
  modelJson: Uint8Array,
  readShard: (path: string) => Promise<Uint8Array>,
  file = 'model.json',
): Promise<ImportedNetwork> {
  const model = parseModel(modelJson, file);
  const layers = chainOf(model.modelTopology, file);
  const inputShape = inputShapeOf(layers, file);
  const weights = await readTfjsWeights(model.weightsManifest, file, readShard);
  const importer = new Importer(weights, inputShape, file);
  for (const layer of layers) importer.add(layer);
  return { network: importer.network, state: importer.state, inputShape };
}
