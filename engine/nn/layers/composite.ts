import { hasGradientOverride } from '../../autodiff.ts';
import { add } from '../../ops/index.ts';
import { type Shape, sameShape, type Tensor } from '../../tensor.ts';
import type { FeatureOrder } from '../border.ts';
import { type ForwardPass, LayerError, Module } from '../module.ts';
import { type Activation, Elementwise } from './activation.ts';
import { Conv2d, type JoinedMaps } from './convolution.ts';
import { Linear } from './linear.ts';
import { BatchNorm } from './normalisation.ts';

/** What the first layer of a sequence is given. */
type Input = Tensor | JoinedMaps;

/** A layer and the activation behind it in one kernel, or undefined where there is no such kernel. */
function fusedOutput(layer: Module, activation: Activation, x: Input): Tensor | undefined {
  if ('maps' in x) return (layer as Conv2d).applyJoined(x, activation);
  if (layer instanceof Linear || layer instanceof Conv2d) return layer.apply(x, activation);
  if (layer instanceof BatchNorm && activation.activation === 'relu') return layer.apply(x, { activation: 'relu' });
  return undefined;
}

function plainOutput(layer: Module, x: Input, pass: ForwardPass): Tensor {
  if (!('maps' in x)) return layer.forward(x, pass);
  const output = (layer as Conv2d).applyJoined(x);
  if (pass.wants(layer)) pass.capture(layer, output);
  return output;
}

/** Layers one after the other. A (leaky) ReLU runs in the kernel of the layer before it, unless that layer's own output is wanted. */
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
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i] as Module;
      const next = layers[i + 1];
      const activation = pass.fuse && next instanceof Elementwise && !pass.wants(layer) ? next.fusable : undefined;
      const fused = activation && !hasGradientOverride(activation.activation) ? fusedOutput(layer, activation, value) : undefined;
      if (next && fused) {
        value = fused;
        if (pass.wants(next)) pass.capture(next, value);
        i++;
      } else value = plainOutput(layer, value, pass);
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
