import { afterAll, describe, expect, test } from 'vitest';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { DeviceLostError, NonFiniteError } from '../../../engine/errors.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { setDevice } from '../../../engine/tensor.ts';
import { stopEarly } from '../../../engine/train/callbacks.ts';
import type { TrainerEvent } from '../../../engine/train/events.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import type { TrainerCallback, TrainerConfig } from '../../../engine/train/types.ts';
import { blobs, devices, freshDevice, small } from './setup.ts';

const opened = await devices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const data = blobs(90);
const validation = blobs(40, 2);

function trainer(device: RecordingDevice, config: Partial<TrainerConfig> = {}): Trainer {
  setDevice(device);
  const network = config.network ?? buildNetwork(small, { inputShape: data.inputShape, rng: 7, dropoutSeed: 3, device });
  const optimiser = { type: 'adam', lr: 0.01 } as const;
  const defaults: TrainerConfig = { network, data, loss: 'crossEntropy', optimiser, batchSize: 16, seed: 5 };
  const timing = config.steps === undefined && config.epochs === undefined ? { epochs: 2 } : {};
  return new Trainer({ ...defaults, ...timing, ...config });
}

async function all(run: AsyncIterable<TrainerEvent>): Promise<TrainerEvent[]> {
  const events: TrainerEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

const losses = (events: readonly TrainerEvent[]) => events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

async function bits(trainer: Trainer): Promise<string> {
  const state = await trainer.network.stateDict();
  return [...state]
    .map(([name, { data: values }]) => `${name} ${[...new Uint32Array(values.buffer.slice(0))].join(' ')}`)
    .join('\n');
}

describe.each(opened)('trainer on %s', (choice, device) => {
  test('learns, tells each step in order and ends', async () => {
    const run = trainer(device, { epochs: 6, validation });
    const events = await all(run.run());
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 36 }, (_, i) => i + 1));
    expect(steps.map(({ epoch }) => epoch).slice(0, 7)).toEqual([1, 1, 1, 1, 1, 1, 2]);
    expect(steps[0]).toMatchObject({ total: 36, lr: 0.01 });
    const epochs = events.filter((event) => event.type === 'epoch');
    expect(epochs).toHaveLength(6);
    const first = epochs[0];
    const counted = losses(events).slice(0, 6);
    const sizes = [16, 16, 16, 16, 16, 10];
    expect(first?.loss).toBeCloseTo(counted.reduce((sum, loss, i) => sum + loss * (sizes[i] as number), 0) / 90, 6);
    expect(epochs.at(-1)?.validation?.accuracy).toBeGreaterThan(0.9);
    expect(events.at(-1)).toEqual({ type: 'done', step: 36, epoch: 6, reason: 'finished' });
    run.dispose();
  });

  test('recorded and eager steps give the same bits', async () => {
    const recorded = trainer(device);
    const eager = trainer(device, { mode: 'eager' });
    const [a, b] = [await all(recorded.run()), await all(eager.run())];
    expect(losses(a)).toEqual(losses(b));
    expect(recorded.recording?.dispatches).toBeGreaterThan(10);
    expect(eager.recording).toBeUndefined();
    expect(await bits(recorded)).toBe(await bits(eager));
    recorded.dispose();
    eager.dispose();
  });

  test('the same seed gives the same bits whatever the pace, another seed another order', async () => {
    const [one, two, three] = [
      trainer(device),
      trainer(device, { lossEvery: 5, snapshotEvery: 3 }),
      trainer(device, { seed: 6 }),
    ];
    const a = losses(await all(one.run()));
    const b: number[] = [];
    while (!two.finished) b.push(...losses(await two.advance()));
    expect(b).toEqual(a);
    expect(await bits(two)).toBe(await bits(one));
    expect(losses(await all(three.run()))).not.toEqual(a);
    for (const run of [one, two, three]) run.dispose();
  });

  test('leaving the loop pauses without losing an event', async () => {
    const whole = trainer(device, { validation });
    const expected = (await all(whole.run())).filter(({ type }) => type !== 'phase');
    const parts = trainer(device, { validation, lossEvery: 4 });
    const got: TrainerEvent[] = [];
    while (got.at(-1)?.type !== 'done') {
      for await (const event of parts.run()) {
        if (event.type === 'phase') continue;
        got.push(event);
        break;
      }
    }
    const comparable = (events: readonly TrainerEvent[]) =>
      events.map((event) => (event.type === 'epoch' ? { ...event, seconds: 0 } : event));
    expect(comparable(got)).toEqual(comparable(expected));
    whole.dispose();
    parts.dispose();
  });

  test('a checkpoint goes on as if nothing had happened', async () => {
    const whole = trainer(device, { epochs: 3, validation, callbacks: [stopEarly({ patience: 20 })] });
    const expected = losses(await all(whole.run()));
    const before = trainer(device, { epochs: 3, validation, callbacks: [stopEarly({ patience: 20 })] });
    const first = losses(await before.advance(8));
    const bytes = await before.checkpoint();
    const after = trainer(device, { epochs: 3, validation, callbacks: [stopEarly({ patience: 20 })] });
    after.network.initialise(99);
    after.load(bytes);
    const rest = await all(after.run());
    expect([...first, ...losses(rest)]).toEqual(expected);
    expect(await bits(after)).toBe(await bits(whole));
    expect(await after.checkpoint()).toEqual(await whole.checkpoint());
    for (const run of [whole, before, after]) run.dispose();
  });

  test('memory is constant from the tenth of a thousand steps on', async () => {
    // On a device of its own, where nobody else's tensors are collected meanwhile.
    const own = await freshDevice(choice);
    const tiny: NetworkDefinition = [{ type: 'flatten' }, { type: 'dropout', p: 0.1 }, { type: 'linear', in: 72, out: 3 }];
    const network = buildNetwork(tiny, { inputShape: data.inputShape, rng: 1, device: own });
    const run = trainer(own, { network, steps: 1000, snapshotEvery: 90 });
    await run.advance(10);
    const { bytes, buffers } = own.memory();
    await run.advance(990);
    expect(run.finished).toBe(true);
    expect(own.memory()).toMatchObject({ bytes, buffers });
    run.dispose();
    own.destroy();
  });

  test('a loss that is not finite names the layer and leaves a good state', async () => {
    let seen: number[] = [];
    const watching: TrainerCallback = {
      name: 'watching',
      onEvent(event) {
        if (event.type === 'step') seen.push(event.step);
        return undefined;
      },
      state: () => ({ json: seen }),
      restore({ json }) {
        seen = json as number[];
      },
    };
    const run = trainer(device, { optimiser: { type: 'sgd', lr: 1e30 }, epochs: 4, snapshotEvery: 2, callbacks: [watching] });
    const failure = await all(run.run()).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(NonFiniteError);
    expect((failure as NonFiniteError).layer).toMatch(/^\d+(\.weight|\.bias| \(\w+\))$/);
    // Callbacks go back with the weights: what happens from here on is told once more.
    expect(seen).toEqual(Array.from({ length: run.progress.step }, (_, i) => i + 1));
    run.lr = 0.01;
    const state = await run.network.stateDict();
    for (const { data: values } of state.values()) expect(values.every(Number.isFinite)).toBe(true);
    run.dispose();
  });

  test('survives a lost device', async () => {
    const whole = trainer(device);
    const expected = await all(whole.run());
    const doomed = await freshDevice(choice);
    const run = trainer(doomed, { snapshotEvery: 3 });
    await run.advance(7);
    doomed.destroy();
    await expect(all(run.run())).rejects.toBeInstanceOf(DeviceLostError);
    setDevice(device);
    run.resume(device);
    expect(run.progress.step).toBe(6);
    expect(losses(await all(run.run()))).toEqual(losses(expected).slice(6));
    expect(await bits(run)).toBe(await bits(whole));
    whole.dispose();
    run.dispose();
  });

  test('early stopping does not count an evaluation twice after a lost device', async () => {
    const stopping = () => stopEarly({ patience: 2 });
    const [expected, callback] = [stopping(), stopping()];
    const linear: NetworkDefinition = [{ type: 'flatten' }, { type: 'linear', in: 72, out: 3 }];
    const make = (on: RecordingDevice, stop: ReturnType<typeof stopping>) => {
      const network = buildNetwork(linear, { inputShape: data.inputShape, rng: 1, device: on });
      return trainer(on, { network, epochs: 4, validation, callbacks: [stop] });
    };
    const whole = make(device, expected);
    const last = (await all(whole.run())).at(-1);
    const doomed = await freshDevice(choice);
    const run = make(doomed, callback);
    await run.advance(13);
    doomed.destroy();
    setDevice(device);
    run.resume(device);
    expect(callback.watcher.state).toEqual({ best: null, waited: 0 });
    expect((await all(run.run())).at(-1)).toEqual(last);
    expect(callback.watcher.state).toEqual(expected.watcher.state);
    whole.dispose();
    run.dispose();
  });

  /** Stops at the second epoch, where a snapshot is due too. */
  const ending = (): Partial<TrainerConfig> => {
    let calls = 0;
    const metric = () => ++calls;
    return { epochs: 5, validation, snapshotEvery: 6, checkpointEvery: 6, callbacks: [stopEarly({ patience: 1, metric })] };
  };
  const untimed = (events: readonly TrainerEvent[]) =>
    events.flatMap((event) => (event.type === 'phase' ? [] : [event.type === 'epoch' ? { ...event, seconds: 0 } : event]));

  test('a run that was told to stop where a snapshot is due ends there, also after a lost device', async () => {
    const whole = trainer(device, ending());
    const expected = untimed(await all(whole.run()));
    expect(expected.at(-1)).toEqual({ type: 'done', step: 12, epoch: 2, reason: 'early stopping' });
    const doomed = await freshDevice(choice);
    const run = trainer(doomed, ending());
    const told: TrainerEvent[] = [];
    for await (const event of run.run()) {
      told.push(event);
      // The snapshot is taken, the checkpoint of the same step not told yet.
      if (event.type === 'epoch' && event.epoch === 2) break;
    }
    doomed.destroy();
    setDevice(device);
    run.resume(device);
    expect(run.finished).toBe(true);
    told.push(...(await all(run.run())));
    expect(untimed(told)).toEqual(expected);
    expect(await bits(run)).toBe(await bits(whole));
    whole.dispose();
    run.dispose();
  });

  test('a device that is lost over a checkpoint takes no event with it', async () => {
    const whole = trainer(device, ending());
    const expected = untimed(await all(whole.run()));
    const doomed = await freshDevice(choice);
    const run = trainer(doomed, ending());
    const checkpoint = run.checkpoint.bind(run);
    run.checkpoint = () => {
      if (run.progress.step === 12) doomed.destroy();
      return checkpoint();
    };
    const told: TrainerEvent[] = [];
    const lost = (async () => {
      for await (const event of run.run()) told.push(event);
    })();
    await expect(lost).rejects.toBeInstanceOf(DeviceLostError);
    run.checkpoint = checkpoint;
    setDevice(device);
    run.resume(device);
    // Steps after the snapshot are told again.
    const { step } = run.progress;
    const again = untimed(await all(run.run()));
    const before = untimed(told).filter((event) => event.step <= step);
    expect([...before, ...again]).toEqual(expected);
    whole.dispose();
    run.dispose();
  });

  test('a checkpoint of a run that its callback has ended ends at once; without the callback it goes on', async () => {
    const whole = trainer(device, ending());
    const events = await all(whole.run());
    const bytes = events.findLast((event) => event.type === 'checkpoint')?.bytes as Uint8Array;
    const after = trainer(device, ending());
    after.load(bytes);
    expect(untimed(await all(after.run()))).toEqual([events.at(-1)]);
    expect(await bits(after)).toBe(await bits(whole));
    const longer = trainer(device, { ...ending(), callbacks: [] });
    longer.load(bytes);
    expect(longer.finished).toBe(false);
    for (const run of [whole, after, longer]) run.dispose();
  });

  test('early stopping ends the run and goes back to the best weights', async () => {
    const callback = stopEarly({ patience: 2, minDelta: 0.05 });
    const run = trainer(device, { steps: 400, optimiser: { type: 'adam', lr: 0.05 }, validation, callbacks: [callback] });
    const events = await all(run.run());
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'early stopping' });
    const evaluations = events.flatMap((event) => (event.type === 'epoch' && event.validation ? [event.validation.loss] : []));
    expect(evaluations.length).toBeLessThan(60);
    const restored = await run.evaluate(validation);
    expect(restored.loss).toBeCloseTo(callback.watcher.state.best as number, 5);
    run.dispose();
  });
});
