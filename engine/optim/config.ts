/** Optimisers as plain data: what a configuration, a checkpoint and a fixture hold. Names, meanings and defaults are PyTorch's. */
import { ConfigError, kindOf } from '../errors.ts';

interface CommonConfig {
  /** Scales all gradients together so that their norm is at most this (Pascanu et al. 2013; PyTorch's clip_grad_norm_). Absent: no. */
  readonly clipNorm?: number;
}

export interface SgdConfig extends CommonConfig {
  readonly type: 'sgd';
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  /** λ of g ← g + λθ. */
  readonly weightDecay?: number;
  readonly decay?: DecayRule;
}

export interface AdamConfig extends CommonConfig {
  /** `adamw` decouples the decay: θ ← (1 − ηλ)θ (Loshchilov & Hutter 2019). */
  readonly type: 'adam' | 'adamw';
  /** Default 1e-3. */
  readonly lr?: number;
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8 (PyTorch's form), 1e-7 (Keras's form). */
  readonly eps?: number;
  /** PyTorch: θ ← θ − η m̂/(√v̂ + ε); Keras 2.2: θ ← θ − η√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε). Default 'pytorch'. */
  readonly epsilonForm?: 'pytorch' | 'keras';
  /** Default 0 (adam), 0.01 (adamw). */
  readonly weightDecay?: number;
  readonly decay?: DecayRule;
}

/** Which parameters decay: PyTorch's default is all of them, biases and batch-norm affine parameters included. */
export type DecayRule = 'all' | 'weights';

export type OptimiserConfig = SgdConfig | AdamConfig;

/** Every number filled in. */
export interface ResolvedConfig {
  readonly type: 'sgd' | 'adam' | 'adamw';
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly epsilonForm: 'pytorch' | 'keras';
  readonly weightDecay: number;
  readonly decay: DecayRule;
  readonly clipNorm?: number;
}

/** Fills in defaults. @throws ConfigError for what no optimiser could mean */
export function resolveOptimiser(config: OptimiserConfig, path = 'optimiser'): ResolvedConfig {
  if (typeof config !== 'object' || config === null) {
    throw new ConfigError(path, `it must be an object such as { type: 'adam', lr: 1e-3 }, not ${kindOf(config)}.`);
  }
  const given = config as Partial<ResolvedConfig> & { type: string };
  if (given.type !== 'sgd' && given.type !== 'adam' && given.type !== 'adamw') {
    throw new ConfigError(`${path}.type`, `'${given.type}' is not an optimiser; use 'sgd', 'adam' or 'adamw'.`);
  }
  const keras = given.epsilonForm === 'keras';
  const resolved: ResolvedConfig = {
    type: given.type,
    lr: given.lr ?? 1e-3,
    momentum: given.momentum ?? 0,
    dampening: given.dampening ?? 0,
    nesterov: given.nesterov ?? false,
    betas: given.betas ?? [0.9, 0.999],
    eps: given.eps ?? (keras ? 1e-7 : 1e-8),
    epsilonForm: given.epsilonForm ?? 'pytorch',
    weightDecay: given.weightDecay ?? (given.type === 'adamw' ? 0.01 : 0),
    decay: given.decay ?? 'all',
    ...(given.clipNorm === undefined ? {} : { clipNorm: given.clipNorm }),
  };
  const check = (name: string, holds: boolean, rule: string) => {
    if (!holds) throw new ConfigError(`${path}.${name}`, `${JSON.stringify(resolved[name as keyof ResolvedConfig])} ${rule}.`);
  };
  const natural = (value: number) => Number.isFinite(value) && value >= 0;
  check('lr', natural(resolved.lr), 'must be a number of at least 0');
  check('momentum', natural(resolved.momentum), 'must be a number of at least 0');
  check('dampening', Number.isFinite(resolved.dampening), 'must be a number');
  check('weightDecay', natural(resolved.weightDecay), 'must be a number of at least 0');
  check('eps', natural(resolved.eps), 'must be a number of at least 0');
  check(
    'betas',
    resolved.betas.length === 2 && resolved.betas.every((b) => b >= 0 && b < 1),
    'must be two numbers from 0 to below 1',
  );
  check('clipNorm', (resolved.clipNorm ?? 1) > 0, 'must be a positive number');
  check('epsilonForm', keras || resolved.epsilonForm === 'pytorch', "must be 'pytorch' or 'keras'");
  check('decay', resolved.decay === 'all' || resolved.decay === 'weights', "must be 'all' or 'weights'");
  if (resolved.nesterov && (resolved.momentum <= 0 || resolved.dampening !== 0)) {
    throw new ConfigError(`${path}.nesterov`, 'Nesterov momentum needs momentum > 0 and dampening = 0.');
  }
  return resolved;
}
