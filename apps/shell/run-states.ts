/** Small facts about runs that their controller goes by. */
import type { LabEvent } from '../runtime/events.ts';
import type { RunState, StateReport } from '../runtime/runner.ts';
import type { MadeRun } from './run-host.ts';

export type Config = Readonly<Record<string, unknown>>;

/** A run on the screen: whether it was recorded, what it is made of, and the settings of its answers. */
export interface Shown {
  readonly recorded: boolean;
  readonly made: MadeRun | undefined;
  readonly settings: Config | undefined;
}

/** Whether a figure may change with it. */
export const shows = ({ type }: LabEvent): boolean => type !== 'phase' && type !== 'status';

export const idle: StateReport = { state: 'idle', step: 0 };
export const over: readonly RunState[] = ['finished', 'failed', 'idle'];
