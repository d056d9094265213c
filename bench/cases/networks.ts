/** The five networks whose training step is measured. Sizes come from the labs' specifications. */
import type { Layer, Network, Optimizer } from './network.ts';

const adam = (learningRate: number): Optimizer => ({ type: 'adam', learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });

const conv = (name: string, from: number, to: number, kernel: number, padding: number): Layer => ({
  type: 'conv',
  name,
  in: from,
  out: to,
  kernel,
  padding,
});
const linear = (name: string, from: number, to: number): Layer => ({ type: 'linear', name, in: from, out: to });
const batchNorm = (name: string, features: number): Layer => ({ type: 'batchNorm', name, features });
const relu: Layer = { type: 'relu' };
const maxPool: Layer = { type: 'maxPool' };
const flatten: Layer = { type: 'flatten' };

/** The MNIST ConvNet of jax-js's demo: 5×5 conv 24, pool, 3×3 conv 32, pool, 128, 10. */
export const convNet: Network = {
  name: 'ConvNet',
  batch: 64,
  input: [28, 28, 1],
  classes: 10,
  layers: [
    conv('conv1', 1, 24, 5, 0),
    relu,
    maxPool,
    conv('conv2', 24, 32, 3, 0),
    relu,
    maxPool,
    flatten,
    linear('linear1', 5 * 5 * 32, 128),
    relu,
    linear('linear2', 128, 10),
  ],
  loss: 'cross-entropy',
  optimizer: { type: 'sgd', learningRate: 0.05, momentum: 0, weightDecay: 0 },
};

/** The multilayer perceptron of the first practical: 784-64-64-10. */
export const mlp: Network = {
  name: 'MLP',
  batch: 64,
  input: [1, 1, 784],
  classes: 10,
  layers: [flatten, linear('linear1', 784, 64), relu, linear('linear2', 64, 64), relu, linear('linear3', 64, 10)],
  loss: 'cross-entropy',
  optimizer: adam(1e-4),
};

/** MaskTune's SmallCNN: four unpadded 3×3 convolutions with batch normalisation, 149,202 parameters. */
export const smallCnn: Network = {
  name: 'SmallCNN',
  batch: 128,
  input: [28, 28, 3],
  classes: 2,
  layers: [
    ...[conv('conv1', 3, 16, 3, 0), batchNorm('norm1', 16), relu],
    ...[conv('conv2', 16, 16, 3, 0), batchNorm('norm2', 16), relu, maxPool],
    ...[conv('conv3', 16, 32, 3, 0), batchNorm('norm3', 32), relu],
    ...[conv('conv4', 32, 32, 3, 0), batchNorm('norm4', 32), relu, maxPool],
    ...[flatten, linear('linear1', 512, 256), batchNorm('norm5', 256), relu],
    linear('linear2', 256, 2),
  ],
  loss: 'cross-entropy',
  optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 },
};

/**
 * The class-activation-map CNN for CIFAR-10, widths 64-128-256-128-64-10. Its dropout is left out here, because every
 * library draws other random numbers and the losses could not be compared.
 */
export const cifarCnn: Network = {
  name: 'CIFAR CNN',
  batch: 16,
  input: [32, 32, 3],
  classes: 10,
  layers: [
    ...[3, 64, 128, 256, 128].flatMap((from, i): Layer[] => {
      const to = [64, 128, 256, 128, 64][i] ?? 0;
      return [conv(`conv${i + 1}`, from, to, 3, 1), batchNorm(`norm${i + 1}`, to), relu, maxPool];
    }),
    ...[conv('conv6', 64, 10, 3, 1), relu, { type: 'globalAveragePool' } as const],
  ],
  loss: 'cross-entropy',
  optimizer: adam(1e-3),
};

const block = (name: string, from: number, to: number): Layer[] => [
  ...[conv(`${name}a`, from, to, 3, 1), relu],
  ...[conv(`${name}b`, to, to, 3, 1), relu],
];

/** The denoising UNet of depth 3 with 16 maps instead of 64, bilinear up-sampling, encoder features first. */
export const unet16: Network = {
  name: 'UNet-16',
  batch: 16,
  input: [28, 28, 1],
  classes: 1,
  layers: [
    ...[...block('down0', 1, 16), { type: 'save', as: 's0' } as const, maxPool],
    ...[...block('down1', 16, 32), { type: 'save', as: 's1' } as const, maxPool],
    ...block('bottom', 32, 64),
    ...[{ type: 'upsample' } as const, { type: 'concat', with: 's1' } as const, ...block('up1', 96, 32)],
    ...[{ type: 'upsample' } as const, { type: 'concat', with: 's0' } as const, ...block('up0', 48, 16)],
    conv('head', 16, 1, 1, 0),
  ],
  loss: 'mean-squared-error',
  optimizer: adam(5e-4),
};

export const networks: readonly Network[] = [convNet, mlp, smallCnn, cifarCnn, unet16];
