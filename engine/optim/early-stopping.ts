import { ConfigError } from '../errors.ts';
import { isCount, isRecord } from '../json.ts';

export interface EarlyStoppingConfig {
  /** Evaluations without improvement after which training stops. */
  readonly patience: number;
  /** Smallest change that counts as an improvement. Default 0. */
  readonly minDelta?: number;
  /** Whether smaller (default) or larger values are better. */
  readonly better?: 'smaller' | 'larger';
}

/** Everything that early stopping remembers. */
export interface EarlyStoppingState {
  /** Best value so far; null before the first. */
  readonly best: number | null;
  /** Evaluations since then. */
  readonly waited: number;
}

/** Whether this is a state that early stopping can go on from: files of others may hold anything. */
export const isEarlyStoppingState = (value: unknown): value is EarlyStoppingState =>
  isRecord(value) &&
  isCount(value.waited) &&
  (value.best === null || (typeof value.best === 'number' && !Number.isNaN(value.best)));

/** Watches a value: improved, to be waited for, or time to stop. */
export class EarlyStopping {
  readonly patience: number;
  readonly minDelta: number;
  readonly better: 'smaller' | 'larger';
  state: EarlyStoppingState = { best: null, waited: 0 };

  constructor({ patience, minDelta = 0, better = 'smaller' }: EarlyStoppingConfig) {
    if (!Number.isInteger(patience) || patience < 1)
      throw new ConfigError('patience', `must be a whole number of at least 1, got ${patience}.`);
    if (!(minDelta >= 0)) throw new ConfigError('minDelta', `must be a number of at least 0, got ${minDelta}.`);
    this.patience = patience;
    this.minDelta = minDelta;
    this.better = better;
  }

  /** A value that is not a number never counts as an improvement. */
  observe(value: number): 'improved' | 'waiting' | 'stop' {
    const { best, waited } = this.state;
    const gain = best === null ? Number.POSITIVE_INFINITY : this.better === 'smaller' ? best - value : value - best;
    if (!Number.isNaN(value) && gain > this.minDelta) {
      this.state = { best: value, waited: 0 };
      return 'improved';
    }
    this.state = { best, waited: waited + 1 };
    return waited + 1 >= this.patience ? 'stop' : 'waiting';
  }
}
