/**
 * What the benchmark measures, said without any library: a case is a piece of mathematics at a shape. Each file of
 * `bench/libraries/` turns it into that library's best idiomatic code.
 */
import type { Network } from './network.ts';

/** All tensors are described as NHWC, HWIO and [in, out]; a library that wants another layout permutes once, before timing. */
export type Workload =
  | { readonly type: 'matmul'; readonly m: number; readonly k: number; readonly n: number }
  | ({ readonly type: 'conv2d'; readonly pass: ConvPass } & ConvShape)
  | { readonly type: 'add'; readonly count: number }
  | { readonly type: 'relu'; readonly count: number }
  | { readonly type: 'sum'; readonly count: number }
  | { readonly type: 'max-pool'; readonly n: number; readonly h: number; readonly w: number; readonly c: number }
  | { readonly type: 'batch-norm'; readonly pass: 'forward' | 'training'; readonly rows: number; readonly c: number }
  | { readonly type: 'adam'; readonly count: number }
  /** A recorded step of that many dispatches, each on the `count` elements that the one before wrote. */
  | { readonly type: 'replay'; readonly dispatches: number; readonly count: number }
  | { readonly type: 'forward'; readonly network: Network }
  | { readonly type: 'training-step'; readonly network: Network };

export type ConvPass = 'forward' | 'input-gradient' | 'weight-gradient';

/** Stride-1 convolution of `n` images `h × w × c` to `o` channels with a square `kernel` and zero `padding`. */
export interface ConvShape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly o: number;
  readonly kernel: number;
  readonly padding: number;
}

/**
 * - `kernel`: one operation, against the peers.
 * - `streaming`: a kernel whose limit is memory; its roof is the streaming bandwidth.
 * - `ladder`: every variant of one of the engine's kernels.
 * - `overhead`: what a dispatch of a replayed step costs; the engine only.
 * - `forward`: inference of a whole network. `training-step`: loss, gradients and update.
 */
export type Group = 'kernel' | 'streaming' | 'ladder' | 'overhead' | 'forward' | 'training-step';

export interface BenchCase {
  /** Unique, readable and stable between versions, because `--compare` joins on it. */
  readonly name: string;
  readonly group: Group;
  readonly shape: string;
  /** Floating-point operations of one execution, a multiply-add counted as two. */
  readonly flops: number;
  /** Bytes that any implementation must move at least: each input read once per needed pass, each output written once. */
  readonly bytes: number;
  readonly workload: Workload;
  /** Largest accepted error, relative to the largest magnitude of the expected values. */
  readonly tolerance: number;
  /** Measured also with `--quick`. */
  readonly quick: boolean;
  /** Too large for a software adapter: measured on a GPU only. */
  readonly hardwareOnly: boolean;
}

/** Where a library computes. Two results are compared only where these describe the same machine part. */
export interface AdapterDescription {
  readonly api: 'webgpu' | 'webgl' | 'cpu';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A software rasteriser: SwiftShader, lavapipe, WARP. */
  readonly software: boolean;
  /** Of a library on the processor: threads that compute, where it tells. */
  readonly threads?: number;
}

/** A library that is ready to compute on one of its backends. */
export interface Runtime {
  readonly version: string;
  readonly adapter: AdapterDescription;
  /** Why this runtime cannot do a workload, or undefined where it can. */
  unsupported(workload: Workload): string | undefined;
  /** The variants among which the ladder measures; absent where there is no choice. */
  variants?(workload: Workload): readonly string[];
  prepare(workload: Workload, variant?: string): Promise<Prepared>;
  /** Ends what the library started outside this process. */
  close?(): void;
}

export interface Prepared {
  /** Executes the workload `n` times and resolves when the device has finished all of them. */
  run(n: number): Promise<void>;
  /**
   * Values for the numerical agreement, in the canonical layout. For `training-step`: the losses of the next `steps` steps, from the
   * initial parameters on where it is called before `run`.
   */
  check(steps: number): Promise<Float32Array>;
  dispose(): void;
  /** The variant or mode that runs, for the result file. */
  readonly variant?: string;
  /** The variants of the kernels of one execution, where the library has a choice. */
  readonly choices?: readonly KernelChoice[];
  /** Number of dispatches of one execution where the library can tell. */
  readonly dispatches?: number;
  /** The kernels of one execution, to be timed one by one, where the library can take it apart. */
  takeApart?(): StepKernels;
}

/** A kernel with the parameters that it has in a step, alone. */
export interface StepKernel {
  readonly kernel: string;
  readonly variant: string;
  /** Its sizes, for readers. */
  readonly shape: string;
  /** Calls in one step. */
  readonly calls: number;
  /** Floating-point operations of one call, where its work is multiply-adds. */
  readonly flops?: number;
  /** Bytes that one call must move at least. */
  readonly bytes: number;
  /** Of one call. */
  readonly dispatches: number;
  /** Calls it `n` times and resolves when the device has finished. */
  run(n: number): Promise<void>;
}

export interface StepKernels {
  readonly kernels: readonly StepKernel[];
  dispose(): void;
}

/** One kernel's variant, and what chose it: the adapter's rules, the built-in table, a measurement here, or the case itself. */
export interface KernelChoice {
  readonly kernel: string;
  readonly variant: string;
  readonly by: 'rule' | 'table' | 'measured' | 'forced';
  /** Calls in one execution. */
  readonly calls: number;
}

export interface OpenOptions {
  /** Measures variants of kernels before each case, where the library can. */
  readonly tune?: boolean;
}

export interface Library {
  readonly name: string;
  readonly backends: readonly string[];
  /** @throws where the backend does not exist on this machine */
  open(backend: string, options?: OpenOptions): Promise<Runtime>;
}

/** Losses compared per training case, where time allows: the initial one and those after 1 and 2 updates. At least 2 are. */
export const CHECKED_STEPS = 3;

/** Height and width of the output of a stride-1 convolution. */
export function convOutput(shape: ConvShape): readonly [height: number, width: number] {
  return [shape.h + 2 * shape.padding - shape.kernel + 1, shape.w + 2 * shape.padding - shape.kernel + 1];
}

/** Multiply-adds of one pass (all three passes have as many), padding counted as work. */
export function convMultiplyAdds(shape: ConvShape): number {
  const [height, width] = convOutput(shape);
  return shape.n * height * width * shape.o * shape.c * shape.kernel * shape.kernel;
}
