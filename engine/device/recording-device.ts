/**
 * The device that tensors see. It forwards to WebGPU or the reference device, and can record: `record(fn)` runs `fn` without
 * executing it, lists its kernels, gives every intermediate result a buffer by lifetime, and returns a program that replays
 * the whole step. Eager and recorded runs use the same kernels, variants and order, so they give the same bits.
 */
import type { CopyParams } from '../kernels/copy.ts';
import type { AdapterCaps, AnyKernel, KernelSpec } from '../kernels/kernel.ts';
import {
  alignedLength,
  type BufferRecord,
  type Device,
  type DeviceBuffer,
  type DeviceInfo,
  type KernelRun,
  type MemoryInfo,
  type Program,
  type RunOptions,
} from './device.ts';

/** Memory that a recording has promised but not yet placed. */
interface VirtualBuffer extends DeviceBuffer {
  readonly virtual: true;
  /** Set for a range of another virtual buffer. */
  readonly base: VirtualBuffer | undefined;
  released: boolean;
  physical: DeviceBuffer | undefined;
}

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
  /** Bytes of all intermediate results after sharing, and what they would take without. */
  readonly bytes: { readonly planned: number; readonly unshared: number };
  execute(): void;
  /** Gives the buffers back. The results must not be used afterwards. */
  dispose(): void;
}

function isVirtual(buffer: DeviceBuffer): buffer is VirtualBuffer {
  return 'virtual' in buffer;
}

const overlap = (a: DeviceBuffer, b: DeviceBuffer): boolean =>
  a.root === b.root && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;

/** The whole of one buffer copied to the whole of another, as a gradient into its place beside the others. */
function isWholeCopy({ kernel, buffers, params }: KernelRun): boolean {
  if (kernel.name !== 'copy') return false;
  const { shape, strideX, offsetX, strideY, offsetY } = params as CopyParams;
  const bytes = 4 * (shape[0] as number);
  const dense = shape.length === 1 && strideX[0] === 1 && strideY[0] === 1 && offsetX === 0 && offsetY === 0;
  return dense && buffers.x?.byteLength === bytes && buffers.y?.byteLength === bytes;
}

/**
 * Drops copies of an intermediate result x into memory y outside the recording: whoever made x writes y instead. Only where x is
 * released, and nobody touches y between the first write of x and the copy.
 */
function withoutCopies(runs: readonly KernelRun[]): readonly KernelRun[] {
  let current = runs;
  for (const copy of runs) {
    const { x, y } = copy.buffers as { x: DeviceBuffer; y: DeviceBuffer };
    if (!isWholeCopy(copy) || !isVirtual(x) || x.base || !x.released || x.physical || isVirtual(y)) continue;
    const at = current.indexOf(copy);
    const uses = (run: KernelRun, buffer: DeviceBuffer) => Object.values(run.buffers).some((b) => overlap(b, buffer));
    const first = current.findIndex((run) => uses(run, x));
    const between = current.slice(first, at);
    const ranged = current.some((run) => Object.values(run.buffers).some((b) => b !== x && b.root === x.root));
    // A kernel may not read one part of a buffer while it writes another.
    const clashes = between.some(
      (run) => uses(run, y) || (uses(run, x) && Object.values(run.buffers).some((b) => b.root === y.root)),
    );
    if (ranged || clashes || current.slice(at + 1).some((run) => uses(run, x))) continue;
    current = current
      .filter((run) => run !== copy)
      .map((run) => {
        if (!uses(run, x)) return run;
        const buffers = Object.fromEntries(Object.entries(run.buffers).map(([name, b]) => [name, b === x ? y : b]));
        return { ...run, buffers };
      });
  }
  return current;
}

export class RecordingDevice implements Device {
  readonly backend: Device;
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
    const { owned, planned, unshared } = this.#place(trace.made, runs);
    const program = this.compile(runs);
    return {
      result,
      dispatches: program.dispatches,
      bytes: { planned, unshared },
      execute: () => program.execute(),
      dispose: () => {
        program.dispose();
        for (const buffer of [...owned, ...trace.deferred]) this.backend.release(buffer);
      },
    };
  }

  /** Gives each virtual buffer memory: two share when the last use of one comes before the first use of the other. */
  #place(
    made: readonly VirtualBuffer[],
    runs: readonly KernelRun[],
  ): { owned: DeviceBuffer[]; planned: number; unshared: number } {
    const lastUse = new Map<VirtualBuffer, number>();
    runs.forEach((run, index) => {
      for (const buffer of Object.values(run.buffers)) if (isVirtual(buffer)) lastUse.set(buffer.base ?? buffer, index);
    });
    const owned: DeviceBuffer[] = [];
    const free = new Map<number, DeviceBuffer[]>();
    let planned = 0;
    let unshared = 0;
    // Constants written while recording have their memory already and never share it.
    for (const buffer of made) if (!buffer.base && buffer.physical) owned.push(buffer.physical);
    const shareable = new Set<VirtualBuffer>();
    const place = (root: VirtualBuffer): void => {
      if (root.physical) return;
      const size = alignedLength(root.byteLength);
      unshared += size;
      shareable.add(root);
      root.physical = free.get(size)?.pop();
      if (root.physical) return;
      root.physical = this.backend.allocate(size, 'recorded intermediate');
      owned.push(root.physical);
      planned += size;
    };
    runs.forEach((run, index) => {
      const roots = new Set(
        Object.values(run.buffers)
          .filter(isVirtual)
          .map((buffer) => buffer.base ?? buffer),
      );
      for (const root of roots) place(root);
      for (const root of roots) {
        // What is still held when recording ends is a result: nobody else may write there.
        if (!root.released || lastUse.get(root) !== index || !shareable.has(root)) continue;
        const size = alignedLength(root.byteLength);
        const list = free.get(size) ?? [];
        list.push(root.physical as DeviceBuffer);
        free.set(size, list);
      }
    });
    for (const buffer of made) {
      if (buffer.base) {
        place(buffer.base);
        buffer.physical ??= this.backend.view(buffer.base.physical as DeviceBuffer, buffer.byteOffset, buffer.byteLength);
      } else if (!buffer.released) place(buffer);
    }
    return { owned, planned, unshared };
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
