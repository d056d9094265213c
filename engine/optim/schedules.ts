/** Learning rates over time. A schedule is plain data, so that a checkpoint can hold it; its unit is the epoch unless it says steps. */

import { ConfigError } from '../errors.ts';
import { cos, pow } from '../math/index.ts';

export type ScheduleConfig =
  /** η₀ throughout. */
  | { readonly type: 'constant' }
  /** η₀ · γ^⌊t/size⌋, γ default 0.1 (StepLR). */
  | { readonly type: 'step'; readonly size: number; readonly gamma?: number; readonly unit?: 'epoch' | 'step' }
  /** η_min + (η₀ − η_min)(1 + cos(πt/T))/2 (Loshchilov & Hutter 2017, without restarts); η_min stays after T. */
  | { readonly type: 'cosine'; readonly length: number; readonly minimum?: number; readonly unit?: 'epoch' | 'step' };

/** Steps and epochs finished before the step whose rate is asked for. */
export interface Progress {
  readonly step: number;
  readonly epoch: number;
}

/** The learning rate at a point of the training. @throws ConfigError for a schedule that is none */
export function learningRate(schedule: ScheduleConfig, base: number, progress: Progress): number {
  if (schedule.type === 'constant') return base;
  const t = progress[schedule.unit ?? 'epoch'];
  if (schedule.type === 'step') {
    if (!(schedule.size > 0)) throw new ConfigError('schedule.size', 'must be a positive number.');
    return base * pow(schedule.gamma ?? 0.1, Math.floor(t / schedule.size));
  }
  if (schedule.type === 'cosine') {
    if (!(schedule.length > 0)) throw new ConfigError('schedule.length', 'must be a positive number.');
    const minimum = schedule.minimum ?? 0;
    return minimum + ((base - minimum) * (1 + cos((Math.PI * Math.min(t, schedule.length)) / schedule.length))) / 2;
  }
  throw new ConfigError(
    'schedule.type',
    `'${(schedule as { type: string }).type}' is not a schedule; use 'constant', 'step' or 'cosine'.`,
  );
}
