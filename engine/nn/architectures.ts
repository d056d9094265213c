/** The networks of the labs, as definitions that a reader can go on editing. Where each comes from stands beside it. */
import type { LayerDefinition, NetworkDefinition } from './definition.ts';

/** A network with what it is built for. */
export interface Architecture {
  readonly definition: NetworkDefinition;
  /** [height, width, channels] or [features]. */
  readonly inputShape: readonly number[];
}

const relu: LayerDefinition = { type: 'relu' };

/** Linear layers of the given widths with an activation between them, after a flatten. */
export function mlp(widths: readonly number[], activation: LayerDefinition = relu): NetworkDefinition {
  const layers: LayerDefinition[] = [{ type: 'flatten' }];
  for (let i = 1; i < widths.length; i++) {
    if (i > 1) layers.push(activation);
    layers.push({ type: 'linear', in: widths[i - 1] as number, out: widths[i] as number });
  }
  return layers;
}

/** 784-64-64-10 (DLA_LABS 1.1). 55,050 parameters. */
export const MLP: Architecture = { definition: mlp([784, 64, 64, 10]), inputShape: [28, 28, 1] };

/** B(x) + W₂·Drop(ReLU(W₁x + b₁)) + b₂, with a linear bridge B where the widths differ. */
export function residualBlock(inputs: number, outputs: number, p = 0.5): LayerDefinition {
  const layers: LayerDefinition[] = [{ type: 'linear', in: inputs, out: outputs }, relu];
  if (p > 0) layers.push({ type: 'dropout', p });
  layers.push({ type: 'linear', in: outputs, out: outputs });
  return inputs === outputs
    ? { type: 'residual', layers }
    : { type: 'residual', layers, bridge: [{ type: 'linear', in: inputs, out: outputs }] };
}

/** Linear → ReLU → (block → ReLU)… → linear. Without `skips` the blocks are plain layers in sequence. */
export function skipMlp(widths: readonly number[], options: { p?: number; skips?: boolean } = {}): NetworkDefinition {
  const [first, second] = widths as [number, number];
  const layers: LayerDefinition[] = [{ type: 'flatten' }, { type: 'linear', in: first, out: second }, relu];
  for (let i = 2; i < widths.length - 1; i++) {
    const block = residualBlock(widths[i - 1] as number, widths[i] as number, options.p ?? 0.5);
    if (block.type === 'residual' && options.skips === false) layers.push({ type: 'sequential', layers: block.layers });
    else layers.push(block);
    layers.push(relu);
  }
  layers.push({ type: 'linear', in: widths.at(-2) as number, out: widths.at(-1) as number });
  return layers;
}

/** [784, 128, 64, 64, 10] (DLA_LABS 1.2). 130,122 parameters. */
export const SKIP_MLP: Architecture = { definition: skipMlp([784, 128, 64, 64, 10]), inputShape: [28, 28, 1] };

const uniform: Pick<LayerDefinition, 'init'> = { init: { weight: 'xavierUniform', bias: 0.01 } };

/** DenseModel of DL@MBL's failure modes: 784-256-120-84-10, Xavier-uniform weights, biases 0.01. 242,814 parameters. */
export const DENSE_MODEL: Architecture = {
  definition: mlp([784, 256, 120, 84, 10]).map((layer) => (layer.type === 'linear' ? { ...layer, ...uniform } : layer)),
  inputShape: [28, 28, 1],
};

/** conv 1→32 (3×3) → 128 → 10 on logits; `softmax` adds the layer that the source puts before its cross-entropy. */
export function mnistCnn(
  options: { filters?: number; kernel?: number; hidden?: number; softmax?: boolean } = {},
): NetworkDefinition {
  const { filters = 32, kernel = 3, hidden = 128, softmax = false } = options;
  const side = 28 - kernel + 1;
  const layers: LayerDefinition[] = [
    { type: 'conv2d', in: 1, out: filters, kernel },
    relu,
    { type: 'flatten' },
    { type: 'linear', in: side * side * filters, out: hidden },
    relu,
    { type: 'linear', in: hidden, out: 10 },
  ];
  if (softmax) layers.push({ type: 'softmax' });
  return layers;
}

/** The CNN of ITU's exercise week 5. 2,770,634 parameters. */
export const MNIST_CNN: Architecture = { definition: mnistCnn(), inputShape: [28, 28, 1] };

/**
 * DLA_LABS 1.3: for each width but the last conv 3×3 → batch norm → ReLU → dropout2d → max pool; then conv to the classes → ReLU →
 * global average pool. The last ReLU makes the logits non-negative, as published; `lastRelu: false` leaves it out.
 */
export function widthsCnn(
  widths: readonly number[],
  options: { channels?: number; p?: number; batchNorm?: boolean; lastRelu?: boolean } = {},
): NetworkDefinition {
  const { channels = 3, p = 0.3, batchNorm = true, lastRelu = true } = options;
  const layers: LayerDefinition[] = [];
  let inputs = channels;
  for (const [i, outputs] of widths.entries()) {
    layers.push({ type: 'conv2d', in: inputs, out: outputs, kernel: 3, padding: 1 });
    inputs = outputs;
    if (i === widths.length - 1) break;
    if (batchNorm) layers.push({ type: 'batchnorm2d', features: outputs });
    layers.push(relu);
    if (p > 0) layers.push({ type: 'dropout2d', p });
    layers.push({ type: 'maxpool2d', kernel: 2 });
  }
  if (lastRelu) layers.push(relu);
  layers.push({ type: 'globalavgpool2d' }, { type: 'flatten' });
  return layers;
}

/** 746,698 parameters. */
export const CIFAR_CNN: Architecture = { definition: widthsCnn([64, 128, 256, 128, 64, 10]), inputShape: [32, 32, 3] };

/** 81,802 parameters; class maps of 28×28, whose means are the logits. */
export const IMAGENETTE_CNN: Architecture = { definition: widthsCnn([64, 64, 64, 10]), inputShape: [224, 224, 3] };

const convBlock = (inputs: number, outputs: number): LayerDefinition[] => [
  { type: 'conv2d', in: inputs, out: outputs, kernel: 3 },
  { type: 'batchnorm2d', features: outputs },
  relu,
];

/** SmallCNN of MaskTune (Taghanaki et al. 2022); its CAM layer is number 12, 'cam'. 149,202 parameters. */
export const SMALL_CNN: Architecture = {
  definition: [
    ...convBlock(3, 16),
    ...convBlock(16, 16),
    { type: 'maxpool2d', kernel: 2 },
    ...convBlock(16, 32),
    ...convBlock(32, 32).slice(0, 2),
    { type: 'relu', name: 'cam' },
    { type: 'maxpool2d', kernel: 2 },
    { type: 'flatten' },
    { type: 'linear', in: 512, out: 256 },
    { type: 'batchnorm1d', features: 256 },
    relu,
    { type: 'linear', in: 256, out: 2 },
  ],
  inputShape: [28, 28, 3],
};

/** The denoiser's UNet: depth 3, 64 maps (1,881,985 parameters), or as many as wanted. */
export function unet(maps = 64, depth = 3): Architecture {
  return { definition: [{ type: 'unet', in: 1, out: 1, depth, maps }], inputShape: [28, 28, 1] };
}

/** The MNIST ConvNet of jax-js's demo: 5×5 conv 24, pool, 3×3 conv 32, pool, 128, 10. */
export const CONV_NET: Architecture = {
  definition: [
    { type: 'conv2d', in: 1, out: 24, kernel: 5 },
    relu,
    { type: 'maxpool2d', kernel: 2 },
    { type: 'conv2d', in: 24, out: 32, kernel: 3 },
    relu,
    { type: 'maxpool2d', kernel: 2 },
    { type: 'flatten' },
    { type: 'linear', in: 800, out: 128 },
    relu,
    { type: 'linear', in: 128, out: 10 },
  ],
  inputShape: [28, 28, 1],
};
