/** A network in PyTorch's words: modules under the names that the state dictionary uses, so that a checkpoint fits them. */
import { type LayerDefinition, type NetworkDefinition, pair, type UNetDefinition } from '../../../engine/nn/definition.ts';
import type { StateDict } from '../../../engine/nn/state-dict.ts';

/** Modules that PyTorch does not bring; a script holds those that its network uses. */
const CLASSES = {
  Residual: `class Residual(nn.Module):
    """y = bridge(x) + body(x); without a bridge, y = x + body(x)."""

    def __init__(self, body, bridge=None):
        super().__init__()
        self.body, self.bridge = body, bridge

    def forward(self, x):
        return (x if self.bridge is None else self.bridge(x)) + self.body(x)`,
  UNet: `class ConvBlock(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.conv_pass = nn.Sequential(*layers)

    def forward(self, x):
        return self.conv_pass(x)


class UNet(nn.Module):
    """Ronneberger et al. 2015: the encoder's maps come first where both are joined."""

    def __init__(self, left, right, final, mode, skips):
        super().__init__()
        self.left_convs, self.right_convs = nn.ModuleList(left), nn.ModuleList(right)
        self.final_conv = nn.Sequential()
        self.final_conv.add_module('final_conv', final)
        self.mode, self.skips = mode, skips

    def forward(self, x):
        encoded = []
        for level, block in enumerate(self.left_convs):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            encoded.append(x)
        for level in reversed(range(len(self.right_convs))):
            x = F.interpolate(x, scale_factor=2, mode=self.mode)
            x = self.right_convs[level](torch.cat([encoded[level], x], 1) if self.skips[level] else x)
        return self.final_conv(x)`,
} as const;

type ClassName = keyof typeof CLASSES;

/** Writes layers; the sizes are those of the weights. */
class Writer {
  readonly classes = new Set<ClassName>();
  readonly #state: StateDict;

  constructor(state: StateDict) {
    this.#state = state;
  }

  /** Shape of a weight in PyTorch's layout. */
  #shape(path: string): readonly number[] {
    const found = this.#state.get(`${path}.weight`);
    if (!found) throw new Error(`layer '${path}' has no weight`);
    return found.shape;
  }

  #bias = (path: string): string => (this.#state.has(`${path}.bias`) ? '' : ', bias=False');

  #list(layers: NetworkDefinition, path: string, indent: string): string {
    const inner = `${indent}    `;
    return layers.map((layer, i) => `${inner}${this.layer(layer, `${path}${i}`, inner)},  # ${path}${i}\n`).join('');
  }

  sequential(layers: NetworkDefinition, path: string, indent: string): string {
    return `nn.Sequential(\n${this.#list(layers, path, indent)}${indent})`;
  }

  #conv(path: string, extra: string): string {
    const [out = 0, inputs = 0, height = 0, width = 0] = this.#shape(path);
    return `nn.Conv2d(${inputs}, ${out}, (${height}, ${width})${extra}${this.#bias(path)})`;
  }

  #unet(definition: UNetDefinition, path: string): string {
    this.classes.add('UNet');
    const { depth = 3, kernel = 3, upsample = 'bilinear', skips = true } = definition;
    const block = (at: string) =>
      `ConvBlock(${[0, 2].map((i) => `${this.#conv(`${path}.${at}.conv_pass.${i}`, `, padding=${(kernel - 1) / 2}`)}, nn.ReLU()`).join(', ')})`;
    const blocks = (side: string, count: number) =>
      `[${Array.from({ length: count }, (_, i) => block(`${side}.${i}`)).join(', ')}]`;
    const flags = Array.from({ length: depth - 1 }, (_, i) =>
      (typeof skips === 'object' ? skips[i] : skips) ? 'True' : 'False',
    );
    return `UNet(${blocks('left_convs', depth)}, ${blocks('right_convs', depth - 1)}, ${this.#conv(`${path}.final_conv.final_conv`, '')}, '${upsample}', [${flags.join(', ')}])`;
  }

  layer(layer: LayerDefinition, path: string, indent: string): string {
    switch (layer.type) {
      case 'linear': {
        const [out, inputs] = this.#shape(path);
        return `nn.Linear(${inputs}, ${out}${this.#bias(path)})`;
      }
      case 'conv2d': {
        const { stride = 1, padding = 0, dilation = 1, groups = 1 } = layer;
        const both = (value: Parameters<typeof pair>[0]) => `(${pair(value).join(', ')})`;
        const pad = padding === 'same' ? "'same'" : both(padding);
        const [out, inputs, height, width] = this.#shape(path);
        return `nn.Conv2d(${(inputs ?? 0) * groups}, ${out}, (${height}, ${width}), stride=${both(stride)}, padding=${pad}, dilation=${both(dilation)}, groups=${groups}${this.#bias(path)})`;
      }
      case 'batchnorm1d':
      case 'batchnorm2d': {
        const { eps = 1e-5, momentum = 0.1 } = layer;
        return `nn.BatchNorm${layer.type.slice(-2)}(${this.#shape(path)[0]}, eps=${eps}, momentum=${momentum})`;
      }
      case 'relu':
        return 'nn.ReLU()';
      case 'tanh':
        return 'nn.Tanh()';
      case 'sigmoid':
        return 'nn.Sigmoid()';
      case 'silu':
        return 'nn.SiLU()';
      case 'softplus':
        return 'nn.Softplus()';
      case 'gelu':
        return `nn.GELU(approximate='${layer.approximate ?? 'none'}')`;
      case 'leakyrelu':
        return `nn.LeakyReLU(${layer.slope ?? 0.01})`;
      case 'elu':
        return `nn.ELU(${layer.alpha ?? 1})`;
      case 'identity':
        return 'nn.Identity()';
      case 'flatten':
        return 'nn.Flatten()';
      case 'globalavgpool2d':
        return 'nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())';
      case 'softmax':
        return 'nn.Softmax(dim=1)';
      case 'logsoftmax':
        return 'nn.LogSoftmax(dim=1)';
      case 'dropout':
      case 'dropout2d':
        return `nn.Dropout${layer.type === 'dropout' ? '' : '2d'}(${layer.p ?? 0.5})`;
      case 'maxpool2d':
      case 'avgpool2d': {
        const name = layer.type === 'maxpool2d' ? 'MaxPool2d' : 'AvgPool2d';
        const [kernel, stride, padding] = [layer.kernel, layer.stride ?? layer.kernel, layer.padding ?? 0].map(
          (value) => `(${pair(value).join(', ')})`,
        );
        return `nn.${name}(${kernel}, stride=${stride}, padding=${padding})`;
      }
      case 'upsample2d':
        return layer.mode === 'bilinear'
          ? `nn.Upsample(scale_factor=${layer.scale}, mode='bilinear', align_corners=${layer.alignCorners ? 'True' : 'False'})`
          : `nn.Upsample(scale_factor=${layer.scale})`;
      case 'sequential':
        return this.sequential(layer.layers, `${path}.`, indent);
      case 'residual': {
        this.classes.add('Residual');
        const { bridge } = layer;
        const body = this.sequential(layer.layers, `${path}.body.`, indent);
        if (bridge === undefined) return `Residual(${body})`;
        // A list ('3.bridge.0.weight') or one layer ('3.bridge.weight').
        const other =
          'type' in bridge ? this.layer(bridge, `${path}.bridge`, indent) : this.sequential(bridge, `${path}.bridge.`, indent);
        return `Residual(${body}, ${other})`;
      }
      case 'unet':
        return this.#unet(layer, path);
      default:
        throw new Error(`there are no words for a layer '${layer.type}' in the PyTorch script`);
    }
  }
}

/** Whether random numbers take part in the network's training: those of PyTorch are others. */
export const drawsNumbers = (layers: NetworkDefinition): boolean =>
  layers.some((layer) =>
    layer.type === 'dropout' || layer.type === 'dropout2d'
      ? (layer.p ?? 0.5) > 0
      : 'layers' in layer && drawsNumbers(layer.layers),
  );

/**
 * @param state weights under PyTorch's names, for the sizes
 * @returns the classes that the network needs, and an expression that builds it
 * @throws Error naming a layer that cannot be written
 */
export function networkCode(
  definition: NetworkDefinition,
  state: StateDict,
): { readonly classes: string; readonly network: string } {
  const writer = new Writer(state);
  const network = writer.sequential(definition, '', '');
  return { classes: [...writer.classes].map((name) => `\n\n${CLASSES[name]}\n`).join(''), network };
}
