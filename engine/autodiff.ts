/**
 * Reverse-mode automatic differentiation on a tape. An operation is one short record: equation, forward, gradient and what it
 * saves. Gradients are written with operations, so second derivatives work wherever every gradient on the way is differentiable.
 */
import { constant } from './constant.ts';
import { ArgumentError, kindOf, requireFunction, requireRecord, requireSynchronous, ShapeError } from './errors.ts';
import { keep, scope } from './memory.ts';
import { ones, sameShape, Tensor } from './tensor.ts';

/** What the gradient of an operation is given. */
export interface GradientContext<A> {
  /** The operation's inputs. Only there when the operation declares that it saves them. */
  readonly inputs: readonly Tensor[];
  /** The operation's output. Only there when the operation declares that it saves it. */
  readonly output: Tensor;
  readonly attrs: A;
  /** Which inputs want a gradient: skip the others. */
  readonly needs: readonly boolean[];
}

/** ∂L/∂inputs from gy = ∂L/∂output; null where an input has or needs no gradient. */
export type Gradient<A> = (gy: Tensor, context: GradientContext<A>) => readonly (Tensor | null)[];

export interface OperationSpec<A> {
  readonly name: string;
  /** In TeX, with the names of the code. */
  readonly equation: string;
  /** Which tensors the gradient reads: they stay alive until it has run. */
  readonly saves: 'inputs' | 'output' | 'both' | 'none';
  /** Checks shapes (throwing ShapeError) and computes the output. */
  forward(inputs: readonly Tensor[], attrs: A): Tensor;
  /** Absent: the operation is not differentiable and cuts the tape. */
  readonly gradient?: Gradient<A>;
}

export interface TapeNode {
  readonly order: number;
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly output: WeakRef<Tensor>;
  /** Set while something replaces the operation's own gradient. */
  readonly run: (gy: Tensor, needs: readonly boolean[]) => readonly (Tensor | null)[];
}

/** Replaces the gradient of an operation, by its name: guided back-propagation, redirected ReLU, smooth max-pooling. */
export type GradientOverrides = Readonly<Record<string, Gradient<never>>>;

export type GradientHook = (gy: Tensor) => Tensor;

let recording = true;
let order = 0;
let overrides: GradientOverrides = {};
const hooks = new WeakMap<Tensor, GradientHook[]>();
const operations = new Map<string, OperationSpec<never>>();

/** Every operation, by name: what is differentiable, and how. */
export function allOperations(): ReadonlyMap<string, OperationSpec<never>> {
  return operations;
}

/** Runs `fn` without recording: nothing made inside has a history. @throws ArgumentError where fn is asynchronous */
export function noGrad<T>(fn: () => T): T {
  requireFunction('noGrad', fn);
  return withRecording(false, () => {
    const result = fn();
    requireSynchronous('noGrad', result);
    return result;
  });
}

function withRecording<T>(on: boolean, fn: () => T): T {
  const before = recording;
  recording = on;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/** True while operations are put on the tape. */
export function isRecording(): boolean {
  return recording;
}

/**
 * Runs `fn` with the gradients of the named operations replaced for everything it puts on the tape.
 * @throws ArgumentError where fn is asynchronous, or for a name that no operation has
 */
export function withGradients<T>(replacements: GradientOverrides, fn: () => T): T {
  requireRecord('withGradients', replacements, 'its replacements');
  requireFunction('withGradients', fn);
  for (const name of Object.keys(replacements)) {
    if (!operations.has(name)) throw new ArgumentError('withGradients', `'${name}' is no operation`);
  }
  const before = overrides;
  overrides = { ...overrides, ...replacements };
  try {
    const result = fn();
    requireSynchronous('withGradients', result);
    return result;
  } finally {
    overrides = before;
  }
}

/** True while `withGradients` replaces the gradient of this operation: it must then run on its own, not inside a fused kernel. */
export function hasGradientOverride(name: string): boolean {
  return overrides[name] !== undefined;
}

/**
 * Calls `hook` with the gradient that reaches `tensor` during back-propagation; what it returns (same shape) goes on instead and stays
 * the hook's own. The gradient that it is given is released in the course of back-propagation: take `gy.alias()` to keep it.
 * @returns a function that removes the hook
 */
export function onGradient(tensor: Tensor, hook: GradientHook): () => void {
  if (!(tensor instanceof Tensor)) throw new ArgumentError('onGradient', `it takes a tensor first, not ${kindOf(tensor)}`);
  requireFunction('onGradient', hook);
  const list = hooks.get(tensor) ?? [];
  hooks.set(tensor, list);
  list.push(hook);
  return () => list.splice(list.indexOf(hook), 1);
}

const savedGuard = (name: string, what: string) => (): never => {
  throw new Error(`operation '${name}': its gradient reads its ${what}, which it does not declare in 'saves'`);
};

/** @throws ArgumentError where an input that the gradient reads was overwritten since the forward pass */
function checkVersions(name: string, inputs: readonly Tensor[], versions: readonly number[]): void {
  versions.forEach((version, index) => {
    const { version: now, name: label, shape } = inputs[index] as Tensor;
    if (now === version) return;
    throw new ArgumentError(
      'backward',
      `the gradient of ${name} needs the values that the forward pass read, and ${label ? `'${label}'` : `its input ${index}`} ` +
        `of shape [${shape}] was overwritten since (by write(), a copy, an optimiser's step or a training pass). Call backward first, or compute the loss again`,
    );
  });
}

/** Applies an operation to its inputs. */
export type Operation<A> = (inputs: readonly Tensor[], attrs: A) => Tensor;

/**
 * Registers an operation and returns the function that applies it.
 * @returns `(inputs, attrs) => output`, recorded on the tape when an input requires a gradient
 */
export function defineOperation<A = Record<string, never>>(spec: OperationSpec<A>): Operation<A> {
  requireRecord('defineOperation', spec, 'the operation');
  requireFunction('defineOperation: forward', spec.forward);
  operations.set(spec.name, spec as unknown as OperationSpec<never>);
  const savesInputs = spec.saves === 'inputs' || spec.saves === 'both';
  const savesOutput = spec.saves === 'output' || spec.saves === 'both';
  return (inputs, attrs) => {
    const first = inputs[0] as Tensor;
    for (const input of inputs) {
      if (!(input instanceof Tensor)) throw new ArgumentError(spec.name, `an input must be a tensor, not ${kindOf(input)}`);
      if (input.device !== first.device) throw new Error(`${spec.name}: its inputs are on different devices`);
    }
    const output = spec.forward(inputs, attrs);
    // Integers have no gradient.
    if (!recording || !spec.gradient || output.dtype !== 'f32' || !inputs.some((input) => input.requiresGrad)) return output;
    const own = spec.gradient;
    const gradient = (overrides[spec.name] as Gradient<A> | undefined) ?? own;
    const replaced = gradient !== own;
    const weak = new WeakRef(output);
    // A saved output is held strongly here; otherwise only the caller decides how long it lives.
    const heldOutput = savesOutput || replaced ? output : undefined;
    const versions = savesInputs || replaced ? inputs.map((input) => input.version) : [];
    output.requiresGrad = true;
    output.node = {
      order: order++,
      name: spec.name,
      inputs,
      output: weak,
      run: (gy, needs) => {
        checkVersions(spec.name, inputs, versions);
        const context = { attrs, needs } as { -readonly [K in keyof GradientContext<A>]: GradientContext<A>[K] };
        if (savesInputs || replaced) context.inputs = inputs;
        else Object.defineProperty(context, 'inputs', { get: savedGuard(spec.name, 'inputs') });
        if (heldOutput) context.output = heldOutput;
        else Object.defineProperty(context, 'output', { get: savedGuard(spec.name, 'output') });
        return gradient(gy, context);
      },
    };
    return output;
  };
}

export interface CustomGradientSpec {
  readonly name: string;
  forward(inputs: readonly Tensor[]): Tensor;
  gradient(gy: Tensor, inputs: readonly Tensor[], output: Tensor): readonly (Tensor | null)[];
}

/** Applies a function with a gradient of your own. Its forward pass is not recorded. */
export function customGradient(inputs: readonly Tensor[], spec: CustomGradientSpec): Tensor {
  if (!Array.isArray(inputs) || !inputs.every((input) => input instanceof Tensor)) {
    throw new ArgumentError('customGradient', `it takes a list of tensors first, not ${kindOf(inputs)}`);
  }
  requireRecord('customGradient', spec, 'its second argument');
  requireFunction('customGradient: forward', spec.forward);
  requireFunction('customGradient: gradient', spec.gradient);
  const output = noGrad(() => spec.forward(inputs));
  const result = inputs.includes(output) ? output.alias() : output;
  if (!recording || !inputs.some((input) => input.requiresGrad)) return result;
  const versions = inputs.map((input) => input.version);
  result.requiresGrad = true;
  result.node = {
    order: order++,
    name: spec.name,
    inputs,
    output: new WeakRef(result),
    run: (gy) => {
      checkVersions(spec.name, inputs, versions);
      return spec.gradient(gy, inputs, result);
    },
  };
  return result;
}

export interface GradOptions {
  /** ∂L/∂y; default 1, for which y must be a scalar (one element). */
  readonly gradOutput?: Tensor;
  /** Records the gradients themselves, for second derivatives. */
  readonly createGraph?: boolean;
  /** Gives null for an x that y does not depend on, instead of an error. */
  readonly allowUnused?: boolean;
}

/** Adds two gradients; set by the ops layer, which this file must not import. */
let addGradients: (a: Tensor, b: Tensor) => Tensor = () => {
  throw new Error('autodiff: no addition is registered');
};

/** Tells the tape how to add gradients (the ops layer does). */
export function registerAddition(add: (a: Tensor, b: Tensor) => Tensor): void {
  addGradients = add;
}

/** The part of the tape that `wanted` and `y` span, latest first; and the tensors on it that want a gradient. */
function pathTo(y: Tensor, wanted: ReadonlySet<Tensor>): { nodes: TapeNode[]; onPath: Set<Tensor> } {
  const onPath = new Set<Tensor>();
  const visited = new Map<Tensor, boolean>();
  const nodes: TapeNode[] = [];
  // Depth first with an explicit stack: networks can be deeper than the call stack.
  const stack: { tensor: Tensor; entered: boolean }[] = [{ tensor: y, entered: false }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1] as { tensor: Tensor; entered: boolean };
    const { tensor } = top;
    if (visited.has(tensor) && !top.entered) {
      stack.pop();
      continue;
    }
    if (!top.entered) {
      top.entered = true;
      visited.set(tensor, false);
      for (const input of tensor.node?.inputs ?? []) {
        if (!visited.has(input)) stack.push({ tensor: input, entered: false });
      }
      continue;
    }
    stack.pop();
    const leads = wanted.has(tensor) || (tensor.node?.inputs.some((input) => onPath.has(input)) ?? false);
    if (leads) {
      onPath.add(tensor);
      if (tensor.node?.inputs.some((input) => onPath.has(input))) nodes.push(tensor.node);
    }
  }
  // Its operation cannot be asked for a gradient any more; going around it would lose the gradient in silence.
  for (const tensor of onPath) if (tensor.isDisposed && (tensor.node || tensor === y)) tensor.buffer('backward');
  nodes.sort((a, b) => b.order - a.order);
  return { nodes, onPath };
}

/** @throws ArgumentError for what is no tensor, and for options that are none */
function checkArguments(op: string, y: unknown, options: unknown): void {
  if (!(y instanceof Tensor)) throw new ArgumentError(op, `its first argument must be a tensor, not ${kindOf(y)}`);
  if (typeof options !== 'object' || options === null || options instanceof Tensor) {
    throw new ArgumentError(op, `its options must be an object such as { gradOutput }, not ${kindOf(options)}`);
  }
}

function backpropagate(y: Tensor, wanted: ReadonlySet<Tensor>, options: GradOptions): Map<Tensor, Tensor> {
  if (!options.gradOutput && y.size !== 1) {
    throw new ShapeError('backward', [y.shape], 'the output must have one element, or gradOutput must be given');
  }
  if (options.gradOutput && !sameShape(options.gradOutput.shape, y.shape)) {
    throw new ShapeError('backward', [y.shape, options.gradOutput.shape], 'gradOutput must have the shape of the output');
  }
  const { nodes, onPath } = pathTo(y, wanted);
  const gradients = new Map<Tensor, Tensor>();
  // Nobody may be handed the shared constant itself.
  const one = y.rank === 0 && !wanted.has(y) ? constant(1, y.device) : undefined;
  const start = options.gradOutput ?? one ?? ones(y.shape, { device: y.device });
  gradients.set(y, options.createGraph ? start : start.alias());
  for (const node of nodes) {
    const output = node.output.deref();
    const gy = output && gradients.get(output);
    if (!output || !gy) continue;
    const needs = node.inputs.map((input) => onPath.has(input));
    const hooked = applyHooks(output, gy, options);
    if (hooked !== gy) gradients.set(output, hooked);
    const parts = options.createGraph ? node.run(hooked, needs) : scope(() => distinct(node.run(hooked, needs), hooked));
    node.inputs.forEach((input, index) => {
      const part = parts[index];
      if (!part || !needs[index]) {
        if (part && !options.createGraph) part.dispose();
        return;
      }
      if (!sameShape(part.shape, input.shape)) {
        throw new ShapeError(
          `gradient of ${node.name}`,
          [input.shape, part.shape],
          'a gradient must have the shape of its input',
        );
      }
      const before = gradients.get(input);
      gradients.set(input, before ? addGradients(before, part) : part);
      if (before && !options.createGraph) {
        before.dispose();
        part.dispose();
      }
    });
    // The gradient of an inner tensor is done with once its node has run.
    if (!options.createGraph && !wanted.has(output)) {
      hooked.dispose();
      gradients.delete(output);
    }
  }
  // What no node has consumed: leaves. Inner tensors asked for had their hooks applied above.
  for (const [tensor, gradient] of gradients) {
    if (!wanted.has(tensor)) {
      if (!options.createGraph) gradient.dispose();
    } else if (!tensor.node) gradients.set(tensor, applyHooks(tensor, gradient, options));
  }
  return gradients;
}

/** Gives each gradient a tensor of its own where an operation returned `gy` itself or one tensor twice, so each can be released alone. */
function distinct(parts: readonly (Tensor | null)[], gy: Tensor): (Tensor | null)[] {
  const seen = new Set<Tensor>([gy]);
  return parts.map((part) => {
    if (!part) return null;
    if (seen.has(part)) return part.alias();
    seen.add(part);
    return part;
  });
}

function applyHooks(tensor: Tensor, gradient: Tensor, { createGraph }: GradOptions): Tensor {
  let result = gradient;
  for (const hook of hooks.get(tensor) ?? []) {
    const before = result;
    const returned = hook(before);
    if (!sameShape(returned.shape, tensor.shape)) {
      throw new ShapeError('gradient hook', [tensor.shape, returned.shape], 'it must return a gradient of the same shape');
    }
    // An alias, since it is released later and the hook may go on using its tensor. A recorded gradient is not released and needs its history.
    result = createGraph || returned === before ? returned : returned.alias();
    if (!createGraph && result !== before) before.dispose();
  }
  return result;
}

/**
 * ∂y/∂x for each of `xs`: inputs, parameters or any tensor in between.
 * @param y a scalar, or any shape with `gradOutput`
 * @returns gradients in the order and shapes of `xs`
 * @throws ArgumentError when y does not depend on an x (unless `allowUnused`)
 */
export function grad(y: Tensor, xs: readonly Tensor[], options: GradOptions & { allowUnused: true }): (Tensor | null)[];
export function grad(y: Tensor, xs: readonly Tensor[], options?: GradOptions): Tensor[];
export function grad(y: Tensor, xs: readonly Tensor[], options: GradOptions = {}): (Tensor | null)[] {
  checkArguments('grad', y, options);
  if (!Array.isArray(xs) || !xs.every((x) => x instanceof Tensor)) {
    throw new ArgumentError('grad', `its second argument must be a list of tensors, not ${kindOf(xs)}`);
  }
  const wanted = new Set(xs);
  const gradients = withRecording(options.createGraph ?? false, () => backpropagate(y, wanted, options));
  return xs.map((x, index) => {
    const gradient = gradients.get(x);
    if (gradient) return gradient;
    if (options.allowUnused) return null;
    const name = x.name ? `'${x.name}'` : `number ${index}`;
    throw new ArgumentError('grad', `the output does not depend on input ${name}. Did it require gradients when it was used?`);
  });
}

/** All leaves below `y` that require gradients. */
function leavesOf(y: Tensor): Set<Tensor> {
  const leaves = new Set<Tensor>();
  const seen = new Set<Tensor>([y]);
  const stack = [y];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (!tensor.node && tensor.requiresGrad) leaves.add(tensor);
    for (const input of tensor.node?.inputs ?? []) {
      if (!seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
    }
  }
  return leaves;
}

/**
 * Adds ∂y/∂θ to `θ.grad` of every leaf θ below y that requires gradients. The gradients outlive scopes, as parameters do.
 * @param y a scalar, or any shape with `gradOutput`
 * @throws ArgumentError when no tensor that requires gradients is below y, as in PyTorch
 */
export function backward(y: Tensor, options: Pick<GradOptions, 'gradOutput' | 'createGraph'> = {}): void {
  checkArguments('backward', y, options);
  const leaves = leavesOf(y);
  if (leaves.size === 0) {
    throw new ArgumentError(
      'backward',
      'the output depends on no tensor that requires gradients. Was it computed inside noGrad(), detached or cast to integers, or are all parameters frozen?',
    );
  }
  const gradients = withRecording(options.createGraph ?? false, () => backpropagate(y, leaves, options));
  for (const leaf of leaves) {
    const gradient = gradients.get(leaf);
    if (!gradient) continue;
    const before = leaf.grad;
    leaf.grad = keep(before ? addGradients(before, gradient) : gradient);
    if (before && !options.createGraph) {
      before.dispose();
      gradient.dispose();
    }
  }
}
