/**
 * How parameters start. With f_in the values that reach an output and f_out those that an input reaches:
 * PyTorch's default U(−1/√f_in, 1/√f_in) for weights and biases; Xavier/Glorot U(−a, a), a = √(6/(f_in+f_out)) (Glorot & Bengio
 * 2010); Kaiming N(0, 2/f_in) (He et al. 2015, for ReLU).
 */
import { ConfigError } from '../errors.ts';
import type { Generator } from '../random.ts';
import { sizeOf } from '../tensor.ts';
import { fromPyTorch } from './border.ts';
import type { Initialiser, NormalInitialiser, UniformInitialiser, WeightInitialiser } from './definition.ts';
import type { Module, ParameterSlot } from './module.ts';

/** PyTorch's defaults. */
export const PYTORCH: Initialiser = { weight: 'pytorch', bias: 'pytorch' };
/** Keras's defaults for Dense and Conv2D: Glorot-uniform weights, zero biases. */
export const KERAS: Initialiser = { weight: 'glorotUniform', bias: 0 };

/** Draws `count` numbers. */
type Draw = (rng: Generator, count: number) => Float32Array<ArrayBuffer>;

const constant =
  (value: number): Draw =>
  (_, count) =>
    new Float32Array(count).fill(value);

const between =
  (low: number, high: number): Draw =>
  (rng, count) =>
    rng.uniform(count, low, high);

const normal =
  (mean: number, std: number): Draw =>
  (rng, count) =>
    rng.normal(count, mean, std);

function spread(rule: NormalInitialiser | UniformInitialiser): Draw {
  if ('normal' in rule) return normal(rule.normal.mean ?? 0, rule.normal.std);
  return between(rule.uniform.low, rule.uniform.high);
}

function weightRule(rule: WeightInitialiser, { fanIn, fanOut }: ParameterSlot): Draw {
  if (typeof rule === 'object') return spread(rule);
  const symmetric = (limit: number) => between(-limit, limit);
  switch (rule) {
    case 'pytorch':
      return symmetric(1 / Math.sqrt(fanIn));
    case 'xavierUniform':
    case 'glorotUniform':
      return symmetric(Math.sqrt(6 / (fanIn + fanOut)));
    case 'xavierNormal':
      return normal(0, Math.sqrt(2 / (fanIn + fanOut)));
    case 'kaimingNormal':
      return normal(0, Math.sqrt(2 / fanIn));
    case 'kaimingUniform':
      return symmetric(Math.sqrt(6 / fanIn));
    case 'zeros':
      return constant(0);
    default:
      throw new ConfigError('initialiser', `'${String(rule)}' is not an initialiser for weights`);
  }
}

function biasRule(rule: NonNullable<Initialiser['bias']>, slot: ParameterSlot): Draw {
  if (typeof rule === 'number') return constant(rule);
  if (rule === 'pytorch') return weightRule('pytorch', slot);
  if (typeof rule === 'object') return spread(rule);
  throw new ConfigError('initialiser', `'${String(rule)}' is not an initialiser for biases`);
}

function drawOf(slot: ParameterSlot, initialiser: Initialiser): Draw {
  if (slot.role === 'scale') return constant(1);
  if (slot.role === 'shift') return constant(0);
  if (slot.role === 'bias') return biasRule(initialiser.bias ?? 'pytorch', slot);
  return weightRule(initialiser.weight ?? 'pytorch', slot);
}

/** The start values of a parameter, in the engine's layout. The numbers are drawn in PyTorch's element order. */
export function initialValues(slot: ParameterSlot, initialiser: Initialiser, rng: Generator): Float32Array<ArrayBuffer> {
  return fromPyTorch(drawOf(slot, initialiser)(rng, sizeOf(slot.shape)), slot.border());
}

/**
 * The initialiser of each module that has parameters: what its definition (or that of the module around it) says, else what the
 * network was asked for, else the layer's own, else PyTorch's.
 */
export function initialisersOf(root: Module, wanted: Initialiser | undefined): Map<Module, Initialiser> {
  const result = new Map<Module, Initialiser>();
  const walk = (module: Module, given: Initialiser | undefined, native: Initialiser | undefined): void => {
    const explicit = module.initialiser ? { ...given, ...module.initialiser } : given;
    const own = module.nativeInitialiser ?? native;
    result.set(module, { ...PYTORCH, ...own, ...wanted, ...explicit });
    for (const [, child] of module.children) walk(child, explicit, own);
  };
  walk(root, undefined, undefined);
  return result;
}
