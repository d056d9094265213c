/**
 * Base of layers and networks: a tree with named parameters and buffers, train and evaluation mode, and PyTorch's names. A module
 * is described first (sizes, names, layouts) and gets memory later, so that validation costs no memory and all parameters of a
 * network can lie side by side.
 */
import type { Shape, Tensor } from '../tensor.ts';
import type { Border, FeatureOrder } from './border.ts';
import type { Initialiser } from './definition.ts';

/** What a parameter is, for initialisers and for weight decay on weights only. */
export type ParameterRole = 'weight' | 'bias' | 'scale' | 'shift';

/** A learned tensor of a module. */
export class ParameterSlot {
  readonly name: string;
  readonly role: ParameterRole;
  readonly shape: Shape;
  /** Evaluated when weights cross the border: a later layer may still set the feature order. */
  readonly border: () => Border;
  readonly fanIn: number;
  readonly fanOut: number;
  #tensor: Tensor | undefined;

  constructor(spec: {
    name: string;
    role: ParameterRole;
    shape: Shape;
    border: () => Border;
    fanIn?: number;
    fanOut?: number;
  }) {
    this.name = spec.name;
    this.role = spec.role;
    this.shape = spec.shape;
    this.border = spec.border;
    this.fanIn = spec.fanIn ?? 1;
    this.fanOut = spec.fanOut ?? 1;
  }

  /** @throws Error before memory was given */
  get tensor(): Tensor {
    if (!this.#tensor) throw new Error(`parameter '${this.name}' has no memory yet: build the network first`);
    return this.#tensor;
  }

  set tensor(tensor: Tensor) {
    this.#tensor = tensor;
  }
}

/** State that is not learned: running statistics. */
export class BufferSlot {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: number;
  readonly border: () => Border;
  #tensor: Tensor | undefined;

  constructor(name: string, shape: Shape, initial: number, border: () => Border) {
    this.name = name;
    this.shape = shape;
    this.initial = initial;
    this.border = border;
  }

  get tensor(): Tensor {
    if (!this.#tensor) throw new Error(`buffer '${this.name}' has no memory yet: build the network first`);
    return this.#tensor;
  }

  set tensor(tensor: Tensor) {
    this.#tensor = tensor;
  }
}

/** What a forward pass carries along. */
export interface ForwardPass {
  /** Tells whether the output of the module at `path` is wanted. */
  wants(module: Module): boolean;
  /** Hands over an output. */
  capture(module: Module, output: Tensor): void;
  /** What stands in for a layer's output: the layers before it in its list do not run. */
  replacement(module: Module): Tensor | undefined;
  /** A layer and the activation behind it may run as one kernel. */
  readonly fuse: boolean;
}

export abstract class Module {
  /** Type in the definition. */
  abstract readonly type: string;
  /** Shape of one sample, without the batch axis: [H, W, C] or [F]. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** PyTorch's name of the module within the network: '3.body.0'. */
  path = '';
  /** The name given in the definition. */
  label: string | undefined;
  training = true;
  /** Given in the definition: overrides the network's initialiser. */
  initialiser: Initialiser | undefined;
  /** What the layer's source uses when nobody asks for anything. */
  nativeInitialiser: Initialiser | undefined;
  readonly ownParameters: ParameterSlot[] = [];
  readonly ownBuffers: BufferSlot[] = [];
  readonly children: (readonly [name: string, module: Module])[] = [];

  /**
   * What the forward pass depends on besides input, tensors and training mode, and what may change between two passes (a skip connection
   * that is cut): where it has changed, a recorded pass must be recorded anew.
   */
  get variant(): string {
    return '';
  }

  constructor(inputShape: Shape, outputShape: Shape) {
    this.inputShape = inputShape;
    this.outputShape = outputShape;
  }

  /** Computes the output and captures it where wanted. */
  forward(x: Tensor, pass: ForwardPass): Tensor {
    const output = this.compute(x, pass);
    if (pass.wants(this)) pass.capture(this, output);
    return output;
  }

  protected abstract compute(x: Tensor, pass: ForwardPass): Tensor;

  /** The order of the features that this module puts out, given that of its input. Most layers pass it on. */
  featureOrder(input: FeatureOrder | null): FeatureOrder | null {
    return input;
  }

  /**
   * Asks for another order of the output features; true when this module (or one before it, inside) provides it and the
   * modules before it are not concerned.
   */
  demandFeatureOrder(_order: FeatureOrder | null): boolean {
    return false;
  }

  /** This module and all below it, parents first. */
  *modules(): Generator<Module> {
    yield this;
    for (const [, child] of this.children) yield* child.modules();
  }

  /** Gives every module below its path. */
  assignPaths(path = ''): void {
    this.path = path;
    for (const [name, child] of this.children) child.assignPaths(path ? `${path}.${name}` : name);
  }

  /** Every parameter with PyTorch's name, in PyTorch's order. */
  *parameterSlots(): Generator<readonly [name: string, slot: ParameterSlot, module: Module]> {
    for (const module of this.modules()) {
      for (const slot of module.ownParameters) yield [module.path ? `${module.path}.${slot.name}` : slot.name, slot, module];
    }
  }

  /** Every buffer with PyTorch's name. */
  *bufferSlots(): Generator<readonly [name: string, slot: BufferSlot, module: Module]> {
    for (const module of this.modules()) {
      for (const slot of module.ownBuffers) yield [module.path ? `${module.path}.${slot.name}` : slot.name, slot, module];
    }
  }

  /** Number of learned values. */
  get parameterCount(): number {
    let count = 0;
    for (const [, slot] of this.parameterSlots()) count += slot.shape.reduce((a, b) => a * b, 1);
    return count;
  }

  parameters(): Tensor[] {
    return [...this.parameterSlots()].map(([, slot]) => slot.tensor);
  }

  namedParameters(): [name: string, tensor: Tensor][] {
    return [...this.parameterSlots()].map(([name, slot]) => [name, slot.tensor]);
  }

  namedBuffers(): [name: string, tensor: Tensor][] {
    return [...this.bufferSlots()].map(([name, slot]) => [name, slot.tensor]);
  }

  /** Training mode: batch statistics, dropout. */
  train(on = true): this {
    for (const module of this.modules()) module.training = on;
    return this;
  }

  /** Evaluation mode: running statistics, no dropout. */
  eval(): this {
    return this.train(false);
  }
}

/** A field and the value with which a layer would fit. */
export interface Remedy {
  readonly field: string;
  readonly value: number;
}

/** A layer does not fit its input; the validator adds which layer it is. */
export class LayerError extends Error {
  /** The input shape to go on with, so that later layers can be checked too. */
  readonly assume: Shape | undefined;
  readonly remedy: Remedy | undefined;

  constructor(message: string, assume?: Shape, remedy?: Remedy) {
    super(message);
    this.assume = assume;
    this.remedy = remedy;
  }
}

/**
 * The features or channels of a layer: those that arrive, which a definition may repeat.
 * @param inputShape of one sample; its last axis counts
 * @param stated what the definition says
 * @throws LayerError naming the number to set where it says another
 */
export function arriving(inputShape: Shape, field: string, stated: number | undefined): number {
  const value = inputShape.at(-1) as number;
  if (stated === undefined || stated === value) return value;
  const what = inputShape.length === 3 ? 'channels' : 'features';
  const assume = [...inputShape.slice(0, -1), stated];
  throw new LayerError(`${field} = ${stated} but its input has ${value} ${what}: set to ${value}`, assume, { field, value });
}
