/** Times the variants of one kernel on buffers of its own. */
import { DeviceLostError } from '../../errors.ts';
import type { AnyKernel } from '../../kernels/kernel.ts';
import type { Device, DeviceBuffer, Program } from '../device.ts';
import type { Candidate } from './candidates.ts';

/** What the tuner needs of a device. */
export type TunableDevice = Pick<Device, 'info' | 'caps' | 'choices' | 'allocate' | 'release' | 'write' | 'compile' | 'sync'>;

/** Milliseconds that one timed batch should last: well above the cost of a submit and of the wait for it. */
export const BATCH_MS = 5;
/** Timed batches of a candidate; the shortest counts. */
export const BATCHES = 3;
/** A candidate that takes so many times longer than the best is not timed again. */
export const HOPELESS = 1.5;
/** Share by which another must be faster than the variant that runs by rule: less is noise, and would change from day to day. */
export const MARGIN = 0.03;
const MOST_CALLS = 512;

export interface Limits {
  readonly now: () => number;
  /** False where nothing may be measured, as in a hidden page. */
  mayMeasure(): boolean;
  /** False when the budget is spent, too. */
  goOn(): boolean;
  warn(message: string): void;
}

export interface Timing {
  /** Milliseconds of one call by variant; those that failed are absent. */
  readonly times: ReadonlyMap<string, number>;
  readonly fastest: string;
}

/** @returns undefined where the limits ended it or every candidate failed */
export async function timeCandidates(
  device: TunableDevice,
  kernel: AnyKernel,
  params: unknown,
  candidates: readonly Candidate[],
  limits: Limits,
): Promise<Timing | undefined> {
  const bench = new KernelBench(device, kernel, params, limits.now);
  const times = new Map<string, number>();
  let best = Number.POSITIVE_INFINITY;
  try {
    for (const { variant } of candidates) {
      if (!limits.goOn()) return undefined;
      try {
        const time = await timeVariant(bench, variant.id, best, limits);
        if (time === undefined) return undefined;
        times.set(variant.id, time);
        best = Math.min(best, time);
      } catch (error) {
        if (error instanceof DeviceLostError) throw error;
        limits.warn(`tuning: '${kernel.name}' cannot run '${variant.id}': ${(error as Error).message}`);
      }
    }
  } finally {
    bench.dispose();
  }
  const fastest = limits.mayMeasure() ? fastestOf(times) : undefined;
  return fastest === undefined ? undefined : { times, fastest };
}

/** The first stays, unless another beats it by the margin; of equals the earlier one wins. */
export function fastestOf(times: ReadonlyMap<string, number>): string | undefined {
  const [first, ...others] = times;
  if (!first) return undefined;
  let [fastest, least] = [first[0], first[1] * (1 - MARGIN)];
  for (const [id, time] of others) if (time < least) [fastest, least] = [id, time];
  return fastest;
}

/** Milliseconds of one call; undefined where the limits ended it. */
async function timeVariant(bench: KernelBench, variant: string, best: number, limits: Limits): Promise<number | undefined> {
  // Compiles, and puts the buffers where they stay.
  await bench.time(variant, 1);
  let calls = 1;
  let milliseconds: number;
  for (;;) {
    if (!limits.goOn()) return undefined;
    milliseconds = await bench.time(variant, calls);
    if (milliseconds >= BATCH_MS || calls === MOST_CALLS) break;
    const wanted = Math.ceil((calls * BATCH_MS) / Math.max(milliseconds, 0.01));
    calls = Math.min(MOST_CALLS, Math.max(2 * calls, wanted));
  }
  let shortest = milliseconds / calls;
  for (let batch = 1; batch < BATCHES && shortest <= HOPELESS * best; batch++) {
    if (!limits.goOn()) return undefined;
    shortest = Math.min(shortest, (await bench.time(variant, calls)) / calls);
  }
  return shortest;
}

/** Length of the numbers that are written again and again, in elements. */
const PATTERN = 65536;

/** Numbers between -1 and 1 without a pattern: a GPU's clock depends on the bits that it multiplies. */
function noise(): Float32Array<ArrayBuffer> {
  let state = 1;
  return Float32Array.from({ length: PATTERN }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state / 2 ** 31;
  });
}

/** The buffers of one kernel, and programs that call it several times. */
class KernelBench {
  readonly #device: TunableDevice;
  readonly #kernel: AnyKernel;
  readonly #params: unknown;
  readonly #now: () => number;
  readonly #buffers: Record<string, DeviceBuffer> = {};
  #program: { readonly of: string; readonly program: Program } | undefined;

  constructor(device: TunableDevice, kernel: AnyKernel, params: unknown, now: () => number) {
    this.#device = device;
    this.#kernel = kernel;
    this.#params = params;
    this.#now = now;
    try {
      this.#allocate();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Milliseconds until `calls` calls are done. */
  async time(variant: string, calls: number): Promise<number> {
    const program = this.#compiled(variant, calls);
    const start = this.#now();
    program.execute();
    await this.#device.sync();
    return this.#now() - start;
  }

  dispose(): void {
    this.#program?.program.dispose();
    this.#program = undefined;
    for (const buffer of Object.values(this.#buffers)) this.#device.release(buffer);
  }

  #compiled(variant: string, calls: number): Program {
    const of = `${variant} ${calls}`;
    if (this.#program?.of === of) return this.#program.program;
    this.#program?.program.dispose();
    this.#program = undefined;
    const run = { kernel: this.#kernel, buffers: this.#buffers, params: this.#params, variant };
    const program = this.#device.compile(Array.from({ length: calls }, () => run));
    this.#program = { of, program };
    return program;
  }

  #allocate(): void {
    const { inputs, inPlace = [], types } = this.#kernel;
    let pattern: Float32Array<ArrayBuffer> | undefined;
    for (const [name, count] of Object.entries(this.#kernel.sizes(this.#params))) {
      const buffer = this.#device.allocate(4 * count, `tuning ${this.#kernel.name}.${name}`);
      this.#buffers[name] = buffer;
      if (!inputs.includes(name) && !inPlace.includes(name)) continue;
      // Whole numbers are indices: zero is always one.
      const real = (types?.[name] ?? 'f32') === 'f32';
      if (real) pattern ??= noise();
      const values = real && pattern ? pattern : new Int32Array(Math.min(count, PATTERN));
      for (let at = 0; at < count; at += PATTERN) this.#device.write(buffer, values.subarray(0, count - at), 4 * at);
    }
  }
}
