import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { Player } from '../../../apps/runtime/player.ts';
import { Recorder, type Recording, readRecording, splitRecording, writeRecording } from '../../../apps/runtime/recording.ts';
import type { StateReport } from '../../../apps/runtime/runner.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { environment, experiment } from './demo-experiment.ts';

async function record(steps = 20): Promise<Recording> {
  const recorder = new Recorder(0);
  const run = await runInNode(experiment, { environment, config: { steps }, onEvent: (event) => recorder.add(event) });
  await run.runner.stop();
  return recorder.finish({ lab: 'demo', version: 1, config: run.config, device: run.device }, 50);
}

describe('recordings', () => {
  it('survive their file, arrays and non-finite numbers included', () => {
    const recording: Recording = {
      format: 1,
      lab: 'demo',
      version: 1,
      config: { seed: 1 },
      device: { kind: 'cpu', name: 'test', software: true },
      recorded: '2026-01-01T00:00:00.000Z',
      duration: 10,
      events: [
        [0, { type: 'tensor', name: 'w', shape: [3], data: Float32Array.of(1.5, Number.NaN, -2) }],
        [1, { type: 'images', name: 'i', shape: [1, 1, 2, 1], data: new Uint8Array([0, 1, 250]).subarray(1) }],
        [2, { type: 'metric', series: 'a', x: 1, y: Number.POSITIVE_INFINITY }],
        [3, { type: 'curve', series: 'c', x: Float64Array.of(0.1), y: Float64Array.of(0.2) }],
      ],
    };
    expect(readRecording(writeRecording(recording))).toEqual(recording);
  });

  it('in two files keep their shape without their pictures, and are themselves with them', () => {
    const pixels = Float32Array.from({ length: 900 }, (_, i) => Math.sin(i));
    const few = Float32Array.of(0.5, 0.25);
    const events: Recording['events'] = [
      [0, { type: 'tensor', name: 'few', shape: [2], data: few }],
      [1, { type: 'tensor', name: 'a', shape: [900], data: pixels }],
      [2, { type: 'images', name: 'b', shape: [1, 50, 50, 1], data: new Uint8Array(2500).fill(7) }],
    ];
    const device = { kind: 'cpu', name: 'test', software: true } as const;
    const recording: Recording = { format: 1, lab: 'demo', version: 1, config: {}, device, recorded: '', duration: 9, events };
    const { story, pictures } = splitRecording(writeRecording(recording));
    expect(readRecording(story, pictures)).toEqual(recording);
    const data = readRecording(story).events.map(([, event]) => (event as { data: ArrayLike<number> }).data);
    expect(data).toEqual([few, new Float32Array(900), new Uint8Array(2500)]);
    expect(splitRecording(story)).toEqual({ story, pictures: '[]' });
  });

  it('show what they have until their pictures come, and then that again with them', () => {
    const told: (LabEvent[] | 'reset')[] = [];
    const of = (value: number): Recording => ({
      ...{ format: 1, lab: 'demo', version: 1, config: {}, recorded: '', duration: 9 },
      device: { kind: 'cpu', name: 'test', software: true },
      events: [
        [0, { type: 'step', step: 1 }],
        [5, { type: 'tensor', name: 'a', shape: [1], data: Float32Array.of(value) }],
      ],
    });
    const player = new Player(of(0), {
      events: (events) => told.push([...events]),
      state: () => {},
      reset: () => told.push('reset'),
    });
    player.showEnd();
    player.complete(of(3));
    expect(told).toEqual([of(0).events.map(([, event]) => event), 'reset', of(3).events.map(([, event]) => event)]);
    expect(player.state).toBe('finished');
  });

  it('refuse other files', () => {
    expect(() => readRecording('{"format":2,"events":[]}')).toThrow('no recording of format 1');
    expect(() => readRecording('[{"$array":"Evil","data":""}]')).toThrow('Evil');
  });

  it('thin long curves but keep their ends, and leave checkpoints out', async () => {
    const recording = await record(1000);
    const types = recording.events.map(([, event]) => event.type);
    expect(types).not.toContain('checkpoint');
    const metrics = recording.events.flatMap(([, event]) => (event.type === 'metric' ? [event.x] : []));
    expect(metrics.length).toBeGreaterThan(45);
    expect(metrics.length).toBeLessThanOrEqual(52);
    expect([metrics[0], metrics.at(-1)]).toEqual([1, 1000]);
    expect(types.at(-1)).toBe('result');
  });

  it('keep the last picture of a name', () => {
    const recorder = new Recorder(1e9);
    for (let i = 1; i <= 5; i++) recorder.add({ type: 'data', name: 'd', value: i });
    const { events } = recorder.finish({ lab: 'x', version: 1, config: {}, device: { kind: 'cpu', name: '', software: true } });
    expect(events.map(([, event]) => event)).toEqual([{ type: 'data', name: 'd', value: 5 }]);
  });
});

describe('Player', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const recording = (): Recording => {
    const events: [number, LabEvent][] = [];
    for (let step = 1; step <= 30; step++) {
      events.push([step * 1000, { type: 'metric', series: 'loss', x: step, y: 1 / step }]);
      events.push([step * 1000, { type: 'step', step, total: 30 }]);
    }
    events.push([30_000, { type: 'result', value: 'done' }]);
    const device = { kind: 'webgpu', name: 'A', software: false } as const;
    return { format: 1, lab: 'demo', version: 1, config: {}, device, recorded: '', duration: 30_000, events };
  };

  function open() {
    let store = new RunStore();
    const states: StateReport[] = [];
    const player = new Player(recording(), {
      events: (e) => store.apply(e),
      state: (s) => states.push(s),
      reset: () => {
        store = new RunStore();
      },
    });
    return {
      player,
      states,
      get store() {
        return store;
      },
    };
  }

  it('plays a long run in fifteen seconds', () => {
    const shown = open();
    const { player } = shown;
    player.play();
    vi.advanceTimersByTime(7_500);
    expect(shown.store.step?.step).toBeGreaterThanOrEqual(14);
    expect(shown.store.step?.step).toBeLessThanOrEqual(15);
    vi.advanceTimersByTime(8_000);
    expect(player.state).toBe('finished');
    expect(shown.store.result).toBe('done');
  });

  it('pauses, steps and goes on', () => {
    const shown = open();
    const { player, states } = shown;
    player.advance(3);
    expect(shown.store.step?.step).toBe(3);
    expect(player.state).toBe('paused');
    vi.advanceTimersByTime(60_000);
    expect(shown.store.step?.step).toBe(3);
    player.play();
    vi.advanceTimersByTime(1_100);
    expect(shown.store.step?.step).toBe(5);
    player.pause();
    vi.advanceTimersByTime(60_000);
    expect(shown.store.step?.step).toBe(5);
    expect(states.map((s) => s.state)).toEqual(['paused', 'running', 'paused']);
  });

  it('can show its end at once and then be played from the start', () => {
    const shown = open();
    const { player } = shown;
    player.showEnd();
    expect([player.state, shown.store.result, shown.store.series()[0]?.y.length]).toEqual(['finished', 'done', 30]);
    player.advance(1);
    expect(player.state).toBe('paused');
    expect(shown.store.step?.step).toBe(1);
    expect(shown.store.series()[0]?.x).toEqual([1]);
    expect(shown.store.result).toBeUndefined();
  });
});
