/** What is said above a lab about its run, in words. */
import type { DeviceInfo } from '../runtime/experiment.ts';
import type { LostNotice } from '../runtime/runner.ts';
import type { Banner } from './run-host.ts';

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const noRecording = (what: string, error: unknown): Banner => ({
  ...{ id: 'recording', kind: 'note', heading: `${what}:`, message: messageOf(error) },
});

const floor = (heading: string, message: string): Banner => ({ id: 'floor', kind: 'note', heading, message });
export const pausedByOther: Banner = floor('Paused:', 'another lab on this page runs now. Resume pauses that one.');
export const waitsForOther: Banner = floor(
  'Waiting:',
  'another lab on this page runs. This one goes on after it; Run pauses that one.',
);

/** Where a policy of the page refuses WebAssembly: what it would have to allow. */
export function slowDevice(device: DeviceInfo | undefined): Banner | undefined {
  const refused = device?.passedOver?.find((why) => why.includes('wasm-unsafe-eval'));
  if (refused === undefined) return undefined;
  const message = `${refused} The plain TypeScript loops compute instead, which is slow.`;
  return { id: 'device', kind: 'note', heading: 'Slow here:', message };
}

export function deviceLost({ reason, resumedFrom }: LostNotice): Banner {
  const from = resumedFrom === undefined ? 'The run starts anew.' : `The run goes on from its checkpoint at step ${resumedFrom}.`;
  return { id: 'lost', kind: 'warning', heading: 'The GPU device was lost.', message: `${reason}. ${from}` };
}
