/** The network of a configuration, for any image size and number of classes. Plain data: page and experiment share it. */
import { mlp, skipMlp, widthsCnn } from '../../../engine/nn/architectures.ts';
import type { LayerDefinition, NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import type { schema } from './schema.ts';

export type Config = ConfigOf<typeof schema>;

const relu: LayerDefinition = { type: 'relu' };

/** Dropout as its author has it: of units in the residual blocks, of whole maps in the CNN, none elsewhere. */
function dropoutOf({ dropout, network, p }: Config): number {
  if (dropout === 'off') return 0;
  if (dropout === 'on') return p;
  return network === 'skip-mlp' ? 0.5 : network === 'cnn' ? 0.3 : 0;
}

/** Widths of the pooled CNN: those that are listed, or [f, 2f, 4f, 2f, f], as many as the image can be halved. */
function cnnWidths({ filters, widths: listed }: Config, side: number, classes: number): number[] {
  const given = listed
    .split(/[^\d]+/)
    .filter((text) => text !== '')
    .map(Number)
    .filter((width) => width > 0);
  if (given.length > 0) return [...given, classes];
  const widths = [1, 2, 4, 2, 1].map((factor) => factor * filters);
  return [...widths.slice(0, Math.max(1, Math.floor(Math.log2(side)))), classes];
}

/** Dropout after every hidden ReLU; batch norm before it. For the networks whose authors have neither. */
function regularised(layers: NetworkDefinition, p: number, norm: boolean): NetworkDefinition {
  let flat = false;
  return layers.flatMap((layer): LayerDefinition[] => {
    if (layer.type === 'flatten') flat = true;
    if (layer.type !== 'relu') return [layer];
    const before: LayerDefinition[] = norm ? [{ type: flat ? 'batchnorm1d' : 'batchnorm2d' }] : [];
    const after: LayerDefinition[] = p > 0 ? [{ type: flat ? 'dropout' : 'dropout2d', p }] : [];
    return [...before, layer, ...after];
  });
}

/** Convolution → ReLU, once or (with pooling) twice, then one hidden layer. */
function convolutions({ network, filters, kernel, units }: Config, classes: number): NetworkDefinition {
  const convolution = (out: number): LayerDefinition[] => [{ type: 'conv2d', out, kernel }, relu];
  const pool: LayerDefinition = { type: 'maxpool2d', kernel: 2 };
  const maps =
    network === 'mnist-cnn' ? convolution(filters) : [...convolution(filters), pool, ...convolution(2 * filters), pool];
  return [...maps, { type: 'flatten' }, { type: 'linear', out: units }, relu, { type: 'linear', out: classes }];
}

function namedNetwork(config: Config, inputShape: readonly number[], classes: number): NetworkDefinition {
  const { network, units, depth, skips, batchNorm, lastRelu } = config;
  const p = dropoutOf(config);
  const features = inputShape.reduce((a, b) => a * b, 1);
  const norm = batchNorm === 'on';
  switch (network) {
    case 'mlp':
      return regularised(mlp([features, ...Array<number>(depth).fill(units), classes]), p, norm);
    case 'skip-mlp': {
      // Twice as wide first, as [784, 128, 64, 64, 10] of the source; then one block for each further width.
      const layers = skipMlp([features, 2 * units, ...Array<number>(depth).fill(units), classes], { p, skips });
      return regularised(layers, 0, norm);
    }
    case 'cnn': {
      const [height = 1, width = 1, channels = 1] = inputShape;
      const widths = cnnWidths(config, Math.min(height, width), classes);
      return widthsCnn(widths, { channels, p, batchNorm: batchNorm !== 'off', lastRelu });
    }
    case 'custom':
      return config.layers as NetworkDefinition;
    default:
      return regularised(convolutions(config, classes), p, norm);
  }
}

/** @param inputShape [height, width, channels] */
export function networkOf(config: Config, inputShape: readonly number[], classes: number): NetworkDefinition {
  const layers = namedNetwork(config, inputShape, classes);
  return config.softmaxFirst ? [...layers, { type: 'softmax' }] : layers;
}
