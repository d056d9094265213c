import { hasGradientOverride } from '../../autodiff.ts';
import { add, type BatchStatistics } from '../../ops/index.ts';
import { type Shape, sameShape, type Tensor } from '../../tensor.ts';
import type { FeatureOrder } from '../border.ts';
import { type ForwardPass, LayerError, Module } from '../module.ts';
import { type Activation, Elementwise } from './activation.ts';
import { Conv2d, type JoinedMaps } from './convolution.ts';
import { Linear } from './linear.ts';
import { BatchNorm } from './normalisation.ts';

/** What the first layer of a sequence is given. */
type Input = Tensor | JoinedMaps;

interface Output {
  readonly y: Tensor;
  /** Of y, where the layer has summed them up for the batch normalisation behind it. */
  readonly statistics?: BatchStatistics;
}

/** A layer and the activation behind it in one kernel, or undefined where there is no such kernel. */
function withActivation(layer: Module, activation: Activation, x: Input, given?: BatchStatistics): Output | undefined {
  if ('maps' in x) return { y: (layer as Conv2d).applyJoined(x, activation) };
  if (layer instanceof Linear || layer instanceof Conv2d) return { y: layer.apply(x, activation) };
  if (!(layer instanceof BatchNorm) || activation.activation !== 'relu') return undefined;
  return { y: layer.apply(x, { activation: 'relu', ...(given ? { statistics: given } : {}) }) };
}

/** @param given statistics of x */
function outputOf(layer: Module, next: Module | undefined, x: Input, pass: ForwardPass, given?: BatchStatistics): Output {
  const captured = (output: Output): Output => {
    if (pass.wants(layer)) pass.capture(layer, output.y);
    return output;
  };
  if ('maps' in x) return captured({ y: (layer as Conv2d).applyJoined(x) });
  if (given) return captured({ y: (layer as BatchNorm).apply(x, { statistics: given }) });
  if (pass.fuse && layer instanceof Conv2d && next instanceof BatchNorm && next.training) {
    return captured(layer.applyWithStatistics(x));
  }
  return { y: layer.forward(x, pass) };
}

/**
 * Layers one after the other. A (leaky) ReLU runs in the kernel of the layer before it, unless that layer's own output is wanted; a
 * convolution before a batch normalisation that trains sums up the statistics for it.
 */
export class Sequential extends Module {
  readonly type: string = 'sequential';

  constructor(layers: readonly Module[], inputShape: Shape, names?: readonly string[]) {
    super(inputShape, layers.at(-1)?.outputShape ?? inputShape);
    for (const [index, layer] of layers.entries()) this.children.push([names?.[index] ?? String(index), layer]);
  }

  get layers(): Module[] {
    return this.children.map(([, layer]) => layer);
  }

  protected override compute(x: Tensor, pass: ForwardPass): Tensor {
    return this.#run(x, pass);
  }

  /** As `forward`, for maps that the first layer, a convolution without groups, joins along their channels. */
  forwardJoined(x: JoinedMaps, pass: ForwardPass): Tensor {
    const output = this.#run(x, pass);
    if (pass.wants(this)) pass.capture(this, output);
    return output;
  }

  #run(x: Input, pass: ForwardPass): Tensor {
    const { layers } = this;
    if ('maps' in x && !(layers[0] instanceof Conv2d)) throw new Error('only a convolution can join maps');
    let value = x;
    let statistics: BatchStatistics | undefined;
    const replaced = layers.findLastIndex((layer) => pass.replacement(layer) !== undefined);
    if (replaced >= 0) {
      const layer = layers[replaced] as Module;
      value = pass.replacement(layer) as Tensor;
      if (pass.wants(layer)) pass.capture(layer, value);
    }
    for (let i = replaced + 1; i < layers.length; i++) {
      const layer = layers[i] as Module;
      const next = layers[i + 1];
      const activation = pass.fuse && next instanceof Elementwise && !pass.wants(layer) ? next.fusable : undefined;
      const fusable = activation && !hasGradientOverride(activation.activation);
      const fused = fusable ? withActivation(layer, activation, value, statistics) : undefined;
      const output = fused ?? outputOf(layer, next, value, pass, statistics);
      value = output.y;
      statistics = output.statistics;
      if (!next || !fused) continue;
      if (pass.wants(next)) pass.capture(next, value);
      i++;
    }
    return value as Tensor;
  }

  override featureOrder(input: FeatureOrder | null): FeatureOrder | null {
    return this.layers.reduce((order, layer) => layer.featureOrder(order), input);
  }

  override demandFeatureOrder(order: FeatureOrder | null): boolean {
    return this.layers.toReversed().some((layer) => layer.demandFeatureOrder(order));
  }
}

/** y = bridge(x) + body(x); without a bridge, y = x + body(x) (He et al. 2016). */
export class Residual extends Module {
  readonly type = 'residual';
  readonly body: Sequential;
  readonly bridge: Module | undefined;

  constructor(body: Sequential, bridge: Module | undefined, inputShape: Shape) {
    super(inputShape, body.outputShape);
    this.body = body;
    this.bridge = bridge;
    const straight = bridge?.outputShape ?? inputShape;
    if (!sameShape(straight, body.outputShape)) {
      const what = bridge ? 'bridge gives' : 'input is';
      throw new LayerError(
        `its ${what} [${straight.join(', ')}] but its body gives [${body.outputShape.join(', ')}]${bridge ? '' : "; add a 'bridge'"}`,
        body.outputShape,
      );
    }
    this.children.push(['body', body]);
    if (bridge) this.children.push(['bridge', bridge]);
  }

  protected override compute(x: Tensor, pass: ForwardPass): Tensor {
    const straight = this.bridge ? this.bridge.forward(x, pass) : x;
    return add(straight, this.body.forward(x, pass));
  }

  override featureOrder(input: FeatureOrder | null): FeatureOrder | null {
    const straight = this.bridge ? this.bridge.featureOrder(input) : input;
    const bent = this.body.featureOrder(input);
    if (bent !== straight) {
      this.body.demandFeatureOrder(straight);
      this.body.featureOrder(input);
    }
    return straight;
  }

  override demandFeatureOrder(order: FeatureOrder | null): boolean {
    const body = this.body.demandFeatureOrder(order);
    return this.bridge ? this.bridge.demandFeatureOrder(order) && body : false;
  }
}
