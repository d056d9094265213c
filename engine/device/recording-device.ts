/**
 * The device that tensors see. It forwards to WebGPU or the reference device, and can record: `record(fn)` runs `fn` without
 * executing it, lists its kernels, gives every intermediate result a buffer by lifetime, and returns a program that replays
 * the whole step. Eager and recorded runs use the same kernels, variants and order, so they give the same bits.
 */
import type { AdapterCaps, AnyKernel, KernelSpec } from '../kernels/kernel.ts';
import type { BufferRecord, Device, DeviceBuffer, DeviceInfo, KernelRun, MemoryInfo, Program, RunOptions } from './device.ts';
import { isVirtual, placeBuffers, type VirtualBuffer, withoutCopies } from './recording-plan.ts';
import type { TuningOptions } from './tuning/tune.ts';
import type { VariantChoices } from './variants.ts';

interface Trace {
  readonly runs: KernelRun[];
  readonly made: VirtualBuffer[];
  /** Real buffers given back while recording: the program still uses them. */
  readonly deferred: DeviceBuffer[];
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
  /** Compiles first, where that has not been done yet or the device's choice of variants has changed since. */
  execute(): void;
  /** Gives the buffers back. The results must not be used afterwards. */
  dispose(): void;
}

export class RecordingDevice implements Device {
  readonly backend: Device;
  /** How trainers on this device choose variants of kernels; absent: by the built-in table and the rules. */
  tuning: TuningOptions | undefined;
  #trace: Trace | undefined;
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
    else this.backend.release(buffer);
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
    if (this.#trace) throw new Error('A step that is being recorded cannot read results back: return its tensors instead.');
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
    this.backend.run(kernel, this.#realRecord(buffers), params, options);
  }

  prepare(runs: readonly KernelRun[]): Promise<void> {
    return this.backend.prepare(runs);
  }

  compile(runs: readonly KernelRun[]): Program {
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
   */
  record<T>(fn: () => T): Recording<T> {
    if (this.#trace) throw new Error('record() inside record()');
    const trace: Trace = { runs: [], made: [], deferred: [] };
    this.#trace = trace;
    let result: T;
    try {
      result = fn();
    } finally {
      this.#trace = undefined;
    }
    const runs = withoutCopies(trace.runs);
    const { owned, planned, unshared } = placeBuffers(trace.made, runs, this.backend);
    const { choices } = this;
    let program: Program | undefined;
    let version: number | undefined;
    const compiled = (): Program => {
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
      execute: () => compiled().execute(),
      dispose: () => {
        program?.dispose();
        for (const buffer of [...owned, ...trace.deferred]) this.backend.release(buffer);
      },
    };
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
    };
    this.#trace?.made.push(made);
    return made;
  }

  #real(buffer: DeviceBuffer): DeviceBuffer {
    if (!isVirtual(buffer)) return buffer;
    if (!buffer.physical) throw new Error('A result of a recorded step was used before the recording was finished.');
    return buffer.physical;
  }

  #realRecord<N extends string>(buffers: Readonly<Record<N, DeviceBuffer>>): Readonly<Record<N, DeviceBuffer>> {
    const names = Object.keys(buffers) as N[];
    if (!names.some((name) => isVirtual(buffers[name]))) return buffers;
    return Object.fromEntries(names.map((name) => [name, this.#real(buffers[name])])) as Record<N, DeviceBuffer>;
  }
}
