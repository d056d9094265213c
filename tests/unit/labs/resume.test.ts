/** A run that goes on from a checkpoint ends as one that was never interrupted: to the bit, in every lab that trains. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiments } from '../../../apps/labs/experiments.ts';
import { settingsOfCheckpoint } from '../../../apps/runtime/checkpoint-settings.ts';
import type { CheckpointEvent, LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import { readBundle } from '../../../engine/train/bundle.ts';
import { networkFrom, readCheckpoint } from '../../../engine/train/checkpoint.ts';

const packs = join(dataFolder, 'packs');

/** Short runs with a checkpoint before their end, and a setting with which none of them may go on. */
const labs = {
  regression: { config: { steps: 600, evalEvery: 50, units: 4, samples: 4, patience: 3 }, other: { units: 5 } },
  'failure-modes': { config: { images: 2048, testImages: 200, epochs: 1, batch: 8, nodes: 2 }, other: { batch: 16 } },
  denoise: { config: { images: 420, testImages: 64, maps: 2, depth: 2, batch: 4, epochs: 1, strips: 1000 }, other: { maps: 3 } },
} as const;

const untimed = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, v: unknown) => (key === 'seconds' ? undefined : v)));

describe.each(Object.entries(labs))('%s', (id, { config, other }) => {
  const runnable = id === 'regression' || existsSync(join(packs, 'mnist-train.pack'));
  it.skipIf(!runnable)(
    'goes on from a checkpoint as if it had not been interrupted',
    async () => {
      const experiment = await experiments.get(id)?.();
      if (!experiment) throw new Error('no experiment');
      const run = async (checkpoint?: Uint8Array, values: object = {}) => {
        const events: LabEvent[] = [];
        const done = await runInNode(experiment, {
          environment: nodeEnvironment(packs),
          device: 'wasm',
          config: { ...config, ...values },
          ...(checkpoint ? { checkpoint } : {}),
          onEvent: (event) => events.push(structuredClone(event)),
        });
        await done.runner.stop();
        return { result: untimed(done.result), events };
      };
      const checkpoints = (events: readonly LabEvent[]) =>
        events.filter((event): event is CheckpointEvent => event.type === 'checkpoint');
      const steps = (events: readonly LabEvent[]) => events.flatMap((event) => (event.type === 'step' ? [event.step] : []));

      const whole = await run();
      const saved = checkpoints(whole.events);
      const early = saved.find(({ step }) => step < Math.max(...steps(whole.events)));
      if (!early) throw new Error('no checkpoint before the end');
      expect(settingsOfCheckpoint(early.bytes, id)).toMatchObject(config);
      const second = await run(early.bytes);
      expect(Math.min(...steps(second.events))).toBe(early.step + 1);
      expect(second.result).toEqual(whole.result);
      // The weights too: the last files are the same bytes.
      expect(Buffer.from(checkpoints(second.events).at(-1)?.bytes ?? []).equals(Buffer.from(saved.at(-1)?.bytes ?? []))).toBe(
        true,
      );

      // From its end it is evaluated again, and no step is taken.
      const ended = await run(saved.at(-1)?.bytes);
      expect(steps(ended.events)).toEqual([]);
      expect(ended.result).toEqual(whole.result);

      const setting = Object.keys(other)[0] as string;
      await expect(run(early.bytes, other)).rejects.toThrow(new RegExp(`${setting}: this run has`));
      await expect(run(new Uint8Array(64))).rejects.toThrow();
      if (id !== 'regression') {
        // Each network opens by itself; the file as a whole says that it holds several.
        for (const part of readBundle(early.bytes).parts.values()) networkFrom(part).dispose();
        expect(() => readCheckpoint(early.bytes)).toThrow(/holds several/);
      }
    },
    120_000,
  );
});
