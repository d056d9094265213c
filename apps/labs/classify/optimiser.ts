/** Optimiser and schedule of a configuration, as the engine takes them. Plain data: page and experiment share it. */
import type { OptimiserConfig } from '../../../engine/optim/config.ts';
import type { ScheduleConfig } from '../../../engine/optim/schedules.ts';
import type { Config } from './networks.ts';

export function optimiserOf(config: Config): OptimiserConfig {
  const { rate, decay, decayRule } = config;
  const common = { lr: rate, weightDecay: decay, decay: decayRule } as const;
  if (config.optimiser === 'sgd') {
    const { momentum, nesterov } = config;
    return { type: 'sgd', ...common, momentum, nesterov: nesterov && momentum > 0 };
  }
  const { beta1, beta2, epsilon: eps, epsilonForm } = config;
  return { type: config.optimiser, ...common, betas: [beta1, beta2], eps, epsilonForm };
}

export function scheduleOf({ schedule, stepSize, gamma, epochs }: Config): ScheduleConfig {
  if (schedule === 'step') return { type: 'step', size: stepSize, gamma };
  if (schedule === 'cosine') return { type: 'cosine', length: epochs };
  return { type: 'constant' };
}
