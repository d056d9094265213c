/**
 * The device that tensors see. It forwards to WebGPU or the reference device, and can record: `record(fn)` runs `fn` without
 * executing it, lists its kernels, gives every intermediate result a buffer by lifetime, and returns a program that replays
 * the whole step. Eager and recorded runs use the same kernels, variants and order, so they give the same bits. What a recording reads
 * stays alive until the recording is disposed, whoever releases it before.
 */
import { ArgumentError, DisposedTensorError, requireSynchronous } from '../errors.ts';
import type { AdapterCaps, AnyKernel, KernelSpec } from '../kernels/kernel.ts';
import type {
  BufferRecord,
  Device,
  DeviceBuffer,
  DeviceInfo,
  KernelRun,
  MemoryInfo,
  Overwritten,
  Program,
  RunOptions,
} from './device.ts';
import { isVirtual, placeBuffers, type VirtualBuffer, withoutCopies } from './recording-plan.ts';
import type { TuningOptions } from './tuning/tune.ts';
import type { ChosenBy, VariantChoices } from './variants.ts';

interface Trace {
  readonly runs: KernelRun[];
  readonly made: VirtualBuffer[];
  /** Real buffers given back while recording: the program still uses them. */
  readonly deferred: DeviceBuffer[];
  readonly overwritten: Set<Overwritten>;
}

/** A recorded step. */
export interface Recording<T> {
  /** What the recorded function returned; its tensors hold the results of the latest execution. */
  readonly result: T;
  /** Dispatches of one execution. */
  readonly dispatches: number;
  /** The kernels of one execution, in order: what a tuner may choose variants for. */
  readonly runs: readonly KernelRun[];
  /** Bytes of all intermediate results after sharing, and what they would take without. */
  readonly bytes: { readonly planned: number; readonly unshared: number };
  /**
   * Compiles first, where that has not been done yet or the device's choice of variants has changed since.
   * @throws ArgumentError after `dispose()`
   */
  execute(): void;
  /** Gives the buffers back. Using a result afterwards throws DisposedTensorError. */
  dispose(): void;
}

/** A kernel as it ran: the variant of its ladder and the WGSL files of that. */
export interface RanKernel {
  readonly kernel: string;
  /** Absent on the reference device, which runs the TypeScript. */
  readonly variant?: string;
  readonly by?: ChosenBy;
  /** Paths from the repository root; none on the reference device. */
  readonly files: readonly string[];
}

/** Memory outside a recording that recordings use. */
interface Held {
  /** Recordings that use it. */
  users: number;
  /** Set where it was given back meanwhile: it goes to the pool with its last user. */
  released: DeviceBuffer | undefined;
}

export class RecordingDevice implements Device {
  readonly backend: Device;
  /** How trainers on this device choose variants of kernels; absent: by the built-in table and the rules. */
  tuning: TuningOptions | undefined;
  #trace: Trace | undefined;
  /** By the id of the allocation. */
  readonly #held = new Map<number, Held>();
  /** The parameters that each kernel ran with: the latest, and of a recorded step those with the largest outputs. */
  readonly #ran = new Map<AnyKernel, unknown>();
  #nextId = -1;

  constructor(backend: Device) {
    this.backend = backend;
  }

  get info(): DeviceInfo {
    return this.backend.info;
  }

  get caps(): AdapterCaps {
    return this.backend.caps;
  }

  get choices(): VariantChoices | undefined {
    return this.backend.choices;
  }

  get lost(): Promise<string> {
    return this.backend.lost;
  }

  get isLost(): boolean {
    return this.backend.isLost;
  }

  get isRecording(): boolean {
    return this.#trace !== undefined;
  }

  allocate(byteLength: number, label?: string): DeviceBuffer {
    if (!this.#trace) return this.backend.allocate(byteLength, label);
    return this.#makeVirtual(byteLength, undefined, 0);
  }

  release(buffer: DeviceBuffer): void {
    if (isVirtual(buffer)) buffer.released = true;
    else if (this.#trace) this.#trace.deferred.push(buffer);
    else this.#giveBack(buffer);
  }

  view(buffer: DeviceBuffer, byteOffset: number, byteLength: number): DeviceBuffer {
    if (isVirtual(buffer)) return this.#makeVirtual(byteLength, buffer.base ?? buffer, buffer.byteOffset + byteOffset);
    return this.backend.view(buffer, byteOffset, byteLength);
  }

  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, byteOffset = 0): void {
    if (isVirtual(buffer) && !buffer.physical) {
      // A constant made while recording: it gets its memory now and keeps it for the life of the program.
      const root = buffer.base ?? buffer;
      root.physical ??= this.backend.allocate(root.byteLength, 'recorded constant');
      if (buffer !== root) buffer.physical = this.backend.view(root.physical, buffer.byteOffset, buffer.byteLength);
    }
    this.backend.write(this.#real(buffer), data, byteOffset);
  }

  async read(buffer: DeviceBuffer, byteOffset?: number, byteLength?: number): Promise<ArrayBuffer> {
    if (this.#trace)
      throw new ArgumentError('record', 'a step that is being recorded cannot read results back; return its tensors instead');
    return this.backend.read(this.#real(buffer), byteOffset, byteLength);
  }

  run<In extends string, Out extends string, P>(
    kernel: KernelSpec<In, Out, P>,
    buffers: BufferRecord<In | Out>,
    params: P,
    options?: RunOptions,
  ): void {
    if (this.#trace) {
      this.#trace.runs.push({
        kernel: kernel as unknown as AnyKernel,
        buffers: { ...buffers },
        params,
        variant: options?.variant,
      });
      return;
    }
    this.#ran.set(kernel as unknown as AnyKernel, params);
    this.backend.run(kernel, this.#realRecord(buffers), params, options);
  }

  recordOverwritten(memory: Overwritten): void {
    this.#trace?.overwritten.add(memory);
  }

  /** What has run since the last `forgetKernels`, for a reader who asks which code that was. */
  ranKernels(): readonly RanKernel[] {
    return [...this.#ran].map(([kernel, params]): RanKernel => {
      if (!this.choices) return { kernel: kernel.name, files: [] };
      const { variant, by } = this.choices.choose(kernel, params);
      const files = variant.plan(params, this.caps).dispatches.map(({ shader }) => shader.path);
      return { kernel: kernel.name, variant: variant.id, by, files: [...new Set(files)] };
    });
  }

  /** A new run begins. */
  forgetKernels(): void {
    this.#ran.clear();
  }

  prepare(runs: readonly KernelRun[]): Promise<void> {
    return this.backend.prepare(runs);
  }

  compile(runs: readonly KernelRun[]): Program {
    const largest = new Map<AnyKernel, number>();
    for (const { kernel, params } of runs) {
      const sizes = kernel.sizes(params);
      const size = Math.max(...kernel.outputs.map((name) => sizes[name] ?? 0));
      if (size < (largest.get(kernel) ?? 0)) continue;
      largest.set(kernel, size);
      this.#ran.set(kernel, params);
    }
    return this.backend.compile(runs.map((run) => ({ ...run, buffers: this.#realRecord(run.buffers) })));
  }

  flush(): void {
    this.backend.flush();
  }

  sync(): Promise<void> {
    return this.backend.sync();
  }

  memory(): MemoryInfo {
    return this.backend.memory();
  }

  destroy(): void {
    this.backend.destroy();
  }

  /**
   * Records what `fn` does; nothing runs until `execute()`.
   * @param fn synchronous and free of read-backs; tensors it returns or keeps stay valid and are refilled by each execution
   * @throws ArgumentError where fn is asynchronous
   */
  record<T>(fn: () => T): Recording<T> {
    if (this.#trace) throw new ArgumentError('record', 'it cannot be called inside record()');
    const trace: Trace = { runs: [], made: [], deferred: [], overwritten: new Set() };
    this.#trace = trace;
    let result: T;
    try {
      result = fn();
      requireSynchronous('record', result);
    } catch (error) {
      this.#trace = undefined;
      for (const { base, physical } of trace.made) if (!base && physical) this.backend.release(physical);
      for (const buffer of trace.deferred) this.#giveBack(buffer);
      throw error;
    }
    this.#trace = undefined;
    const runs = withoutCopies(trace.runs);
    const { owned, planned, unshared } = placeBuffers(trace.made, runs, this.backend);
    const { choices } = this;
    const outside = this.#hold(runs, trace.made);
    let disposed = false;
    let program: Program | undefined;
    let version: number | undefined;
    const compiled = (): Program => {
      if (disposed) throw new ArgumentError('recording', 'it has been disposed and cannot run any more; record the step anew');
      if (program && version === choices?.version) return program;
      program?.dispose();
      version = choices?.version;
      program = this.compile(runs);
      return program;
    };
    return {
      result,
      get dispatches() {
        return compiled().dispatches;
      },
      runs,
      bytes: { planned, unshared },
      execute: () => {
        compiled().execute();
        for (const memory of trace.overwritten) memory.overwritten();
      },
      dispose: () => {
        if (disposed) return;
        disposed = true;
        program?.dispose();
        for (const buffer of trace.made) buffer.gone = true;
        for (const root of outside) this.#letGo(root);
        for (const buffer of [...owned, ...trace.deferred]) this.#giveBack(buffer);
      },
    };
  }

  /** Returns memory to the pool, or remembers to do so when no recording uses it any more. */
  #giveBack(buffer: DeviceBuffer): void {
    const held = this.#held.get(buffer.root);
    if (held) held.released = buffer;
    else this.backend.release(buffer);
  }

  /** Keeps the memory outside of a recording that its kernels use. @returns the ids of those allocations */
  #hold(runs: readonly KernelRun[], own: readonly VirtualBuffer[]): ReadonlySet<number> {
    const made = new Set<DeviceBuffer>(own);
    const buffers = runs.flatMap((run) => Object.values(run.buffers)).filter((buffer) => !made.has(buffer));
    const roots = new Set(buffers.map((buffer) => this.#real(buffer).root));
    for (const root of roots) {
      const held = this.#held.get(root);
      if (held) held.users++;
      else this.#held.set(root, { users: 1, released: undefined });
    }
    return roots;
  }

  #letGo(root: number): void {
    const held = this.#held.get(root);
    if (!held || --held.users > 0) return;
    this.#held.delete(root);
    if (held.released) this.backend.release(held.released);
  }

  #makeVirtual(byteLength: number, base: VirtualBuffer | undefined, byteOffset: number): VirtualBuffer {
    const id = this.#nextId--;
    const made: VirtualBuffer = {
      id,
      byteLength,
      root: base?.id ?? id,
      byteOffset,
      virtual: true,
      base,
      released: false,
      physical: undefined,
      gone: false,
    };
    this.#trace?.made.push(made);
    return made;
  }

  #real(buffer: DeviceBuffer): DeviceBuffer {
    if (!isVirtual(buffer)) return buffer;
    if (buffer.gone) throw new DisposedTensorError('a later use', 'a recorded step that has been disposed');
    if (!buffer.physical)
      throw new ArgumentError('record', 'a result of a recorded step was used before the recording was finished');
    return buffer.physical;
  }

  #realRecord<N extends string>(buffers: Readonly<Record<N, DeviceBuffer>>): Readonly<Record<N, DeviceBuffer>> {
    const names = Object.keys(buffers) as N[];
    if (!names.some((name) => isVirtual(buffers[name]))) return buffers;
    return Object.fromEntries(names.map((name) => [name, this.#real(buffers[name])])) as Record<N, DeviceBuffer>;
  }
}
