/** The result file: everything that was measured, and everything one must know to judge it. */
import type { AdapterDescription, Group, KernelChoice } from '../cases/case.ts';
import type { ProcessorRoofline } from '../roofline/processor-controls.ts';
import type { RoofKernelName } from '../roofline/roof-kernels.ts';
import type { Roofline } from '../roofline/roofline.ts';
import type { Summary } from './statistics.ts';

export const FORMAT = 1;

export type Status = 'ok' | 'unsupported' | 'failed' | 'disagrees' | 'too slow' | 'incomparable';

export interface Timing {
  /** Executions per batch. */
  readonly executions: number;
  /** Seconds per execution, one value per batch, in order. */
  readonly samples: readonly number[];
  readonly seconds: Summary;
}

/** A timing, where `status` is `ok`. */
export interface ContenderResult extends Partial<Timing> {
  /** `library backend`, and ` · variant` in a ladder. */
  readonly id: string;
  readonly status: Status;
  /** Why there are no times. */
  readonly message?: string;
  /** Largest error against the reference, relative to the largest magnitude; absent where nothing could be compared. */
  readonly error?: number;
  /** Of a training step: how many losses were compared. Absent in results of the time when it was always `CHECKED_STEPS`. */
  readonly checkedSteps?: number;
  /** Variant or mode that ran, and dispatches of one execution, where the library tells. */
  readonly variant?: string;
  /** The variants of its kernels and what chose them, where the library has a choice. */
  readonly choices?: readonly KernelChoice[];
  readonly dispatches?: number;
}

/** One of the step's kernels alone; its times are those of one call. */
export interface ProfiledKernel extends Timing {
  readonly kernel: string;
  readonly variant: string;
  readonly shape: string;
  /** Calls in one step. */
  readonly calls: number;
  /** Of one call; absent where the work is no multiply-adds. */
  readonly flops?: number;
  readonly bytes: number;
  readonly dispatches: number;
  /** The roof that limits it: one of the profile's controls. */
  readonly roof?: RoofKernelName;
}

/** The engine's step kernel by kernel. Everything in it was timed in the same rounds. */
export interface StepProfile {
  readonly rounds: number;
  /** The whole step. */
  readonly step: Timing;
  /** In the order of their first calls. */
  readonly kernels: readonly ProfiledKernel[];
  readonly controls: readonly ControlResult[];
}

/** The kernel of the roof that limits a case, timed in the same rounds as its contenders. */
export interface ControlResult extends Timing {
  readonly kernel: RoofKernelName;
  /** What one execution moves (bytes), computes (FLOP) or costs (dispatches). */
  readonly amount: number;
}

export interface CaseResult {
  readonly name: string;
  readonly group: Group;
  readonly shape: string;
  readonly flops: number;
  readonly bytes: number;
  /** What the values were compared with. */
  readonly reference: string;
  /** Share of the processors that was idle just before the case, where the host can tell. */
  readonly idle?: number;
  readonly contenders: readonly ContenderResult[];
  /** The adapter's. Absent in results of the time before there were controls, and where it could not run. */
  readonly control?: ControlResult;
  /** The processor's, beside contenders that compute there: of one thread, and of all where a contender has several. */
  readonly processorControls?: { readonly one?: ControlResult; readonly all?: ControlResult };
  /** Of the random order of the contenders in each round; absent in results of the time when it was that of this list. */
  readonly seed?: number;
  /** Of a training step: that of the engine's first contender. */
  readonly profile?: StepProfile;
}

export interface RuntimeResult {
  readonly id: string;
  readonly version: string;
  readonly adapter?: AdapterDescription;
  readonly error?: string;
}

/** From an empty page and browser profile: opening the library, and its first training step with every compilation in it. */
export interface FirstStep {
  readonly id: string;
  readonly network: string;
  readonly openSeconds?: number;
  readonly stepSeconds?: number;
  readonly error?: string;
}

export interface PageEnvironment {
  readonly userAgent: string;
  readonly crossOriginIsolated: boolean;
  readonly processors: number;
  /** The tab was hidden at some time: browsers throttle hidden tabs, so such results are marked. */
  readonly hidden: boolean;
}

export interface Environment extends PageEnvironment {
  /** `browser` or `node`. */
  readonly where: string;
  readonly browser: string;
  readonly platform: string;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly flags: readonly string[];
}

export interface BenchResult {
  readonly format: number;
  readonly date: string;
  readonly commit: string;
  /** Shorter than the full protocol (`--quick` or a filter): not for publication. */
  readonly partial: boolean;
  /** Variants of kernels were measured before each case (`--tune`); absent: built-in table and rules. */
  readonly tuned?: boolean;
  /** Why the run ended early, if it did. */
  readonly interrupted?: string;
  /** Batches per contender and case; a contender has fewer where more would not fit its time for a case. */
  readonly batches: number;
  /** That time. Absent in results from before there was one. */
  readonly caseSeconds?: number;
  readonly environment: Environment;
  /** The adapter of the roofline; every WebGPU library ran on it or was left out. Its `api` is `cpu` where there was none. */
  readonly adapter: AdapterDescription;
  /** Absent where there was no adapter. */
  readonly roofline?: Roofline;
  /** What the processor can do through WebAssembly. Absent in results of the time before it was measured. */
  readonly processor?: ProcessorRoofline;
  readonly runtimes: readonly RuntimeResult[];
  readonly cases: readonly CaseResult[];
  readonly firstSteps: readonly FirstStep[];
}

/** Contenders of the engine itself; all others are peers. */
export function isOurs(id: string): boolean {
  return id.startsWith('chalkgrad');
}
