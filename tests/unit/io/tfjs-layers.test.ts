import { describe, expect, it } from 'vitest';
import { DataFormatError } from '../../../engine/errors.ts';
import { readTfjsLayersModel, tfjsShards } from '../../../engine/io/tfjs-layers.ts';
import { plainForward, planes } from './plain-forward.ts';

type Layer = { class_name: string; config: Record<string, unknown> };
type Weight = { name: string; shape: readonly number[]; values: readonly number[]; quantization?: object; stored?: Uint8Array };

/** A sequential model.json and its one shard. */
function model(input: readonly number[], layers: readonly Layer[], weights: readonly Weight[]) {
  const [first, ...rest] = layers.map(({ class_name, config }, i) => ({ class_name, config: { name: `layer_${i}`, ...config } }));
  const config = [{ ...first, config: { batch_input_shape: [null, ...input], ...first?.config } }, ...rest];
  const json = {
    modelTopology: { class_name: 'Sequential', config: { name: 'net', layers: config } },
    weightsManifest: [
      {
        paths: ['shard'],
        weights: weights.map(({ name, shape, quantization }) => ({
          name,
          shape,
          dtype: 'float32',
          ...(quantization ? { quantization } : {}),
        })),
      },
    ],
  };
  const shard = Buffer.concat(
    weights.map(({ values, stored }) => Buffer.from(stored ?? new Uint8Array(Float32Array.from(values).buffer))),
  );
  return { bytes: new TextEncoder().encode(JSON.stringify(json)), read: async () => new Uint8Array(shard), shard };
}

const ramp = (length: number, scale = 1): number[] => Array.from({ length }, (_, i) => ((i * 7) % 13) * scale - 2);

/** Convolution as TensorFlow defines it, from the definition: 'same' puts the odd pixel of padding after the image. */
function tensorflowConv(
  x: readonly number[],
  size: number,
  channels: number,
  kernel: readonly number[],
  k: number,
  filters: number,
  stride: number,
  same: boolean,
): number[] {
  const out = same ? Math.ceil(size / stride) : Math.floor((size - k) / stride) + 1;
  const before = same ? Math.floor(Math.max((out - 1) * stride + k - size, 0) / 2) : 0;
  const result: number[] = [];
  for (let y = 0; y < out; y++)
    for (let i = 0; i < out; i++)
      for (let o = 0; o < filters; o++) {
        let sum = 0;
        for (let u = 0; u < k; u++)
          for (let v = 0; v < k; v++)
            for (let c = 0; c < channels; c++) {
              const [row, column] = [y * stride + u - before, i * stride + v - before];
              if (row < 0 || column < 0 || row >= size || column >= size) continue;
              sum +=
                (x[(row * size + column) * channels + c] as number) *
                (kernel[((u * k + v) * channels + c) * filters + o] as number);
            }
        result.push(sum);
      }
  return result;
}

describe('TensorFlow.js layers models', () => {
  it.each([
    ['3×3, stride 1', 5, 3, 1, true],
    ['3×3, stride 2, even size: one pixel after only', 6, 3, 2, true],
    ['4×4, stride 1: two after, one before', 5, 4, 1, true],
    ['2×2, stride 2, odd size', 5, 2, 2, true],
    ['1×1, stride 2', 4, 1, 2, true],
    ['valid, stride 2', 7, 3, 2, false],
  ])('computes the convolution of TensorFlow: %s', async (_, size, k, stride, same) => {
    const [channels, filters] = [2, 3];
    const kernel = ramp(k * k * channels * filters, 0.5);
    const x = ramp(size * size * channels);
    const layer = {
      filters,
      kernel_size: [k, k],
      strides: [stride, stride],
      padding: same ? 'same' : 'valid',
      use_bias: false,
      activation: 'linear',
    };
    const { bytes, read } = model(
      [size, size, channels],
      [{ class_name: 'Conv2D', config: layer }],
      [{ name: 'layer_0/kernel', shape: [k, k, channels, filters], values: kernel }],
    );
    const network = await readTfjsLayersModel(bytes, read);
    const got = plainForward(network, planes(x, size, size, channels));
    const expected = tensorflowConv(x, size, channels, kernel, k, filters, stride, same);
    const side = Math.sqrt(expected.length / filters);
    expect([...got]).toEqual([...planes(expected, side, side, filters).data]);
  });

  it('pads with zeros where the model does, as part of the convolution that follows', async () => {
    const pad = {
      class_name: 'ZeroPadding2D',
      config: {
        padding: [
          [0, 1],
          [0, 1],
        ],
      },
    };
    const conv = { class_name: 'Conv2D', config: { filters: 1, kernel_size: 3, strides: 2, padding: 'valid', use_bias: false } };
    const weights = [{ name: 'layer_1/kernel', shape: [3, 3, 1, 1], values: ramp(9) }];
    const { bytes, read } = model([4, 4, 1], [pad, conv], weights);
    const network = await readTfjsLayersModel(bytes, read);
    expect(network.network).toEqual([{ type: 'conv2d', in: 1, out: 1, kernel: 4, stride: 2, padding: 1, bias: false }]);
    const x = ramp(16);
    expect([...plainForward(network, planes(x, 4, 4, 1))]).toEqual(tensorflowConv(x, 4, 1, ramp(9), 3, 1, 2, true));
    const pool = { class_name: 'MaxPooling2D', config: { pool_size: [2, 2], padding: 'valid' } };
    const wrong = model([4, 4, 1], [pad, pool], []);
    await expect(readTfjsLayersModel(wrong.bytes, wrong.read)).rejects.toThrow('a Conv2D layer after ZeroPadding2D');
  });

  it('re-orders a dense layer after a flatten and adds activations', async () => {
    const kernel = ramp(2 * 2 * 3 * 2);
    const { bytes, read } = model(
      [2, 2, 3],
      [
        { class_name: 'Flatten', config: {} },
        { class_name: 'Dense', config: { units: 2, activation: 'relu' } },
        { class_name: 'Dropout', config: { rate: 0.25 } },
        { class_name: 'Dense', config: { units: 1, use_bias: false } },
      ],
      [
        { name: 'layer_1/kernel', shape: [12, 2], values: kernel },
        { name: 'layer_1/bias', shape: [2], values: [0.5, -1] },
        { name: 'layer_3/kernel', shape: [2, 1], values: [1, 10] },
      ],
    );
    const { network, state } = await readTfjsLayersModel(bytes, read);
    expect(network).toEqual([
      { type: 'flatten' },
      { type: 'linear', in: 12, out: 2 },
      { type: 'relu' },
      { type: 'dropout', p: 0.25 },
      { type: 'linear', in: 2, out: 1, bias: false },
    ]);
    const x = ramp(12, 0.25);
    const hidden = [0, 1].map((o) =>
      Math.max(
        0,
        x.reduce((sum, value, i) => sum + value * (kernel[2 * i + o] as number), [0.5, -1][o] as number),
      ),
    );
    const runnable = {
      network: network.filter(({ type }) => type !== 'dropout'),
      state: new Map([...state].map(([key, value]) => [key.replace('4.', '3.'), value])),
    };
    expect(plainForward(runnable, planes(x, 2, 2, 3))[0]).toBeCloseTo((hidden[0] as number) + 10 * (hidden[1] as number), 4);
  });

  it('fills in what a batch normalisation leaves out and expands quantised weights', async () => {
    const { bytes, read } = model(
      [1, 1, 2],
      [
        {
          class_name: 'BatchNormalization',
          config: { axis: [3], epsilon: 0.0010000000474974513, momentum: 0.99, scale: false, center: true },
        },
      ],
      [
        {
          name: 'layer_0/beta',
          shape: [2],
          values: [],
          quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
          stored: Uint8Array.of(0, 4),
        },
        { name: 'layer_0/moving_mean', shape: [2], values: [1, 2] },
        { name: 'layer_0/moving_variance', shape: [2], values: [3, 4] },
      ],
    );
    const { network, state } = await readTfjsLayersModel(bytes, read);
    expect(network).toEqual([{ type: 'batchnorm2d', features: 2, eps: 0.001, momentum: 0.01 }]);
    expect(Object.fromEntries([...state].map(([key, { data }]) => [key, [...data]]))).toEqual({
      '0.weight': [1, 1],
      '0.bias': [-1, 1],
      '0.running_mean': [1, 2],
      '0.running_var': [3, 4],
    });
  });

  it('turns each kind of layer into one of the engine', async () => {
    const { bytes, read } = model(
      [8, 8, 2],
      [
        { class_name: 'MaxPooling2D', config: { pool_size: [2, 2], strides: [2, 2], padding: 'same' } },
        { class_name: 'ReLU', config: { max_value: null } },
        { class_name: 'LeakyReLU', config: { alpha: 0.10000000149011612 } },
        { class_name: 'SpatialDropout2D', config: { rate: 0.3 } },
        { class_name: 'AveragePooling2D', config: { pool_size: [2, 2], padding: 'valid' } },
        { class_name: 'Activation', config: { activation: 'tanh' } },
        { class_name: 'GlobalAveragePooling2D', config: {} },
        { class_name: 'Softmax', config: {} },
      ],
      [],
    );
    expect((await readTfjsLayersModel(bytes, read)).network).toEqual([
      { type: 'maxpool2d', kernel: 2 },
      { type: 'relu' },
      { type: 'leakyrelu', slope: 0.1 },
      { type: 'dropout2d', p: 0.3 },
      { type: 'avgpool2d', kernel: 2 },
      { type: 'tanh' },
      { type: 'globalavgpool2d' },
      { type: 'flatten' },
      { type: 'softmax' },
    ]);
  });

  it('names the shards to fetch', () => {
    expect(tfjsShards(model([4, 4, 1], [{ class_name: 'Flatten', config: {} }], []).bytes)).toEqual(['shard']);
  });

  const flat = (...layers: Layer[]) => model([4, 4, 1], layers, []);
  it.each([
    ['an unknown layer', flat({ class_name: 'LSTM', config: {} }), /LSTM/],
    ['an unknown activation', flat({ class_name: 'Activation', config: { activation: 'swish' } }), /swish/],
    [
      'a missing weight',
      flat({ class_name: 'Conv2D', config: { filters: 1, kernel_size: [3, 3], strides: [1, 1], padding: 'same' } }),
      /layer_0\/kernel/,
    ],
    ['a dense layer on an image', flat({ class_name: 'Dense', config: { units: 1 } }), /Flatten/],
    [
      'pooling that covers unevenly',
      flat({ class_name: 'MaxPooling2D', config: { pool_size: [3, 3], strides: [2, 2], padding: 'same' } }),
      /evenly/,
    ],
    ['a clipped ReLU', flat({ class_name: 'ReLU', config: { max_value: 6 } }), /max_value/],
    [
      'channels first',
      flat({ class_name: 'MaxPooling2D', config: { pool_size: [2, 2], padding: 'valid', data_format: 'channels_first' } }),
      /channels_last/,
    ],
    ['no topology', { bytes: new TextEncoder().encode('{}'), read: async () => new Uint8Array(0) }, /modelTopology/],
    ['no JSON', { bytes: new TextEncoder().encode('<html>'), read: async () => new Uint8Array(0) }, /JSON/],
  ])('refuses %s', async (_, { bytes, read }, message) => {
    const reading = readTfjsLayersModel(bytes, read, 'model.json');
    await expect(reading).rejects.toBeInstanceOf(DataFormatError);
    await expect(reading).rejects.toThrow(message);
  });

  it('refuses shards of another length and networks that branch', async () => {
    const weights = [{ name: 'layer_0/kernel', shape: [1, 1, 1, 1], values: [1] }];
    const conv = {
      class_name: 'Conv2D',
      config: { filters: 1, kernel_size: [1, 1], strides: [1, 1], padding: 'same', use_bias: false },
    };
    const { bytes, shard } = model([4, 4, 1], [conv], weights);
    await expect(readTfjsLayersModel(bytes, async () => new Uint8Array(shard.subarray(0, 3)))).rejects.toMatchObject({
      file: 'shard',
      offset: 3,
    });
    await expect(readTfjsLayersModel(bytes, async () => new Uint8Array(8))).rejects.toMatchObject({ file: 'shard', offset: 4 });
    const layer = (name: string, from: readonly string[]) => ({
      class_name: name.startsWith('in') ? 'InputLayer' : 'ReLU',
      config: { name, batch_input_shape: [null, 4, 4, 1] },
      inbound_nodes: from.length ? [from.map((source) => [source, 0, 0, {}])] : [],
    });
    const topology = (layers: readonly object[]) =>
      new TextEncoder().encode(
        JSON.stringify({ modelTopology: { model_config: { class_name: 'Model', config: { layers } } }, weightsManifest: [] }),
      );
    const read = async () => new Uint8Array(0);
    const chain = topology([layer('in', []), layer('a', ['in']), layer('b', ['a'])]);
    expect((await readTfjsLayersModel(chain, read)).network).toEqual([{ type: 'relu' }, { type: 'relu' }]);
    for (const branch of [
      topology([layer('in', []), layer('a', ['in']), layer('b', ['in'])]),
      topology([layer('in', []), layer('a', ['in']), layer('b', ['in', 'a'])]),
    ]) {
      await expect(readTfjsLayersModel(branch, read)).rejects.toThrow("'b' does not follow 'a' alone");
    }
  });
});
