/**
 * What runs kernels. Three devices implement this interface: WebGPU (window, worker, Node), WebAssembly (the same WGSL on the
 * processor) and the reference device, which calls each kernel's TypeScript. Everything above speaks only to this interface.
 */
import type { AdapterCaps, AnyKernel, KernelSpec } from '../kernels/kernel.ts';
import type { VariantChoices } from './variants.ts';

/**
 * A range of device memory. `byteLength` is the length asked for; the range behind it is padded to a multiple of
 * `BUFFER_ALIGNMENT`, so a kernel may bind it as `array<vec4f>`.
 */
export interface DeviceBuffer {
  readonly id: number;
  readonly byteLength: number;
  /** `id` of the allocation this is a range of (its own, if it is the whole), and where it starts in there. */
  readonly root: number;
  readonly byteOffset: number;
}

/** Ranges start and end at multiples of this many bytes (WebGPU's default storage offset alignment). */
export const BUFFER_ALIGNMENT = 256;

export function alignedLength(byteLength: number): number {
  return Math.max(1, Math.ceil(byteLength / BUFFER_ALIGNMENT)) * BUFFER_ALIGNMENT;
}

export interface DeviceInfo {
  /** `wasm` runs the WGSL on the processor; `cpu` is the TypeScript reference. */
  readonly kind: 'webgpu' | 'wasm' | 'cpu';
  /** What to show a reader: the adapter's own description, or "TypeScript reference". */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** True for SwiftShader, lavapipe, WARP, WebAssembly and the reference device: no GPU takes part. */
  readonly software: boolean;
  /** Why `auto` did not open a faster device: one sentence each, for the reader. Absent where nothing was passed over. */
  readonly passedOver?: readonly string[];
}

export interface MemoryInfo {
  /** Bytes in buffers that are in use (their padded lengths), copies to the host that are under way included. */
  readonly bytes: number;
  /** Buffers in use. */
  readonly buffers: number;
  /** Bytes kept in the pool for reuse. */
  readonly pooledBytes: number;
}

export interface RunOptions {
  /** Runs this variant of the kernel's ladder instead of the chosen one. */
  readonly variant?: string;
}

export type BufferRecord<Names extends string> = Readonly<Record<Names, DeviceBuffer>>;

/** One call of a kernel, as a recording keeps it. */
export interface KernelRun {
  readonly kernel: AnyKernel;
  readonly buffers: Readonly<Record<string, DeviceBuffer>>;
  readonly params: unknown;
  readonly variant?: string | undefined;
}

/** A fixed sequence of kernels with every buffer decided: replaying it costs the host next to nothing. */
export interface Program {
  /** Dispatches of one execution. */
  readonly dispatches: number;
  execute(): void;
  dispose(): void;
}

/** What keeps count of how often memory has been overwritten. */
export interface Overwritten {
  overwritten(): void;
}

export interface Device {
  readonly info: DeviceInfo;
  readonly caps: AdapterCaps;
  /** Which variant of a kernel runs here, and why; undefined on the reference device, which has none. */
  readonly choices: VariantChoices | undefined;
  /** Resolves with the reason when the device is gone; never on the reference device. */
  readonly lost: Promise<string>;
  readonly isLost: boolean;

  /**
   * A buffer with arbitrary content.
   * @throws LimitError when it exceeds what the adapter can bind
   */
  allocate(byteLength: number, label?: string): DeviceBuffer;
  /** Gives a buffer back to the pool. Work already enqueued still sees its content. */
  release(buffer: DeviceBuffer): void;
  /** A range of `buffer` as a buffer of its own (`byteOffset` a multiple of BUFFER_ALIGNMENT); it is not released. */
  view(buffer: DeviceBuffer, byteOffset: number, byteLength: number): DeviceBuffer;
  /** Enqueues a copy from host memory; later kernels see it. */
  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, byteOffset?: number): void;
  /** Runs what is enqueued and copies `byteLength` bytes to the host. */
  read(buffer: DeviceBuffer, byteOffset?: number, byteLength?: number): Promise<ArrayBuffer>;
  /** Enqueues a kernel. */
  run<In extends string, Out extends string, P>(
    kernel: KernelSpec<In, Out, P>,
    buffers: BufferRecord<In | Out>,
    params: P,
    options?: RunOptions,
  ): void;
  /** Of a device that records: what the step being recorded overwrites, each execution of it overwrites. */
  recordOverwritten?(memory: Overwritten): void;
  /**
   * Compiles the shaders that `runs` will need, all at once and without blocking. Not needed for correctness: what is missing later
   * is compiled then, one after the other.
   */
  prepare(runs: readonly KernelRun[]): Promise<void>;
  /** Resolves pipelines, bind groups and temporaries of `runs` once. */
  compile(runs: readonly KernelRun[]): Program;
  /** Starts what is enqueued without waiting. */
  flush(): void;
  /** Resolves when everything enqueued so far has run. Rejects with the first error of that work. */
  sync(): Promise<void>;
  memory(): MemoryInfo;
  /** Releases the device; every later call throws DeviceLostError. */
  destroy(): void;
}
