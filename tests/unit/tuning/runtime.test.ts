/** How labs ask for tuning: off unless said, never while a run is paused. */
import { expect, it } from 'vitest';
import { parseLabArguments } from '../../../apps/cli/lab-arguments.ts';
import { attendEngine, openEngine } from '../../../apps/runtime/engine-device.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { fromThread } from '../../../apps/runtime/open-port.ts';
import { Runner } from '../../../apps/runtime/runner.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { Session } from '../../../apps/runtime/session.ts';
import { tuneWish } from '../../../apps/shell/tune-wish.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { getDevice } from '../../../engine/tensor.ts';
import { environment, experiment, schema } from '../apps/demo-experiment.ts';
import { memoryStore } from './fake.ts';

it('a page says it in its address; a browser under test measures nothing by itself', () => {
  expect(tuneWish('', false)).toBe('measure');
  expect(tuneWish('', true)).toBe('off');
  expect(tuneWish('?tune=force', true)).toBe('force');
  expect(tuneWish('?a=1&tune=off', false)).toBe('off');
  expect(tuneWish('?tune=stored', false)).toBe('stored');
  expect(tuneWish('?tune=everything', true)).toBe('off');
});

it('the command line says it by an option', () => {
  expect(parseLabArguments(experiment, []).tune).toBe('off');
  expect(parseLabArguments(experiment, ['--tune', 'measure']).tune).toBe('measure');
  expect(parseLabArguments(experiment, ['--tune', 'yes']).errors).toEqual(['--tune yes is none of off, stored, measure, force']);
});

it('the wish reaches the environment', async () => {
  const wishes: unknown[] = [];
  const spied: typeof environment = {
    ...environment,
    open(preference, tune) {
      wishes.push(tune);
      return environment.open(preference);
    },
  };
  await runInNode(experiment, { environment: spied, steps: 1 });
  await runInNode(experiment, { environment: spied, steps: 1, tune: 'stored' });
  expect(wishes).toEqual([undefined, 'stored']);
});

it('a run that pauses tells so at once, before its step is over', async () => {
  const told: boolean[] = [];
  const spied = { ...environment, attend: (attending: boolean) => told.push(attending) };
  const runner = new Runner(experiment, spied, { event() {}, state() {} });
  await runner.start({ config: defaults(schema) });
  told.length = 0;
  runner.advance(1000);
  expect(told).toEqual([true]);
  const paused = runner.pause();
  expect(told).toEqual([true, false]);
  await paused;
  await runner.stop();
});

it('a run that goes on in a hidden tab tells so, too, and a page can say it before the run starts', async () => {
  const told: boolean[] = [];
  const spied = { ...environment, attend: (attending: boolean) => told.push(attending) };
  const open = await fromThread({ local: async () => ({ experiment, environment: () => spied }) });
  let state: string | undefined;
  let changed = () => {};
  const session = new Session(open.port, {
    events() {},
    state(report) {
      state = report.state;
      changed();
    },
  });
  const until = async (wanted: string) => {
    while (state !== wanted) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  session.setSeen(false);
  session.start({ config: { ...defaults(schema), steps: 1000 } });
  session.setSpeed(100);
  session.play();
  await until('running');
  expect(told.length).toBeGreaterThan(0);
  expect(told).not.toContain(true);
  session.setSeen(true);
  session.pause();
  await until('paused');
  expect(told).toContain(true);
  expect(told.at(-1)).toBe(false);
  session.stop();
  await until('idle');
  open.close();
});

it('a run that is to go at once tells so before its device is opened', async () => {
  const told: boolean[] = [];
  const open: typeof environment.open = (preference) => {
    expect(told.at(-1)).toBe(true);
    return environment.open(preference);
  };
  const spied = { ...environment, open, attend: (attending: boolean) => told.push(attending) };
  const port = await fromThread({ local: async () => ({ experiment, environment: () => spied }) });
  const ended = new Promise<string>((resolve) => {
    const session = new Session(port.port, {
      events() {},
      state: ({ state }) => state !== 'starting' && state !== 'running' && resolve(state),
    });
    session.start({ config: { ...defaults(schema), steps: 3 }, wanted: Number.POSITIVE_INFINITY });
  });
  expect(await ended).toBe('finished');
  port.close();
  const runner = new Runner(experiment, spied, { event() {}, state() {} });
  told.length = 0;
  await runner.start({ config: { ...defaults(schema), steps: 1000 }, wanted: 2 });
  expect(told[0]).toBe(true);
  await runner.stop();
});

it('the device of a run carries the setting, and follows whether it may be measured', async () => {
  const tuning = () => (getDevice() as RecordingDevice).tuning;
  const store = memoryStore();
  await openEngine('cpu');
  expect(tuning()).toBeUndefined();
  const first = getDevice();
  await openEngine('cpu', 'measure', true, store);
  expect(getDevice()).not.toBe(first);
  expect(tuning()).toMatchObject({ mode: 'measure', store });
  const again = getDevice();
  await openEngine('cpu', 'measure', true, store);
  expect(getDevice(), 'one device per thread and setting').toBe(again);
  attendEngine(false);
  expect(tuning()?.mayMeasure?.()).toBe(false);
  attendEngine(true);
  expect(tuning()?.mayMeasure?.()).toBe(true);
});

it('a large run takes over the processor’s device that a small one has opened', async () => {
  await openEngine('cpu', 'off', false);
  const small = getDevice();
  await openEngine('cpu', 'off', true);
  expect(getDevice()).toBe(small);
});
