import { concat, mul } from '../../ops/index.ts';
import type { Shape, Tensor } from '../../tensor.ts';
import type { UNetDefinition } from '../definition.ts';
import { type ForwardPass, LayerError, Module } from '../module.ts';
import { Relu } from './activation.ts';
import { Sequential } from './composite.ts';
import { Conv2d, mapAxes } from './convolution.ts';
import { Pool, Upsample } from './spatial.ts';

/** conv → ReLU → conv → ReLU, with dlmbl-unet's name 'conv_pass'. */
class ConvBlock extends Module {
  readonly type = 'convblock';
  readonly convolutions: Sequential;

  constructor(inputs: number, outputs: number, kernel: number, inputShape: Shape) {
    const conv = (channels: number, shape: Shape) =>
      new Conv2d({ type: 'conv2d', in: channels, out: outputs, kernel, padding: 'same' }, shape);
    const first = conv(inputs, inputShape);
    const second = conv(outputs, first.outputShape);
    const layers = [first, new Relu(first.outputShape), second, new Relu(second.outputShape)];
    super(inputShape, second.outputShape);
    this.convolutions = new Sequential(layers, inputShape);
    this.children.push(['conv_pass', this.convolutions]);
    this.nativeInitialiser = { weight: 'kaimingNormal', bias: 'pytorch' };
  }

  protected override compute(x: Tensor, pass: ForwardPass): Tensor {
    return this.convolutions.forward(x, pass);
  }
}

/** A list of modules without a computation of its own: PyTorch's ModuleList. */
class ModuleList extends Module {
  readonly type = 'list';

  constructor(modules: readonly Module[]) {
    super([], []);
    for (const [index, module] of modules.entries()) this.children.push([String(index), module]);
  }

  protected override compute(): Tensor {
    throw new Error('a list of modules computes nothing');
  }
}

/** UNet (Ronneberger et al. 2015): see `UNetDefinition`. */
export class UNet extends Module {
  readonly type = 'unet';
  readonly depth: number;
  /** Which skip connections exist, the uppermost first. */
  readonly skips: readonly boolean[];
  /** Levels whose skip connection carries zeros for now, to see what it is worth; 0 is the uppermost. */
  readonly cut = new Set<number>();
  readonly #left: readonly ConvBlock[];
  readonly #right: readonly ConvBlock[];
  readonly #down: readonly Pool[];
  readonly #up: readonly Upsample[];
  readonly #last: Sequential;

  constructor(definition: UNetDefinition, inputShape: Shape) {
    const { out: outputs, depth = 3, maps = 64, factor = 2, kernel = 3, upsample = 'bilinear' } = definition;
    const [height, width, inputs] = mapAxes(inputShape, definition.in);
    if (kernel % 2 === 0) throw new LayerError(`kernel = ${kernel} must be odd`);
    const unit = 2 ** (depth - 1);
    if (height % unit !== 0 || width % unit !== 0) {
      throw new LayerError(`depth ${depth} needs sides divisible by ${unit}, but its input is ${height}×${width}`);
    }
    const skips = Array.from({ length: depth - 1 }, (_, level) =>
      typeof definition.skips === 'object' ? (definition.skips[level] ?? true) : (definition.skips ?? true),
    );
    if (typeof definition.skips === 'object' && definition.skips.length !== depth - 1) {
      throw new LayerError(`skips needs ${depth - 1} entries for depth ${depth}, found ${definition.skips.length}`);
    }
    const mapsAt = (level: number) => maps * factor ** level;
    const left: ConvBlock[] = [];
    const down: Pool[] = [];
    let shape: Shape = inputShape;
    for (let level = 0; level < depth; level++) {
      const block = new ConvBlock(level === 0 ? inputs : mapsAt(level - 1), mapsAt(level), kernel, shape);
      left.push(block);
      shape = block.outputShape;
      if (level === depth - 1) break;
      const pool = new Pool({ type: 'maxpool2d', kernel: 2 }, shape);
      down.push(pool);
      shape = pool.outputShape;
    }
    const right: ConvBlock[] = new Array(depth - 1);
    const up: Upsample[] = new Array(depth - 1);
    for (let level = depth - 2; level >= 0; level--) {
      const enlarge = new Upsample({ type: 'upsample2d', scale: 2, mode: upsample }, shape);
      const [h, w, c] = enlarge.outputShape as readonly [number, number, number];
      const joined = c + (skips[level] ? mapsAt(level) : 0);
      const block = new ConvBlock(joined, mapsAt(level), kernel, [h, w, joined]);
      up[level] = enlarge;
      right[level] = block;
      shape = block.outputShape;
    }
    const last = new Conv2d({ type: 'conv2d', in: mapsAt(0), out: outputs, kernel: 1 }, shape);
    super(inputShape, last.outputShape);
    this.depth = depth;
    this.skips = skips;
    this.#left = left;
    this.#right = right;
    this.#down = down;
    this.#up = up;
    this.#last = new Sequential([last], shape, ['final_conv']);
    this.children.push(['left_convs', new ModuleList(left)], ['right_convs', new ModuleList(right)]);
    this.children.push(['final_conv', this.#last]);
  }

  override get variant(): string {
    return [...this.cut].sort((a, b) => a - b).join('/');
  }

  protected override compute(x: Tensor, pass: ForwardPass): Tensor {
    const encoded: Tensor[] = [];
    let value = x;
    this.#left.forEach((block, level) => {
      value = block.forward(value, pass);
      encoded.push(value);
      const pool = this.#down[level];
      if (pool) value = pool.forward(value, pass);
    });
    for (let level = this.depth - 2; level >= 0; level--) {
      value = this.#join(encoded[level] as Tensor, value, level, pass);
    }
    return this.#last.forward(value, pass);
  }

  /** The block behind the encoder's features, which come first, and the enlarged ones from below. */
  #join(encoded: Tensor, below: Tensor, level: number, pass: ForwardPass): Tensor {
    const block = this.#right[level] as ConvBlock;
    const enlarged = (this.#up[level] as Upsample).forward(below, pass);
    if (!this.skips[level]) return block.forward(enlarged, pass);
    const skip = this.cut.has(level) ? mul(encoded, 0) : encoded;
    return block.forward(concat([skip, enlarged], -1), pass);
  }
}
