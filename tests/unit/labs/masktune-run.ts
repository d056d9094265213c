/** MaskTune on a few real digits, in a second or two. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiment, type MaskTuneResult, type MaskTuning } from '../../../apps/labs/masktune/experiment.ts';
import type { Config } from '../../../apps/labs/masktune/studio.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { Change } from '../../../apps/runtime/runner.ts';
import { RunStore } from '../../../apps/runtime/store.ts';

const packs = join(dataFolder, 'packs');
export const mnist = existsSync(join(packs, 'mnist-train.pack'));
/** Five batches an epoch. */
export const tiny = { images: 500, testImages: 200, width: 4, epochs: 1, batch: 100, tuneRate: 3e-3 } as const;

/** Runs the lab; its runner still answers, until it is stopped. */
export async function runTiny(
  config: Partial<Config>,
  more: { readonly changes?: readonly Change[]; readonly checkpoint?: Uint8Array } = {},
) {
  const events: LabEvent[] = [];
  const { result, runner } = await runInNode(experiment, {
    environment: nodeEnvironment(packs),
    device: 'wasm',
    preset: 'quick',
    config: { ...tiny, ...config },
    ...more,
    onEvent: (event) => events.push(structuredClone(event)),
  });
  const store = new RunStore<MaskTuning>();
  store.apply(events);
  return { result: result as MaskTuneResult, events, store, runner };
}
