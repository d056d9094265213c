/** Labs of one thread on one device and on several. */
import { expect, it } from 'vitest';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import type { Experiment } from '../../../apps/runtime/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { add } from '../../../engine/ops/index.ts';
import { getDevice, tensor } from '../../../engine/tensor.ts';
import { definition, type schema } from './demo-experiment.ts';

/** Adds 1 in each step, and waits for the device in its midst: other labs go on meanwhile. */
const counting: Experiment<typeof schema, { result: number }> = {
  ...definition,
  async *run({ steps }) {
    let total = tensor([0]);
    for (let step = 1; step <= steps; step++) {
      total = add(total, tensor([0.5]));
      await total.data();
      total = add(total, tensor([0.5]));
      yield { type: 'step', step, total: steps };
    }
    return (await total.data())[0] as number;
  },
};
const environment = { data: { read: async () => undefined }, open: openEngine };

it('runs at the same time on two devices, each on its own', async () => {
  const kinds = ['wasm', 'cpu'] as const;
  const runs = await Promise.all(kinds.map((device) => runInNode(counting, { environment, device, config: { steps: 20 } })));
  expect(runs.map(({ result }) => result)).toEqual([20, 20]);
  expect(runs.map(({ device }) => device.kind)).toEqual(kinds);
  // Only one that compiles has variants: each run tells of its own device.
  const [wasm, cpu] = await Promise.all(runs.map(({ runner }) => runner.request('kernels', undefined)));
  expect(wasm).toContainEqual(expect.objectContaining({ kernel: 'add', files: [expect.stringContaining('.wgsl')] }));
  expect(cpu).toContainEqual(expect.objectContaining({ kernel: 'add', files: [] }));
  for (const { runner } of runs) await runner.stop();
});

it('labs that start together share one device, also after another one was opened', async () => {
  const [one, other] = await Promise.all([openEngine('cpu', 'stored'), openEngine('cpu', 'stored')]);
  await openEngine('wasm');
  const again = await openEngine('cpu', 'stored');
  const devices: RecordingDevice[] = [];
  for (const { compute } of [one, other, again]) devices.push((await compute?.(getDevice)) as RecordingDevice);
  expect(new Set(devices).size).toBe(1);
});

it('work on one device goes on side by side; a failure lets the next one begin', async () => {
  const [cpu, wasm] = [await openEngine('cpu'), await openEngine('wasm')];
  const told: string[] = [];
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const work = (name: string, wait: Promise<void>) => async () => {
    told.push(name);
    await wait;
    told.push(`${name} over`);
    if (name === 'first') throw new RangeError('of the first');
    return getDevice().info.kind;
  };
  const first = cpu.compute?.(work('first', gate));
  const beside = cpu.compute?.(work('beside', Promise.resolve()));
  const waiting = wasm.compute?.(work('other device', Promise.resolve()));
  expect(await beside).toBe('cpu');
  expect(told).toEqual(['first', 'beside', 'beside over']);
  go();
  await expect(first).rejects.toThrow('of the first');
  expect(await waiting).toBe('wasm');
});

it('two runs come back after their device was lost', async () => {
  let lost = 0;
  const run = () =>
    runInNode(counting, {
      environment,
      device: 'wasm',
      config: { steps: 20 },
      log: () => {
        lost += 1;
      },
      onEvent(event) {
        if (event.type === 'step' && event.step === 5 && lost === 0) getDevice().destroy();
      },
    });
  const runs = await Promise.all([run(), run()]);
  expect(lost).toBe(2);
  expect(runs.map(({ result }) => result)).toEqual([20, 20]);
  for (const { runner } of runs) await runner.stop();
});
