/** The reference device: runs each kernel's TypeScript. Slow, exact in intent, and everywhere. */
import { DeviceLostError, LimitError, OutOfMemoryError } from '../../errors.ts';
import type { AdapterCaps, KernelArray, KernelSpec } from '../../kernels/kernel.ts';
import { referenceOf } from '../../kernels/references.ts';
import {
  alignedLength,
  type BufferRecord,
  type Device,
  type DeviceBuffer,
  type DeviceInfo,
  type KernelRun,
  type MemoryInfo,
  type Program,
} from '../device.ts';

/** Most bytes of one buffer: what a storage buffer of a large GPU holds, and well within what a typed array may span. */
const MOST_BYTES = 2 ** 32;

interface HostBuffer extends DeviceBuffer {
  readonly bytes: ArrayBuffer;
}

const views = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

export class ReferenceDevice implements Device {
  readonly info: DeviceInfo;
  readonly caps: AdapterCaps = {
    kind: 'cpu',
    software: true,
    subgroups: false,
    subgroupMinSize: 1,
    subgroupMaxSize: 1,
    maxWorkgroupStorageSize: 0,
    maxInvocationsPerWorkgroup: 1,
    maxWorkgroupsPerDimension: Number.MAX_SAFE_INTEGER,
    maxStorageBuffersPerStage: Number.MAX_SAFE_INTEGER,
  };
  readonly choices = undefined;
  readonly lost = new Promise<string>(() => {});
  isLost = false;
  #nextId = 1;
  #bytes = 0;
  #buffers = 0;

  /** @param passedOver see DeviceInfo */
  constructor(passedOver?: readonly string[]) {
    this.info = {
      kind: 'cpu',
      name: 'TypeScript reference',
      vendor: '',
      architecture: '',
      software: true,
      ...(passedOver && { passedOver }),
    };
  }

  /** @throws LimitError beyond 4 GiB; OutOfMemoryError where this machine has not as much */
  allocate(byteLength: number, label = 'tensor'): DeviceBuffer {
    this.#assertAlive();
    const length = alignedLength(byteLength);
    if (!(length <= MOST_BYTES)) throw new LimitError(`${label} (one buffer, in bytes)`, length, MOST_BYTES);
    let bytes: ArrayBuffer;
    try {
      bytes = new ArrayBuffer(length);
    } catch (cause) {
      throw new OutOfMemoryError(label, length, { cause });
    }
    this.#bytes += length;
    this.#buffers++;
    const id = this.#nextId++;
    const buffer: HostBuffer = { id, byteLength, root: id, byteOffset: 0, bytes };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    this.#bytes -= alignedLength(buffer.byteLength);
    this.#buffers--;
  }

  view(buffer: DeviceBuffer, byteOffset: number, byteLength: number): DeviceBuffer {
    const host = buffer as HostBuffer;
    const start = host.byteOffset + byteOffset;
    const range: HostBuffer = { id: this.#nextId++, byteLength, root: host.root, byteOffset: start, bytes: host.bytes };
    return range;
  }

  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, byteOffset = 0): void {
    this.#assertAlive();
    const host = buffer as HostBuffer;
    new Uint8Array(host.bytes, host.byteOffset + byteOffset, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }

  async read(buffer: DeviceBuffer, byteOffset = 0, byteLength = buffer.byteLength - byteOffset): Promise<ArrayBuffer> {
    this.#assertAlive();
    const host = buffer as HostBuffer;
    const start = host.byteOffset + byteOffset;
    return host.bytes.slice(start, start + byteLength);
  }

  run<In extends string, Out extends string, P>(
    kernel: KernelSpec<In, Out, P>,
    buffers: BufferRecord<In | Out>,
    params: P,
  ): void {
    this.#assertAlive();
    const sizes = kernel.sizes(params);
    const arrays = <N extends In | Out>(names: readonly N[]) =>
      Object.fromEntries(
        names.map((name) => {
          const host = buffers[name] as unknown as HostBuffer;
          const type = kernel.types?.[name] ?? 'f32';
          return [name, new views[type](host.bytes, host.byteOffset, sizes[name])];
        }),
      ) as Record<N, KernelArray>;
    referenceOf(kernel)(arrays(kernel.inputs), arrays(kernel.outputs), params);
  }

  async prepare(): Promise<void> {}

  compile(runs: readonly KernelRun[]): Program {
    return {
      dispatches: runs.length,
      execute: () => {
        for (const { kernel, buffers, params } of runs) this.run(kernel, buffers, params);
      },
      dispose: () => {},
    };
  }

  flush(): void {}

  async sync(): Promise<void> {
    this.#assertAlive();
  }

  memory(): MemoryInfo {
    return { bytes: this.#bytes, buffers: this.#buffers, pooledBytes: 0 };
  }

  destroy(): void {
    this.isLost = true;
  }

  #assertAlive(): void {
    if (this.isLost) throw new DeviceLostError('destroy() was called');
  }
}
