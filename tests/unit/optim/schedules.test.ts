import { describe, expect, test } from 'vitest';
import { EarlyStopping } from '../../../engine/optim/early-stopping.ts';
import { learningRate, type ScheduleConfig } from '../../../engine/optim/schedules.ts';

describe('schedules', () => {
  const over = (schedule: ScheduleConfig, epochs: number) =>
    Array.from({ length: epochs }, (_, epoch) => Number(learningRate(schedule, 1, { epoch, step: 10 * epoch }).toFixed(6)));

  test('step', () => {
    expect(over({ type: 'step', size: 2, gamma: 0.5 }, 5)).toEqual([1, 1, 0.5, 0.5, 0.25]);
    expect(over({ type: 'step', size: 20, unit: 'step' }, 3)).toEqual([1, 1, 0.1]);
  });

  test('cosine goes from the base to the minimum and stays there', () => {
    expect(over({ type: 'cosine', length: 4, minimum: 0.2 }, 6)).toEqual([1, 0.882843, 0.6, 0.317157, 0.2, 0.2]);
  });

  test('constant, and what is no schedule', () => {
    expect(over({ type: 'constant' }, 2)).toEqual([1, 1]);
    expect(() => over({ type: 'linear' } as unknown as ScheduleConfig, 1)).toThrow("'linear' is not a schedule");
    expect(() => over({ type: 'step', size: 0 }, 1)).toThrow('schedule.size');
  });
});

describe('early stopping', () => {
  test('counts evaluations without improvement', () => {
    const watcher = new EarlyStopping({ patience: 2, minDelta: 0.1 });
    expect([1, 0.95, 0.85, Number.NaN, 0.84, 0.5].map((value) => watcher.observe(value))).toEqual([
      'improved',
      'waiting',
      'improved',
      'waiting',
      'stop',
      'improved',
    ]);
    expect(watcher.state).toEqual({ best: 0.5, waited: 0 });
  });

  test('larger may be better', () => {
    const watcher = new EarlyStopping({ patience: 1, better: 'larger' });
    expect([0.5, 0.6, 0.6].map((value) => watcher.observe(value))).toEqual(['improved', 'improved', 'stop']);
  });

  test('needs patience', () => {
    expect(() => new EarlyStopping({ patience: 0 })).toThrow('patience');
    expect(() => new EarlyStopping({ patience: 1, minDelta: -1 })).toThrow('minDelta');
  });
});
