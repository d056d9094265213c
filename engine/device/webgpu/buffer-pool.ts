/** GPU buffers by size, kept for reuse: creating one costs about 11 µs and the first use clears it. */
import { LimitError, OutOfMemoryError } from '../../errors.ts';
import { alignedLength, type MemoryInfo } from '../device.ts';

/**
 * Sizes above 64 KiB are rounded up to eighths of a power of two, so that nearly equal tensors share a buffer at the cost of
 * at most an eighth more memory.
 */
export function pooledSize(byteLength: number): number {
  const exact = alignedLength(byteLength);
  if (exact <= 65536) return exact;
  const step = 2 ** (Math.floor(Math.log2(exact)) - 3);
  return Math.ceil(exact / step) * step;
}

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #limit: number;
  readonly #most: number;
  #doomed: GPUBuffer[] = [];
  #bytes = 0;
  #buffers = 0;
  #pooledBytes = 0;

  /**
   * @param limit most bytes kept for reuse
   * @param most bytes in use at a time
   */
  constructor(device: GPUDevice, limit = 2 ** 30, most = Number.POSITIVE_INFINITY) {
    this.#device = device;
    this.#limit = Math.min(limit, most / 2);
    this.#most = most;
  }

  /** @throws LimitError for more than one buffer may hold; OutOfMemoryError beyond the limit of the pool */
  acquire(byteLength: number, label = 'tensor'): GPUBuffer {
    const size = pooledSize(byteLength);
    const { maxStorageBufferBindingSize, maxBufferSize } = this.#device.limits;
    const most = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    if (size > most) throw new LimitError(`${label} (one storage buffer, in bytes)`, size, most);
    if (this.#bytes + size > this.#most) throw new OutOfMemoryError(label, size);
    this.#bytes += size;
    this.#buffers++;
    const reused = this.#free.get(size)?.pop();
    if (reused) {
      this.#pooledBytes -= size;
      return reused;
    }
    return this.#device.createBuffer({
      label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }

  /**
   * Takes a buffer back. It may be handed out at once: the queue runs in order, so later work cannot overtake what was
   * enqueued before.
   */
  release(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    this.#buffers--;
    if (this.#pooledBytes + buffer.size > this.#limit) {
      this.#doomed.push(buffer);
      return;
    }
    this.#pooledBytes += buffer.size;
    const list = this.#free.get(buffer.size);
    if (list) list.push(buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Destroys what did not fit; only right after a submit, because destroying a buffer of unsubmitted work poisons it. */
  takeDoomed(): GPUBuffer[] {
    const doomed = this.#doomed;
    if (doomed.length > 0) this.#doomed = [];
    return doomed;
  }

  memory(): MemoryInfo {
    return { bytes: this.#bytes, buffers: this.#buffers, pooledBytes: this.#pooledBytes };
  }
}
