import { describe, expect, test } from 'vitest';
import {
  CIFAR_CNN,
  CONV_NET,
  DENSE_MODEL,
  IMAGENETTE_CNN,
  MLP,
  MNIST_CNN,
  mnistCnn,
  SKIP_MLP,
  SMALL_CNN,
  skipMlp,
  unet,
} from '../../../engine/nn/architectures.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { validateNetwork } from '../../../engine/nn/validate.ts';

const messages = (definition: unknown, shape: readonly number[]) =>
  validateNetwork(definition, shape).errors.map((e) => e.message);

describe('architectures have the published numbers of parameters', () => {
  test.each([
    ['MLP', MLP, 55_050],
    ['skip-MLP', SKIP_MLP, 130_122],
    ['DenseModel', DENSE_MODEL, 242_814],
    ['MNIST CNN', MNIST_CNN, 2_770_634],
    ['CIFAR CNN', CIFAR_CNN, 746_698],
    ['Imagenette CNN', IMAGENETTE_CNN, 81_802],
    ['SmallCNN', SMALL_CNN, 149_202],
    ['UNet', unet(), 1_881_985],
    ['ConvNet', CONV_NET, 624 + 6_944 + 102_528 + 1_290],
  ])('%s', (_, { definition, inputShape }, parameters) => {
    const result = validateNetwork(definition, inputShape);
    expect(result.errors).toEqual([]);
    expect(result.parameters).toBe(parameters);
  });

  test('shapes along the layers', () => {
    const { layers } = validateNetwork(SMALL_CNN.definition, SMALL_CNN.inputShape);
    expect(layers.map(({ outputShape }) => outputShape.join('×'))).toEqual([
      ...['26×26×16', '26×26×16', '26×26×16', '24×24×16', '24×24×16', '24×24×16', '12×12×16'],
      ...['10×10×32', '10×10×32', '10×10×32', '8×8×32', '8×8×32', '8×8×32', '4×4×32', '512', '256', '256', '256', '2'],
    ]);
    expect(validateNetwork(unet(16).definition, [28, 28, 1]).layers.at(-1)?.outputShape).toEqual([28, 28, 1]);
  });

  test('options change what they say', () => {
    expect(validateNetwork(mnistCnn({ filters: 4, kernel: 5, hidden: 7, softmax: true }), [28, 28, 1]).errors).toEqual([]);
    expect(skipMlp([784, 128, 64, 64, 10], { skips: false }).filter(({ type }) => type === 'residual')).toEqual([]);
    expect(validateNetwork(skipMlp([784, 128, 64, 64, 10], { skips: false, p: 0 }), [28, 28, 1]).errors).toEqual([]);
  });
});

describe('what the layer before says may be left out', () => {
  const stated = [...MLP.definition, ...SMALL_CNN.definition, ...CIFAR_CNN.definition, ...unet(4).definition];
  /** Without `in` and `features`, nested layers too. */
  const bare = (layers: NetworkDefinition): NetworkDefinition =>
    JSON.parse(JSON.stringify(layers, (key, value) => (key === 'in' || key === 'features' ? undefined : value)));

  test.each([
    ['MLP', MLP],
    ['SKIP_MLP', SKIP_MLP],
    ['CIFAR_CNN', CIFAR_CNN],
    ['SMALL_CNN', SMALL_CNN],
    ['unet', unet(4)],
  ])('%s: the same shapes and parameters', (_, { definition, inputShape }) => {
    expect(stated.some((layer) => 'in' in layer)).toBe(true);
    expect(JSON.stringify(bare(definition))).not.toMatch(/"(in|features)"/);
    expect(validateNetwork(bare(definition), inputShape)).toEqual(validateNetwork(definition, inputShape));
  });

  test('a layer norm and a transposed convolution too', () => {
    const { layers, errors } = validateNetwork(
      [{ type: 'convtranspose2d', out: 5, kernel: 2, stride: 2 }, { type: 'layernorm' }],
      [3, 3, 2],
    );
    expect(errors).toEqual([]);
    expect(layers.map(({ parameters }) => parameters)).toEqual([2 * 2 * 2 * 5 + 5, 10]);
  });

  test('the shape that reaches each layer is told, and the value with which a wrong one would fit', () => {
    const network = [
      { type: 'conv2d', out: 32, kernel: 3 },
      { type: 'maxpool2d', kernel: 2 },
      { type: 'flatten' },
      { type: 'linear', in: 5400, out: 64 },
      { type: 'residual', layers: [{ type: 'linear', out: 64 }] },
    ];
    const { inputShapes, errors } = validateNetwork(network, [28, 28, 1]);
    expect(inputShapes).toEqual({ 0: [28, 28, 1], 1: [26, 26, 32], 2: [13, 13, 32], 3: [5408], 4: [64], '4.body.0': [64] });
    expect(errors).toEqual([
      {
        path: '3',
        type: 'linear',
        message: 'layer 3 (linear): in = 5400 but its input has 5408 features: set to 5408',
        remedy: { field: 'in', value: 5408 },
      },
    ]);
  });
});

describe('messages name the layer', () => {
  test.each([
    [
      [
        { type: 'conv2d', in: 3, out: 32, kernel: 3 },
        { type: 'relu' },
        { type: 'relu' },
        { type: 'conv2d', in: 16, out: 8, kernel: 3 },
      ],
      [8, 8, 3],
      'layer 3 (conv2d): in = 16 but its input has 32 channels: set to 32',
    ],
    [
      [{ type: 'linear', in: 10, out: 2 }],
      [4, 4, 1],
      'layer 0 (linear): needs a vector, but its input is [4, 4, 1]; put a flatten before it',
    ],
    [
      [{ type: 'flatten' }, { type: 'linear', in: 10, out: 2 }],
      [4, 4, 1],
      'layer 1 (linear): in = 10 but its input has 16 features: set to 16',
    ],
    [
      [{ type: 'conv2d', in: 1, out: 2, kernel: 5 }],
      [4, 4, 1],
      'layer 0 (conv2d): its kernel of 5×5 does not fit into its input of 4×4',
    ],
    [
      [{ type: 'batchnorm2d', features: 3 }],
      [4, 4, 1],
      'layer 0 (batchnorm2d): features = 3 but its input has 1 channels: set to 1',
    ],
    [
      [{ type: 'residual', layers: [{ type: 'linear', in: 4, out: 3 }] }],
      [4],
      "layer 0 (residual): its input is [4] but its body gives [3]; add a 'bridge'",
    ],
    [
      [{ type: 'residual', layers: [{ type: 'linear', in: 5, out: 4 }] }],
      [4],
      'layer 0.body.0 (linear): in = 5 but its input has 4 features: set to 4',
    ],
    [
      [{ type: 'unet', in: 1, out: 1, depth: 3 }],
      [30, 28, 1],
      'layer 0 (unet): depth 3 needs sides divisible by 4, but its input is 30×28',
    ],
    [
      [{ type: 'maxpool2d', kernel: 2, padding: 2 }],
      [4, 4, 1],
      'layer 0 (maxpool2d): padding must be at most half of the kernel',
    ],
    [
      [{ type: 'conv2d', in: 4, out: 6, kernel: 1, groups: 4 }],
      [4, 4, 4],
      'layer 0 (conv2d): groups = 4 must divide in = 4 and out = 6',
    ],
    [[{ type: 'conv2d', in: 1, out: 2 }], [4, 4, 1], "layer 0 (conv2d): 'kernel' is missing"],
    [[{ type: 'linear', in: 2.5, out: 2 }], [4], 'layer 0 (linear): in = 2.5 must be a whole number of at least 1'],
    [[{ type: 'dropout', p: 2 }], [4], 'layer 0 (dropout): p = 2 must be a number from 0 to 1'],
    [[{ type: 'relu' }, 3], [4], "layer 1 (unknown): must be an object with a 'type', found 3"],
    [{}, [4], 'the network must be a list of layers'],
    [[], [4, 4], 'the input shape [4, 4] must be [height, width, channels] or [features], without the batch'],
  ])('%j', (definition, shape, message) => {
    expect(messages(definition, shape)).toContain(message);
  });

  test('unknown types and fields say what there is', () => {
    expect(messages([{ type: 'dense' }], [4])[0]).toMatch(
      /^layer 0 \(dense\): 'dense' is not a layer type; use one of linear, conv2d/,
    );
    expect(messages([{ type: 'linear', in: 4, out: 2, units: 3 }], [4])[0]).toBe(
      "layer 0 (linear): 'units' is not a field of linear; it has name, init, in, out, bias",
    );
  });

  test('goes on after a layer that does not fit', () => {
    const definition = [
      { type: 'conv2d', in: 16, out: 8, kernel: 3 },
      { type: 'relu' },
      { type: 'conv2d', in: 4, out: 8, kernel: 3 },
      { type: 'flatten' },
      { type: 'linear', in: 128, out: 10 },
    ];
    const { errors, layers } = validateNetwork(definition, [8, 8, 3]);
    expect(errors.map(({ path }) => path)).toEqual(['0', '2']);
    expect(layers.map(({ outputShape }) => outputShape.length)).toEqual([3, 3, 3, 1, 1]);
  });

  test('two layers must not share a name', () => {
    const definition = [
      { type: 'relu', name: 'a' },
      { type: 'relu', name: 'a' },
    ];
    expect(messages(definition, [4])).toEqual(["layer 1 (relu): its name 'a' is already that of layer 0"]);
  });
});
