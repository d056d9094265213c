/** What a lab's element tells the page around it. */
import type { RunState } from '../runtime/runner.ts';

/** Detail of `chalk-change`: the reader changed the controls. */
export interface LabChange {
  /** Every parameter, as the controls say now. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Detail of `chalk-state`: the run (or recording) has started, paused, gone on, finished or failed. */
export interface LabStateChange {
  readonly state: RunState;
  /** Steps done. */
  readonly step: number;
  /** True where it is the recording that plays. */
  readonly recorded: boolean;
  /** Every parameter, as the run is made with them, live changes included. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What the run found, JSON-compatible; absent before its end. */
  readonly result?: unknown;
  /** Why it failed; absent where it has not. */
  readonly error?: { readonly name: string; readonly message: string };
}

declare global {
  interface HTMLElementEventMap {
    'chalk-change': CustomEvent<LabChange>;
    'chalk-state': CustomEvent<LabStateChange>;
  }
}
