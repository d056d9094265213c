import type { TensorArena } from '../arena.ts';
import type { RecordingDevice } from '../device/recording-device.ts';
import { ArgumentError, ConfigError, kindOf, ShapeError } from '../errors.ts';
import { copyElements } from '../ops/copy-elements.ts';
import { DeviceGenerator } from '../ops/random.ts';
import { Generator } from '../random.ts';
import { getDevice, type Shape, sameShape, Tensor } from '../tensor.ts';
import { allocateModule } from './allocate.ts';
import type { StateTensor } from './border.ts';
import type { Initialiser, NetworkDefinition, WeightInitialiser } from './definition.ts';
import { initialisersOf, initialValues, KERAS, PYTORCH } from './initialise.ts';
import type { Sequential } from './layers/composite.ts';
import { Dropout } from './layers/dropout.ts';
import type { ForwardPass, Module, ParameterSlot } from './module.ts';
import { type LoadOptions, loadStateDict, type StateDict, stateDict } from './state-dict.ts';
import { requireNetwork } from './validate.ts';

/** A layer: its index in the definition, its path ('3.body.0') or its name. */
export type LayerKey = number | string;

export interface ForwardOptions {
  /** Layers whose outputs to hand over, or 'all'. They stay on the tape: gradients with respect to them work. */
  readonly capture?: readonly LayerKey[] | 'all';
  /** Runs a ReLU in the kernel of the layer before it where nothing else needs that layer's output. Default true. */
  readonly fuse?: boolean;
  /**
   * What stands in for the outputs of layers, [N, …]: the network goes on from there, and the layers before do not run unless another
   * branch needs them. Gradients reach these tensors.
   */
  readonly replace?: ReadonlyMap<LayerKey, Tensor>;
}

export interface Captured {
  readonly output: Tensor;
  /** By the keys that were asked for (numbers as text); with 'all', by path. */
  readonly activations: Map<string, Tensor>;
}

export interface BuildOptions {
  /** [height, width, channels] or [features], without the batch. */
  readonly inputShape: Shape;
  /** Source of the start values, or its seed. Each parameter has a stream of its own, named like the parameter. */
  readonly rng: Generator | number;
  /** Default: PyTorch's. 'keras' is Glorot-uniform with zero biases; the name of a weight rule keeps PyTorch's biases. */
  readonly initialiser?: Initialiser | WeightInitialiser | 'keras';
  /** Seed of the dropout layers' random numbers. Default 0. */
  readonly dropoutSeed?: number;
  readonly device?: RecordingDevice;
}

function initialiserOf(option: BuildOptions['initialiser']): Initialiser | undefined {
  if (option === undefined) return undefined;
  if (option === 'keras') return KERAS;
  if (option === 'pytorch') return PYTORCH;
  if (typeof option === 'string' || 'normal' in option || 'uniform' in option) return { weight: option };
  return option;
}

/** A built network: layers, memory, names. Made by `buildNetwork`. */
export class Network {
  readonly definition: NetworkDefinition;
  readonly inputShape: Shape;
  readonly root: Sequential;
  readonly device: RecordingDevice;
  /** Random numbers of the dropout layers; their state is part of a checkpoint. */
  readonly rng: DeviceGenerator;
  readonly arena: TensorArena;
  readonly bufferArena: TensorArena;
  readonly #keys = new Map<string, Module>();

  constructor(definition: NetworkDefinition, inputShape: Shape, device: RecordingDevice, dropoutSeed: number) {
    this.root = requireNetwork(definition, inputShape);
    this.definition = structuredClone(definition) as NetworkDefinition;
    this.inputShape = inputShape;
    this.device = device;
    this.root.assignPaths();
    this.root.featureOrder(null);
    const { parameters, buffers } = allocateModule(this.root, device);
    this.arena = parameters;
    this.bufferArena = buffers;
    this.rng = new DeviceGenerator(dropoutSeed, 'dropout', device);
    for (const module of this.root.modules()) {
      if (module instanceof Dropout) module.rng = this.rng;
      if (module.path) this.#keys.set(module.path, module);
    }
    for (const module of this.root.modules()) if (module.label !== undefined) this.#keys.set(module.label, module);
  }

  /** Shape of one output, without the batch. */
  get outputShape(): Shape {
    return this.root.outputShape;
  }

  /** The layers of the definition. */
  get layers(): Module[] {
    return this.root.layers;
  }

  /** Every layer and block with its path, outer before inner. */
  get modules(): Module[] {
    return [...this.root.modules()].filter((module) => module.path !== '' && module.type !== 'list');
  }

  get training(): boolean {
    return this.root.training;
  }

  /** See `Module.variant`, of all modules together. */
  get variant(): string {
    return [...this.root.modules()].map(({ variant }) => variant).join();
  }

  get parameterCount(): number {
    return this.root.parameterCount;
  }

  /** The layer with this index, path or name. @throws ConfigError when there is none */
  layer(key: LayerKey): Module {
    const module = this.#keys.get(String(key));
    if (!module)
      throw new ConfigError('layer', `'${key}' is no layer of this network; it has ${[...this.#keys.keys()].join(', ')}.`);
    return module;
  }

  /**
   * The network's output.
   * @param x [N, …inputShape]
   * @throws ShapeError when x is no batch of the network's inputs
   */
  forward(x: Tensor): Tensor;
  /** The output and the activations that were asked for. */
  forward(x: Tensor, options: ForwardOptions): Captured;
  forward(x: Tensor, options?: ForwardOptions): Tensor | Captured {
    if (!(x instanceof Tensor)) throw new ArgumentError('forward', `its input must be a tensor, not ${kindOf(x)}`);
    if (!sameShape(x.shape.slice(1), this.inputShape)) {
      throw new ShapeError('network', [x.shape], `its input must be [N, ${this.inputShape.join(', ')}]`);
    }
    const wanted = new Map<Module, string[]>();
    const keys = options?.capture === 'all' ? this.modules.map((module) => module.path) : (options?.capture ?? []);
    for (const key of keys) {
      const module = this.layer(key);
      wanted.set(module, [...(wanted.get(module) ?? []), String(key)]);
    }
    const activations = new Map<string, Tensor>();
    const replacements = this.#replacements(options?.replace);
    const unused = new Set(replacements.keys());
    const pass: ForwardPass = {
      fuse: options?.fuse ?? true,
      replacement: (module) => {
        unused.delete(module);
        return replacements.get(module);
      },
      wants: (module) => wanted.has(module),
      capture: (module, output) => {
        for (const key of wanted.get(module) ?? []) activations.set(key, output);
      },
    };
    const output = this.root.forward(x, pass);
    for (const { path } of unused)
      throw new ConfigError('replace', `'${path}' stands in no list of layers; replace one that does.`);
    return options ? { output, activations } : output;
  }

  /** @throws ShapeError for a tensor that no such layer could put out */
  #replacements(given: ForwardOptions['replace']): Map<Module, Tensor> {
    return new Map(
      [...(given ?? [])].map(([key, tensor]) => {
        const module = this.layer(key);
        if (!sameShape(tensor.shape.slice(1), module.outputShape)) {
          throw new ShapeError('replace', [tensor.shape], `layer '${key}' puts out [N, ${module.outputShape.join(', ')}]`);
        }
        return [module, tensor];
      }),
    );
  }

  /** Training mode: batch statistics, dropout. */
  train(on = true): this {
    this.root.train(on);
    return this;
  }

  /** Evaluation mode: running statistics, no dropout. */
  eval(): this {
    return this.train(false);
  }

  parameters(): Tensor[] {
    return this.root.parameters();
  }

  /** Parameters with PyTorch's names, in PyTorch's order. */
  namedParameters(): [name: string, tensor: Tensor][] {
    return this.root.namedParameters();
  }

  namedBuffers(): [name: string, tensor: Tensor][] {
    return this.root.namedBuffers();
  }

  /** Parameters with their roles, for weight decay on weights only. */
  parameterSlots(): [name: string, slot: ParameterSlot][] {
    return [...this.root.parameterSlots()].map(([name, slot]) => [name, slot]);
  }

  /** Stops the learning of the given layers, all where none are named. Their batch statistics still move in training mode. */
  freeze(...keys: LayerKey[]): this {
    return this.#setLearning(keys, false);
  }

  unfreeze(...keys: LayerKey[]): this {
    return this.#setLearning(keys, true);
  }

  #setLearning(keys: LayerKey[], on: boolean): this {
    const modules: Module[] = keys.length === 0 ? [this.root] : keys.map((key) => this.layer(key));
    for (const module of modules) for (const tensor of module.parameters()) tensor.requiresGrad = on;
    return this;
  }

  /** Draws every parameter anew and resets the running statistics. */
  initialise(rng: Generator | number, initialiser?: BuildOptions['initialiser']): this {
    const source = typeof rng === 'number' ? new Generator(rng, 'initialise') : rng;
    const initialisers = initialisersOf(this.root, initialiserOf(initialiser));
    for (const [name, slot, module] of this.root.parameterSlots()) {
      slot.tensor.write(initialValues(slot, initialisers.get(module) as Initialiser, source.fork(name)));
    }
    for (const [, slot] of this.root.bufferSlots()) slot.tensor.write(new Float32Array(slot.tensor.size).fill(slot.initial));
    return this;
  }

  /** Every parameter and buffer with PyTorch's names and layouts. */
  stateDict(): Promise<StateDict> {
    return stateDict(this.root);
  }

  /** Loads PyTorch's names and layouts; see `loadStateDict` in state-dict.ts for the errors. */
  loadStateDict(
    state: ReadonlyMap<string, StateTensor> | Readonly<Record<string, StateTensor>>,
    options?: LoadOptions,
  ): { missing: string[]; unexpected: string[] } {
    return loadStateDict(this.root, state, options);
  }

  /** Overwrites parameters and buffers with those of a network of the same definition on the same device. */
  copyFrom(other: Network): this {
    if (other.arena.length !== this.arena.length || other.bufferArena.length !== this.bufferArena.length) {
      throw new ConfigError('network', 'weights can only be copied between networks of one definition.');
    }
    copyElements(other.arena.flat, this.arena.flat);
    copyElements(other.bufferArena.flat, this.bufferArena.flat);
    return this;
  }

  /** Another network with the same definition, weights, mode and frozen layers. */
  clone(): Network {
    const copy = new Network(this.definition, this.inputShape, this.device, this.rng.generator.seed);
    copy.copyFrom(this);
    const theirs = copy.parameters();
    this.parameters().forEach((tensor, index) => {
      (theirs[index] as Tensor).requiresGrad = tensor.requiresGrad;
    });
    return copy.train(this.training);
  }

  /** Releases the parameters. The network must not be used afterwards. */
  dispose(): void {
    this.arena.dispose();
    this.bufferArena.dispose();
    this.rng.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Builds a network: checks the definition, gives it memory and draws its parameters.
 * @throws ConfigError naming every layer that does not fit
 */
export function buildNetwork(definition: NetworkDefinition, options: BuildOptions): Network {
  if (!Array.isArray(options?.inputShape)) {
    throw new ArgumentError('buildNetwork', 'its options must hold inputShape, [height, width, channels] or [features], and rng');
  }
  if (typeof options.rng !== 'number' && !(options.rng instanceof Generator)) {
    throw new ArgumentError('buildNetwork', `rng must be a seed or a Generator, not ${kindOf(options.rng)}`);
  }
  const device = options.device ?? (getDevice() as RecordingDevice);
  const network = new Network(definition, options.inputShape, device, options.dropoutSeed ?? 0);
  return network.initialise(options.rng, options.initialiser);
}
