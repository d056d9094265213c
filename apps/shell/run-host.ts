/** What a run on a page is made of, and what it needs of the element around it. */
import type { LabEvent } from '../runtime/events.ts';
import type { DevicePreference, GivenFiles, TuneMode } from '../runtime/experiment.ts';
import type { Hosting } from '../runtime/open-port.ts';
import type { Change, StateReport } from '../runtime/runner.ts';

export interface Banner {
  /** A newer banner of the same id replaces it. */
  readonly id: string;
  readonly kind: 'error' | 'warning' | 'note';
  readonly heading: string;
  readonly message: string;
}

/** What the element tells its run. */
export interface RunHost {
  readonly hosting: Hosting;
  readonly devicePreference: DevicePreference;
  readonly tune: TuneMode;
  readonly dataUrl: string;
  /** Text of the lab's recording; undefined where there is none. */
  loadRecording(): Promise<string | undefined>;
  /** The recording's pictures, where they are a file of their own; else undefined. */
  loadPictures?(): Promise<string> | undefined;
  /** What was shown of a run before belongs to the past. */
  runStarted(): void;
  /** Something to show has changed. */
  runChanged(): void;
  /** Every event as it comes, for what the store does not hold. */
  runEvents(events: readonly LabEvent[]): void;
  runStateChanged(report: StateReport): void;
}

type Config = Readonly<Record<string, unknown>>;

/** What is wanted of the run. @property patient it waits for the floor instead of taking it */
export type Wish = ({ readonly play: true } | { readonly advance: number }) & { readonly patient?: boolean };

/** What a run is made of: enough to repeat it. */
export interface RunStart<Values = Config> {
  readonly config: Values;
  readonly checkpoint?: Uint8Array | undefined;
  readonly files?: GivenFiles | undefined;
}

export interface MadeRun<Values = Config> extends RunStart<Values> {
  /** Live changes on the way. */
  readonly changes: readonly Change[];
}
