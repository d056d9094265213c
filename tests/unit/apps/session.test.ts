import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batch } from '../../../apps/runtime/batch.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { fromThread, type OpenPort } from '../../../apps/runtime/open-port.ts';
import type { LostNotice, StateReport } from '../../../apps/runtime/runner.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { Session } from '../../../apps/runtime/session.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { environment, experiment, faults, schema } from './demo-experiment.ts';

const base = defaults(schema);
let open: OpenPort;
let store: RunStore;
let reports: StateReport[];
let lost: LostNotice[];
let session: Session;

beforeEach(async () => {
  Object.assign(faults, { loseAt: 0, losses: 0, failAt: 0, disposed: 0, returned: 0 });
  store = new RunStore();
  reports = [];
  lost = [];
  open = await fromThread({ local: async () => ({ experiment, environment: () => environment }) });
  session = new Session(open.port, {
    events: (events) => store.apply(events),
    state: (report) => reports.push(report),
    lost: (notice) => {
      lost.push(notice);
      store.rollBack();
    },
  });
});

afterEach(async () => {
  open.close();
  // Its run ends by itself.
  await new Promise((resolve) => setTimeout(resolve, 20));
});

async function until(condition: () => boolean) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('Session', () => {
  it('plays a run to its end through messages', async () => {
    session.start({ config: base, wanted: Number.POSITIVE_INFINITY });
    await until(() => session.state === 'finished');
    expect(store.series()[0]?.y).toHaveLength(20);
    expect(store.step).toMatchObject({ step: 20, total: 20 });
    expect(store.result).toEqual({ x: expect.closeTo(0.8 ** 20, 12) });
    expect(store.tensors.get('x')?.data).toBeInstanceOf(Float32Array);
    expect(store.checkpoints.get('x')?.step).toBe(20);
    expect(session.device).toMatchObject({ kind: 'cpu' });
    expect(reports.map((r) => r.state)).toEqual(['starting', 'running', 'finished']);
  });

  it('steps, answers, updates and pauses', async () => {
    session.start({ config: base });
    session.advance(2);
    await until(() => session.state === 'paused' && store.step?.step === 2);
    session.update({ rate: 0.5 });
    session.advance(1);
    await until(() => store.step?.step === 3);
    expect(await session.request('where')).toBe(0);
    await expect(session.request('fail')).rejects.toMatchObject({ name: 'RangeError', message: 'asked to fail' });
    session.setSpeed(30);
    session.play();
    await until(() => session.state === 'running');
    session.pause();
    await until(() => session.state === 'paused');
    expect(store.step?.step).toBeLessThan(20);
  });

  it('drops everything of a run that was replaced', async () => {
    session.start({ config: { ...base, steps: 1000 } });
    session.play();
    await until(() => (store.step?.step ?? 0) > 3);
    store = new RunStore();
    session.start({ config: { ...base, start: 2, steps: 1 } });
    session.play();
    await until(() => session.state === 'finished');
    expect(store.series()[0]?.y).toEqual([expect.closeTo(2.56, 12)]);
    expect(faults.returned).toBe(2);
  });

  it('draws each point once when it resumes after a lost device', async () => {
    Object.assign(faults, { loseAt: 8, losses: 1 });
    session.start({ config: base });
    session.play();
    await until(() => session.state === 'finished');
    expect(store.series()[0]?.x).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('carries errors and lost devices across', async () => {
    Object.assign(faults, { loseAt: 8, losses: 1, failAt: 9 });
    session.start({ config: base });
    session.play();
    await until(() => session.state === 'failed');
    expect(lost).toEqual([{ reason: 'driver reset', resumedFrom: 5 }]);
    expect(reports.at(-1)?.error).toMatchObject({ name: 'TypeError', message: 'nothing works' });
  });
});

describe('Batch', () => {
  it('keeps the newest of what replaces itself and all of the rest, in order', () => {
    const batch = new Batch();
    const tensor = (v: number): LabEvent => ({ type: 'tensor', name: 'w', shape: [1], data: Float32Array.of(v) });
    const metric = (x: number): LabEvent => ({ type: 'metric', series: 'a', x, y: x });
    for (const event of [tensor(1), metric(1), tensor(2), metric(2)]) batch.add(event);
    expect(batch.take()).toEqual([tensor(2), metric(1), metric(2)]);
    batch.add(tensor(3));
    expect(batch.take()).toEqual([tensor(3)]);
    expect(batch.size).toBe(0);
  });

  it('lets a newer checkpoint cover what was told since the older one: a curve that goes on from it has no gap', () => {
    const batch = new Batch();
    const metric = (x: number): LabEvent => ({ type: 'metric', series: 'a', x, y: x });
    const checkpoint = (step: number): LabEvent => ({ type: 'checkpoint', name: 'c', step, bytes: new Uint8Array(1) });
    for (const event of [metric(1), checkpoint(1), metric(2), checkpoint(2), metric(3)]) batch.add(event);
    const events = batch.take();
    expect(events).toEqual([metric(1), metric(2), checkpoint(2), metric(3)]);
    const told = new RunStore();
    told.apply(events);
    told.rollBack();
    told.apply([metric(3), metric(4)]);
    expect(told.series()[0]?.x).toEqual([1, 2, 3, 4]);
  });

  it('keeps rows without id and notes apart', () => {
    const batch = new Batch();
    const events: LabEvent[] = [
      { type: 'row', table: 't', row: { a: 1 } },
      { type: 'row', table: 't', row: { a: 2 } },
      { type: 'row', table: 't', id: 'x', row: { a: 3 } },
      { type: 'row', table: 't', id: 'x', row: { a: 4 } },
      { type: 'status', message: 'one', level: 'note' },
      { type: 'status', message: 'two', level: 'note' },
    ];
    for (const event of events) batch.add(event);
    expect(batch.take()).toEqual([events[0], events[1], events[3], events[4], events[5]]);
  });
});

describe('RunStore', () => {
  it('replaces curves and rows by name', () => {
    const fresh = new RunStore();
    fresh.apply([
      { type: 'curve', series: 'fit', chart: 'fit', x: Float32Array.of(0, 1, 2), y: Float32Array.of(1, 2, 3) },
      {
        type: 'curve',
        series: 'fit',
        chart: 'fit',
        x: Float32Array.of(0, 1),
        y: Float32Array.of(5, 6),
        band: Float32Array.of(1, 1),
      },
      { type: 'row', table: 'runs', id: 'a', row: { loss: 1 } },
      { type: 'row', table: 'runs', id: 'b', row: { loss: 2 } },
      { type: 'row', table: 'runs', id: 'a', row: { loss: 3 } },
    ]);
    expect(fresh.series('fit')).toEqual([{ name: 'fit', x: [0, 1], y: [5, 6], band: [1, 1] }]);
    expect(fresh.tables.get('runs')).toEqual([{ loss: 3 }, { loss: 2 }]);
    expect(fresh.series('nothing')).toEqual([]);
  });
});
