/** A run that goes on from a checkpoint ends as one that was never interrupted: to the bit, in every lab that trains, on every device that compiles. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiments } from '../../../apps/labs/experiments.ts';
import type { TsneResult } from '../../../apps/labs/tsne/experiment.ts';
import type { Environment, OpenDevice } from '../../../apps/runtime/environment.ts';
import type { CheckpointEvent, LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import { settingsOfCheckpoint } from '../../../apps/shell/settings-of-checkpoint.ts';
import { openDevice } from '../../../engine/device/init.ts';
import { NoWebGPUError } from '../../../engine/errors.ts';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { readBundle } from '../../../engine/train/bundle.ts';
import { networkFrom, readCheckpoint } from '../../../engine/train/checkpoint.ts';

const packs = join(dataFolder, 'packs');
/** Where there is no adapter the processor is still tested; CI installs a software adapter and asks for it by name. */
const adapter = await openDevice('webgpu').then(
  (device) => device.destroy() ?? true,
  (error: unknown) => {
    if (!(error instanceof NoWebGPUError) || process.env.CI) throw error;
    return false;
  },
);
const devices = adapter ? (['wasm', 'webgpu'] as const) : (['wasm'] as const);

/**
 * Short runs with a checkpoint before their end, and a setting with which none of them may go on. A software adapter takes its time: what
 * `webgpu` has instead makes as many steps with less in each.
 */
const labs = {
  regression: {
    config: { steps: 600, evalEvery: 50, units: 4, samples: 4, patience: 3 },
    webgpu: { steps: 60, evalEvery: 10, samples: 2 },
    other: { units: 5 },
  },
  classify: {
    config: {
      ...{ network: 'skip-mlp', depth: 1, units: 6, images: 160, validationImages: 40, testImages: 40, batch: 16, epochs: 2 },
      ...{ optimiser: 'adamw', decay: 0.01, schedule: 'cosine', evaluations: 2 },
    },
    webgpu: {},
    other: { units: 7 },
  },
  'failure-modes': {
    config: { images: 700, testImages: 200, epochs: 2, batch: 16, nodes: 2 },
    webgpu: { images: 500, batch: 32 },
    other: { batch: 20 },
  },
  denoise: {
    config: { images: 420, testImages: 64, maps: 2, depth: 2, batch: 4, epochs: 1, strips: 1000 },
    webgpu: { training: 'MNIST', images: 64 },
    other: { maps: 3 },
  },
} as const;

const untimed = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, v: unknown) => (key === 'seconds' ? undefined : v)));

type Device = (typeof devices)[number];

/** Runs a lab, and keeps what it told. @param lose after which event the device is lost, the first time */
async function run(
  id: string,
  device: Device,
  config: object,
  checkpoint?: Uint8Array,
  lose: (event: LabEvent) => boolean = () => false,
) {
  const experiment = await experiments.get(id)?.();
  if (!experiment) throw new Error('no experiment');
  const events: LabEvent[] = [];
  const environment = nodeEnvironment(packs);
  let opened: OpenDevice | undefined;
  const open: Environment['open'] = async (...asked) => {
    opened = await environment.open(...asked);
    return opened;
  };
  let lost = false;
  const done = await runInNode(experiment, {
    environment: { ...environment, open },
    device,
    config: config as Record<string, unknown>,
    ...(checkpoint ? { checkpoint } : {}),
    onEvent(event) {
      events.push(structuredClone(event));
      if (lost || !lose(event)) return;
      lost = true;
      opened?.lose?.();
    },
  });
  await done.runner.stop();
  const checkpoints = events.filter((event): event is CheckpointEvent => event.type === 'checkpoint');
  const steps = events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
  expect(done.device.kind).toBe(device);
  return { result: untimed(done.result), events, checkpoints, steps, last: Buffer.from(checkpoints.at(-1)?.bytes ?? []) };
}

const mnist = existsSync(join(packs, 'mnist-train.pack'));
const cases = devices.flatMap((device) =>
  Object.entries(labs).map(([id, { config, webgpu, other }]) => {
    const of: object = device === 'webgpu' ? { ...config, ...webgpu } : config;
    return [id, device, of, Object.keys(other)[0] as string, { ...of, ...other }] as const;
  }),
);

describe.each(cases)('%s on %s', (id, device, config, setting, other) => {
  it.skipIf(id !== 'regression' && !mnist)(
    'goes on from a checkpoint as if it had not been interrupted',
    async () => {
      const whole = await run(id, device, config);
      const early = whole.checkpoints.find(({ step }) => step < Math.max(...whole.steps));
      if (!early) throw new Error('no checkpoint before the end');
      expect(settingsOfCheckpoint(early.bytes, id)).toMatchObject(config);
      const second = await run(id, device, config, early.bytes);
      expect(Math.min(...second.steps)).toBe(early.step + 1);
      expect(second.result).toEqual(whole.result);
      // The weights too: the last files are the same bytes.
      expect(second.last.equals(whole.last)).toBe(true);
      if (device !== 'wasm') return;

      // From its end it is evaluated again, and no step is taken.
      const ended = await run(id, device, config, whole.last);
      expect(ended.steps).toEqual([]);
      expect(ended.result).toEqual(whole.result);

      const differs = id === 'classify' ? 'network' : setting;
      await expect(run(id, device, other, early.bytes)).rejects.toThrow(new RegExp(`${differs}: this run has`));
      await expect(run(id, device, config, new Uint8Array(64))).rejects.toThrow();
      if (id === 'regression' || id === 'classify') return;
      // Each network opens by itself; the file as a whole says that it holds several.
      for (const part of readBundle(early.bytes).parts.values()) networkFrom(part).dispose();
      expect(() => readCheckpoint(early.bytes)).toThrow(/holds several/);
    },
    120_000,
  );
});

describe.skipIf(!mnist)('t-SNE', () => {
  async function compared(device: Device, config: object) {
    const whole = await run('tsne', device, config);
    const early = whole.checkpoints.at(-2);
    if (!early) throw new Error('no checkpoint before the end');
    const second = await run('tsne', device, config, early.bytes);
    expect(Math.min(...second.steps)).toBe(early.step + 10);
    expect(second.result).toEqual(whole.result);
    expect(second.last.equals(whole.last)).toBe(true);
  }

  it.each(devices)('on %s goes on as if it had not been interrupted, the network trained anew', async (device) => {
    await compared(device, { count: 60, iterations: 230, perplexity: 6, layer: 'hidden', trainCount: 500, epochs: 1 });
  });

  it('ends where it would have ended, also when the device is lost on the way or over the last look', async () => {
    const config = { count: 60, iterations: 260, perplexity: 6 };
    const whole = await run('tsne', 'wasm', config);
    const looking = await run('tsne', 'wasm', config, undefined, (event) => event.type === 'phase' && event.name === 'evaluate');
    expect(looking.result).toEqual(whole.result);
    // Maps that are moved on from their end take 300 iterations more; a checkpoint on that way knows it.
    const more = await run('tsne', 'wasm', config, whole.last);
    expect(more.steps.at(-1)).toBe(560);
    expect(more.checkpoints.map(({ step }) => step)).toEqual([400, 560]);
    const late = await run('tsne', 'wasm', config, whole.last, (event) => event.type === 'step' && event.step === 450);
    expect(late.result).toEqual(more.result);
  });

  it('remembers how far each map has come, and stops where it would have stopped', async () => {
    const config = { count: 60, iterations: 600, perplexity: 6 };
    const whole = await run('tsne', 'wasm', config);
    const early = whole.checkpoints.find(({ step }) => step === 400);
    const { tensors, metadata } = readSafetensors(early?.bytes ?? new Uint8Array());
    // Progress counts from the end of the exaggeration, at 250.
    const divergences = whole.events.flatMap((event) =>
      event.type === 'metric' && event.chart === 'divergence' && event.x >= 250 && event.x <= 400 ? [event] : [],
    );
    const best = divergences.reduce((least, event) => (event.y < least.y ? event : least));
    expect(metadata.progress).toBe(`${best.y} ${best.x}`);
    // Had the map been better than it can get, at iteration 120, there would be none for 300 iterations when it is next looked at.
    const stuck = writeSafetensors(tensors, { ...metadata, progress: '0 120' });
    const { result, steps } = await run('tsne', 'wasm', config, stuck);
    expect([steps.at(-1), (result as TsneResult).stopped]).toEqual([450, 'no progress for 300 iterations']);
  });
});
