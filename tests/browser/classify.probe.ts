/** What classify.test.ts runs in the page: the classify lab's experiment as it is, without its page. */
import { type ClassifyResult, experiment } from '../../apps/labs/classify/experiment.ts';
import type { Config } from '../../apps/labs/classify/networks.ts';
import { browserEnvironment } from '../../apps/runtime/browser-environment.ts';
import { runInNode } from '../../apps/runtime/node.ts';
import { siteRoot } from '../../apps/site-root.ts';

export interface Trained {
  readonly kind: string;
  readonly software: boolean;
  /** Loss of every step. */
  readonly losses: readonly number[];
  readonly test: ClassifyResult['test'] | null;
  readonly seconds: number;
}

/** The device that the page itself would take, or the software adapter. */
export type Choice = 'wasm' | 'webgpu';

async function train(
  device: Choice,
  preset: string,
  config: Partial<Config>,
  options: { readonly steps?: number; readonly checkpoint?: Uint8Array },
  onCheckpoint: (step: number, bytes: Uint8Array) => void = () => undefined,
): Promise<Trained> {
  const losses: number[] = [];
  const {
    device: used,
    result,
    seconds,
    runner,
  } = await runInNode(experiment, {
    environment: browserEnvironment(new URL('data/packs/', siteRoot).href),
    device,
    preset,
    config,
    ...options,
    onEvent(event) {
      if (event.type === 'metric' && event.series === 'training' && event.chart === undefined) losses.push(event.y);
      if (event.type === 'checkpoint') onCheckpoint(event.step, event.bytes.slice());
    },
  });
  await runner.stop();
  return { kind: used.kind, software: used.software, losses, test: result?.test ?? null, seconds };
}

export const trained = (device: Choice, preset: string, config: Partial<Config>, steps?: number): Promise<Trained> =>
  train(device, preset, config, steps === undefined ? {} : { steps });

/** A whole run, and one that goes on from the checkpoint it left at `step`. */
export async function resumed(device: Choice, config: Partial<Config>, step: number): Promise<{ whole: Trained; rest: Trained }> {
  let checkpoint: Uint8Array | undefined;
  const whole = await train(device, 'quick', config, {}, (at, bytes) => {
    if (at === step) checkpoint = bytes;
  });
  if (!checkpoint) throw new Error(`no checkpoint at step ${step}`);
  return { whole, rest: await train(device, 'quick', config, { checkpoint }) };
}
