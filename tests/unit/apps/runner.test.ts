import { beforeEach, describe, expect, it } from 'vitest';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { type Change, type LostNotice, Runner, type StateReport } from '../../../apps/runtime/runner.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { environment, experiment, faults, schema } from './demo-experiment.ts';

function start(config: Record<string, unknown> = {}) {
  const events: LabEvent[] = [];
  const states: StateReport[] = [];
  const lost: LostNotice[] = [];
  const changes: { change: Change; ended: boolean }[] = [];
  let seen: (() => void) | undefined;
  const runner = new Runner(experiment, environment, {
    event: (event) => {
      events.push(event);
    },
    state: (report) => {
      states.push(report);
      seen?.();
    },
    lost: (notice) => lost.push(notice),
    changed: (change, ended) => changes.push({ change, ended }),
  });
  const until = async (state: string) => {
    while (runner.state !== state) {
      await new Promise<void>((resolve) => {
        seen = resolve;
      });
    }
  };
  const ready = runner.start({ config: { ...defaults(schema), ...config } });
  return { runner, events, states, lost, changes, until, ready };
}

const steps = (events: LabEvent[]) => events.filter((e) => e.type === 'step').length;

beforeEach(() => {
  Object.assign(faults, { loseAt: 0, losses: 0, failAt: 0, disposed: 0, returned: 0 });
});

describe('Runner', () => {
  it('does nothing by itself, then runs to the result', async () => {
    const { runner, events, states, until, ready } = start();
    await ready;
    expect(events).toEqual([]);
    expect(runner.state).toBe('paused');
    runner.play();
    await until('finished');
    expect(steps(events)).toBe(20);
    expect(events.at(-1)).toMatchObject({ type: 'result', value: { x: expect.closeTo(0.8 ** 20, 12) } });
    expect(states.map((s) => s.state)).toEqual(['starting', 'paused', 'running', 'finished']);
  });

  it('advances by exactly the steps asked for', async () => {
    const { runner, events, until, ready } = start();
    await ready;
    runner.advance(3);
    await until('running');
    await until('paused');
    expect(steps(events)).toBe(3);
    expect(runner.step).toBe(3);
    runner.advance(1);
    await until('running');
    await until('paused');
    expect(steps(events)).toBe(4);
  });

  it('pauses within one step and goes on where it was', async () => {
    const { runner, events, until, ready } = start({ steps: 1000 });
    await ready;
    runner.play();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const before = steps(events);
    await runner.pause();
    expect(steps(events) - before).toBeLessThanOrEqual(1);
    const at = steps(events);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(steps(events)).toBe(at);
    runner.play();
    await until('finished');
    const numbers = events.filter((e) => e.type === 'step').map((e) => e.step);
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  });

  it('answers requests between steps and after the end, and says so where it cannot', async () => {
    const { runner, until, ready } = start();
    await ready;
    await expect(runner.request('where', undefined)).rejects.toThrow("does not answer 'where'");
    runner.advance(1);
    await until('running');
    await until('paused');
    expect(await runner.request('where', undefined)).toBeCloseTo(0.8, 12);
    runner.play();
    await until('finished');
    expect(await runner.request('where', undefined)).toBeCloseTo(0.8 ** 20, 12);
    await expect(runner.request('fail', undefined)).rejects.toThrow('asked to fail');
    await runner.stop();
    expect(faults.disposed).toBe(1);
    await expect(runner.request('where', undefined)).rejects.toThrow('has not started');
  });

  it('applies live parameters at the next step and leaves the others', async () => {
    const { runner, until, ready } = start();
    await ready;
    runner.update({ rate: 0.5, start: 3 });
    runner.advance(1);
    await until('running');
    await until('paused');
    expect(await runner.request('where', undefined)).toBe(0);
  });

  it('takes live changes over between steps, says after which, and repeats the run with them to the bit', async () => {
    const { runner, until, ready, events, changes } = start({ steps: 200, decay: 0 });
    await ready;
    runner.update({ rate: 0.11 });
    runner.advance(3);
    await until('paused');
    runner.update({ rate: 0.12, start: 9 });
    runner.update({ rate: 0.12 });
    runner.setSpeed(2000);
    runner.play();
    while (runner.step < 20) await new Promise((resolve) => setTimeout(resolve, 1));
    runner.update({ rate: 0.13, decay: 0.5 });
    await until('finished');
    runner.update({ rate: 0.5 });
    expect(changes.map(({ change }) => change.values)).toEqual([
      { rate: 0.11 },
      { rate: 0.12 },
      { rate: 0.13, decay: 0.5 },
      { rate: 0.5 },
    ]);
    expect(changes.map(({ change }) => change.step).slice(0, 2)).toEqual([0, 3]);
    expect(changes.map(({ ended }) => ended)).toEqual([false, false, false, true]);
    const made = changes.filter(({ ended }) => !ended).map(({ change }) => change);
    const again = await runInNode(experiment, { environment, config: { steps: 200 }, changes: made });
    expect(again.result).toEqual(events.at(-1)?.type === 'result' && (events.at(-1) as { value: unknown }).value);
    await again.runner.stop();
  });

  it('lets a stop that comes while it starts end it before it has begun', async () => {
    const { runner, ready } = start();
    runner.play();
    await runner.stop();
    await ready;
    expect([runner.state, runner.step, faults.returned]).toEqual(['idle', 0, 0]);
  });

  it('resumes from the last checkpoint when the device is lost', async () => {
    Object.assign(faults, { loseAt: 13, losses: 2 });
    const { runner, events, lost, until, ready } = start();
    await ready;
    runner.play();
    await until('finished');
    expect(lost).toEqual([
      { reason: 'driver reset', resumedFrom: 10 },
      { reason: 'driver reset', resumedFrom: 10 },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'result', value: { x: expect.closeTo(0.8 ** 20, 12) } });
  });

  it('gives up after losing the device again and again', async () => {
    Object.assign(faults, { loseAt: 2, losses: 99 });
    const { runner, states, until, ready } = start();
    await ready;
    runner.play();
    await until('failed');
    expect(states.at(-1)?.error).toMatchObject({
      name: 'DeviceLostError',
      facts: { reason: 'driver reset', code: 'DEVICE_LOST' },
    });
    expect(faults.losses).toBe(95);
  });

  it('reports an error with its type and keeps what came before', async () => {
    faults.failAt = 7;
    const { runner, events, states, until, ready } = start();
    await ready;
    runner.play();
    await until('failed');
    expect(states.at(-1)?.error).toMatchObject({ name: 'TypeError', message: 'nothing works' });
    expect(steps(events)).toBe(6);
  });

  it('runs at a wanted speed and leaves it at once', async () => {
    const { runner, events, until, ready } = start();
    await ready;
    runner.setSpeed(20);
    runner.play();
    await new Promise((resolve) => setTimeout(resolve, 220));
    expect(steps(events)).toBeGreaterThanOrEqual(2);
    expect(steps(events)).toBeLessThanOrEqual(7);
    runner.setSpeed(Number.POSITIVE_INFINITY);
    await until('finished');
    expect(steps(events)).toBe(20);
  });

  it('cleans up a stopped run and starts anew', async () => {
    const { runner, events, until, ready } = start();
    await ready;
    runner.advance(2);
    await until('running');
    await until('paused');
    await runner.stop();
    expect(faults.returned).toBe(1);
    expect(runner.state).toBe('idle');
    await runner.start({ config: { ...defaults(schema), start: 2 } });
    runner.advance(1);
    await until('running');
    await until('paused');
    expect(await runner.request('where', undefined)).toBeCloseTo(1.6, 12);
    expect(steps(events)).toBe(3);
  });
});

describe('runInNode', () => {
  it('runs a preset to its result', async () => {
    const run = await runInNode(experiment, { environment, preset: 'full', config: { start: 2 } });
    expect(run.result?.x).toBeCloseTo(2 * 0.9 ** 100, 12);
    expect(run).toMatchObject({ steps: 100, device: { kind: 'cpu' }, config: { steps: 100, start: 2, seed: 1 } });
    expect(await run.runner.request('where', undefined)).toBeCloseTo(2 * 0.9 ** 100, 12);
    await run.runner.stop();
  });

  it('can end after a number of steps', async () => {
    const run = await runInNode(experiment, { environment, steps: 4 });
    expect(run.result).toBeUndefined();
    expect(run.steps).toBe(4);
    await run.runner.stop();
  });

  it('rejects with the error of the run', async () => {
    faults.failAt = 3;
    await expect(runInNode(experiment, { environment })).rejects.toMatchObject({ name: 'TypeError', message: 'nothing works' });
  });

  it('stops when told to', async () => {
    const reason = new Error('enough');
    await expect(runInNode(experiment, { environment, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
