import { add } from '../../ops/index.ts';
import { type Shape, sameShape, type Tensor } from '../../tensor.ts';
import type { FeatureOrder } from '../border.ts';
import { type ForwardPass, LayerError, Module } from '../module.ts';
import { fuse } from './fuse.ts';

/**
 * Layers one after the other; what runs in one kernel stands in fuse.ts.
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

  protected override compute(input: Tensor, pass: ForwardPass): Tensor {
    const { layers } = this;
    let x = input;
    let i = layers.findLastIndex((layer) => pass.replacement(layer) !== undefined);
    if (i >= 0) {
      const layer = layers[i] as Module;
      x = pass.replacement(layer) as Tensor;
      if (pass.wants(layer)) pass.capture(layer, x);
    }
    for (i += 1; i < layers.length; i++) {
      const layer = layers[i] as Module;
      // Where the layer's own output is wanted, the next layer cannot run in its kernel.
      const both = pass.fuse && !pass.wants(layer) ? fuse(layer, layers[i + 1]) : undefined;
      if (!both) {
        x = layer.forward(x, pass);
        continue;
      }
      x = both(x);
      i += 1;
      const last = layers[i] as Module;
      if (pass.wants(last)) pass.capture(last, x);
    }
    return x;
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
