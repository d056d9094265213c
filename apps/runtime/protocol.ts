/** The messages between a page (client) and the host of an experiment (worker, or the main thread as fallback). */
import type { LabEvent } from './events.ts';
import type { DevicePreference, GivenFiles, TuneMode } from './experiment.ts';
import type { Change, LostNotice, StateReport } from './runner.ts';
import type { SerializedError } from './serialize-error.ts';

export interface StartMessage {
  readonly type: 'start';
  /** Number of the run; messages of an older one are dropped by the client. */
  readonly run: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** Steps to take at once; Infinity plays. */
  readonly wanted?: number | undefined;
  readonly device: DevicePreference;
  readonly tune?: TuneMode | undefined;
  /** Absolute address of the site's data folder. */
  readonly dataUrl: string;
  readonly checkpoint?: Uint8Array | undefined;
  readonly files?: GivenFiles | undefined;
}

export type ToHost =
  | StartMessage
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'seen'; readonly seen: boolean }
  | { readonly type: 'advance'; readonly count: number }
  | { readonly type: 'speed'; readonly stepsPerSecond: number }
  | { readonly type: 'update'; readonly config: Readonly<Record<string, unknown>> }
  | { readonly type: 'request'; readonly id: number; readonly name: string; readonly payload: unknown }
  | { readonly type: 'stop' }
  | { readonly type: 'lose-device' }
  /** The lab has left its page: its run ends, and nothing is told any more. */
  | { readonly type: 'close' }
  | { readonly type: 'ack' };

export type ToClient =
  | { readonly type: 'ready' }
  /** The experiment could not be loaded there. */
  | { readonly type: 'unavailable'; readonly error: SerializedError }
  | { readonly type: 'events'; readonly run: number; readonly events: readonly LabEvent[] }
  | { readonly type: 'state'; readonly run: number; readonly report: StateReport }
  | { readonly type: 'serves'; readonly run: number; readonly name: string }
  | { readonly type: 'changed'; readonly run: number; readonly change: Change; readonly ended: boolean }
  | { readonly type: 'lost'; readonly run: number; readonly notice: LostNotice }
  | { readonly type: 'log'; readonly message: string }
  | { readonly type: 'reply'; readonly id: number; readonly value?: unknown; readonly error?: SerializedError };

/** What Worker, MessagePort and a worker's own scope have in common. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  close?(): void;
}
