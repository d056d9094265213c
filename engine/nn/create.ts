/** From a definition to described (not yet allocated) modules, collecting what does not fit. */
import type { Shape } from '../tensor.ts';
import type { LayerDefinition } from './definition.ts';
import { readLayer } from './fields.ts';
import { activationLayer } from './layers/activation.ts';
import { Residual, Sequential } from './layers/composite.ts';
import { Conv2d, ConvTranspose2d } from './layers/convolution.ts';
import { Dropout } from './layers/dropout.ts';
import { Linear } from './layers/linear.ts';
import { BatchNorm, LayerNorm } from './layers/normalisation.ts';
import { Flatten, GlobalAvgPool, Pool, Upsample } from './layers/spatial.ts';
import { UNet } from './layers/unet.ts';
import { LayerError, type Module, type Remedy } from './module.ts';
import { registeredLayer } from './registry.ts';

/** Something wrong with a layer. */
export interface LayerProblem {
  /** Path of the layer: '3' or '3.body.0'. */
  readonly path: string;
  readonly type: string;
  /** Names the layer: 'layer 3 (conv2d): in = 16 but its input has 32 channels: set to 32'. */
  readonly message: string;
  /** With this the layer would fit. */
  readonly remedy?: Remedy;
}

/** What a walk through a definition tells. */
export interface Listener {
  problem(path: string, type: string, what: string, remedy?: Remedy): void;
  /** The shape that reaches a layer, before it is known whether it fits. */
  reached(path: string, inputShape: Shape): void;
}

const SILENT: Listener = { problem: () => {}, reached: () => {} };

function construct(definition: LayerDefinition, inputShape: Shape, path: string, listener: Listener): Module | undefined {
  switch (definition.type) {
    case 'linear':
      return new Linear(definition, inputShape);
    case 'conv2d':
      return new Conv2d(definition, inputShape);
    case 'convtranspose2d':
      return new ConvTranspose2d(definition, inputShape);
    case 'batchnorm1d':
    case 'batchnorm2d':
      return new BatchNorm(definition, inputShape);
    case 'layernorm':
      return new LayerNorm(definition, inputShape);
    case 'dropout':
    case 'dropout2d':
      return new Dropout(definition, inputShape);
    case 'maxpool2d':
    case 'avgpool2d':
      return new Pool(definition, inputShape);
    case 'globalavgpool2d':
      return new GlobalAvgPool(inputShape);
    case 'upsample2d':
      return new Upsample(definition, inputShape);
    case 'flatten':
      return new Flatten(inputShape);
    case 'unet':
      return new UNet(definition, inputShape);
    case 'sequential':
      return createSequential(definition.layers, inputShape, path, listener);
    case 'residual': {
      const body = createSequential(definition.layers, inputShape, `${path}.body`, listener);
      const { bridge } = definition;
      const straight =
        bridge === undefined
          ? undefined
          : Array.isArray(bridge)
            ? createSequential(bridge, inputShape, `${path}.bridge`, listener)
            : createLayer(bridge as LayerDefinition, inputShape, `${path}.bridge`, listener)?.module;
      if (!body || (bridge !== undefined && !straight)) return undefined;
      return new Residual(body, straight, inputShape);
    }
    default:
      return activationLayer(definition, inputShape) ?? registeredLayer(definition, inputShape);
  }
}

interface Created {
  readonly module: Module | undefined;
  readonly outputShape: Shape;
}

/** One layer; where it does not fit its input but says what it expects, later layers are checked as if it had got that. */
export function createLayer(value: unknown, inputShape: Shape, path: string, listener: Listener): Created | undefined {
  listener.reached(path, inputShape);
  const read = readLayer(value);
  if ('problems' in read) {
    for (const problem of read.problems) listener.problem(path, read.type, problem);
    return undefined;
  }
  const definition = read.layer;
  try {
    const module = construct(definition, inputShape, path, listener);
    if (!module) return undefined;
    module.label = definition.name;
    module.initialiser = definition.init;
    return { module, outputShape: module.outputShape };
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
    listener.problem(path, definition.type, error.message, error.remedy);
    if (!error.assume) return undefined;
    if (definition.type === 'residual') return { module: undefined, outputShape: error.assume };
    try {
      const repaired = construct(definition, error.assume, path, SILENT);
      return repaired && { module: undefined, outputShape: repaired.outputShape };
    } catch (second) {
      if (second instanceof LayerError) return undefined;
      throw second;
    }
  }
}

/** Layers in order, or undefined when one of them has a problem. `onLayer` sees each that could be read. */
export function createSequential(
  definitions: readonly unknown[],
  inputShape: Shape,
  path: string,
  listener: Listener,
  onLayer?: (index: number, created: Created) => void,
): Sequential | undefined {
  const modules: Module[] = [];
  let shape = inputShape;
  for (const [index, definition] of definitions.entries()) {
    const created = createLayer(definition, shape, path ? `${path}.${index}` : String(index), listener);
    if (!created) return undefined;
    onLayer?.(index, created);
    if (created.module) modules.push(created.module);
    shape = created.outputShape;
  }
  return modules.length === definitions.length ? new Sequential(modules, inputShape) : undefined;
}
