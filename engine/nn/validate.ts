import { ConfigError } from '../errors.ts';
import type { Shape } from '../tensor.ts';
import { createSequential, type LayerProblem, type Listener } from './create.ts';
import type { NetworkDefinition } from './definition.ts';
import type { Sequential } from './layers/composite.ts';
import type { Remedy } from './module.ts';

export type { LayerProblem } from './create.ts';

/** What is known of a layer without building it. */
export interface LayerSummary {
  readonly index: number;
  readonly type: string;
  /** Shape of one sample, without the batch axis; absent where the layer does not fit its input. */
  readonly outputShape: Shape;
  /** Number of learned values. */
  readonly parameters: number;
}

export interface Validation {
  readonly layers: readonly LayerSummary[];
  readonly errors: readonly LayerProblem[];
  /** Number of learned values of the whole network. */
  readonly parameters: number;
  /** The shape of one sample that reaches each layer, nested ones too, by path; as far as the definition could be followed. */
  readonly inputShapes: Readonly<Record<string, Shape>>;
}

/** 'layer 3 (conv2d): …', counted as in the definition and in the names of the weights. */
function problem(path: string, type: string, what: string, remedy?: Remedy): LayerProblem {
  return { path, type, message: `layer ${path} (${type}): ${what}`, ...(remedy ? { remedy } : {}) };
}

/** Describes a network without giving it memory. */
export function describeNetwork(definition: unknown, inputShape: Shape): Validation & { readonly root: Sequential | undefined } {
  const errors: LayerProblem[] = [];
  const layers: LayerSummary[] = [];
  const inputShapes: Record<string, Shape> = {};
  if (!Array.isArray(definition)) {
    errors.push({ path: '', type: 'network', message: 'the network must be a list of layers' });
    return { layers, errors, parameters: 0, inputShapes, root: undefined };
  }
  const wrongShape =
    !(inputShape.length === 1 || inputShape.length === 3) || !inputShape.every((n) => Number.isInteger(n) && n > 0);
  if (wrongShape) {
    const message = `the input shape [${inputShape.join(', ')}] must be [height, width, channels] or [features], without the batch`;
    return { layers, errors: [{ path: '', type: 'network', message }], parameters: 0, inputShapes, root: undefined };
  }
  const listener: Listener = {
    problem: (...of) => errors.push(problem(...of)),
    reached: (path, shape) => {
      inputShapes[path] = shape;
    },
  };
  const root = createSequential(definition, inputShape, '', listener, (index, { module, outputShape }) => {
    const type = module?.type ?? String((definition[index] as { type: unknown }).type).toLowerCase();
    layers.push({ index, type, outputShape, parameters: module?.parameterCount ?? 0 });
  });
  if (root) checkLabels(root, errors);
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return { layers, errors, parameters, inputShapes, root: errors.length === 0 ? root : undefined };
}

/** Two layers with one name could not be told apart in captures. */
function checkLabels(root: Sequential, errors: LayerProblem[]): void {
  root.assignPaths();
  const seen = new Map<string, string>();
  for (const module of root.modules()) seen.set(module.path, module.path);
  for (const module of root.modules()) {
    if (module.label === undefined) continue;
    const other = seen.get(module.label);
    if (other !== undefined && other !== module.path) {
      errors.push(problem(module.path, module.type, `its name '${module.label}' is already that of layer ${other}`));
    }
    seen.set(module.label, module.path);
  }
}

/**
 * Checks a definition and says what each layer puts out.
 * @param definition a list of layers, for example parsed from JSON that a reader edited
 * @param inputShape [height, width, channels] or [features], without the batch
 */
export function validateNetwork(definition: NetworkDefinition | unknown, inputShape: Shape): Validation {
  const { root: _, ...validation } = describeNetwork(definition, inputShape);
  return validation;
}

/** The described network. @throws ConfigError with every problem */
export function requireNetwork(definition: unknown, inputShape: Shape): Sequential {
  const { root, errors } = describeNetwork(definition, inputShape);
  if (!root) throw new ConfigError('network', errors.map((error) => error.message).join('; '));
  return root;
}
