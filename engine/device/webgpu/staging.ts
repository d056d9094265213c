/** Buffers that copies to the host pass through, kept for reuse up to a bound. */
import type { MemoryInfo } from '../device.ts';

/** Most bytes kept; a buffer that would exceed them is destroyed after its read. */
const KEPT = 2 ** 26;

/** Sizes are powers of two up to this one, so that reads of about one size share a buffer; larger ones are exact. */
const SHARED = 2 ** 24;

export function stagingSize(byteLength: number): number {
  const size = 2 ** Math.ceil(Math.log2(Math.max(byteLength, 256)));
  return size <= SHARED ? size : Math.ceil(byteLength / 256) * 256;
}

export class StagingPool {
  readonly #device: GPUDevice;
  readonly #limit: number;
  /** Oldest first. */
  #free: GPUBuffer[] = [];
  #freeBytes = 0;
  #bytes = 0;
  #buffers = 0;

  /** @param limit most bytes kept for reuse */
  constructor(device: GPUDevice, limit = KEPT) {
    this.#device = device;
    this.#limit = limit;
  }

  acquire(byteLength: number): GPUBuffer {
    const size = stagingSize(byteLength);
    const at = this.#free.findIndex((buffer) => buffer.size === size);
    const [reused] = at < 0 ? [] : this.#free.splice(at, 1);
    const buffer =
      reused ?? this.#device.createBuffer({ label: 'read-back', size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    if (reused) this.#freeBytes -= size;
    this.#bytes += size;
    this.#buffers++;
    return buffer;
  }

  /** Takes a buffer back after its read, whether that came to an end or not. @param usable false where it may still be mapped */
  release(buffer: GPUBuffer, usable = true): void {
    this.#bytes -= buffer.size;
    this.#buffers--;
    if (!usable || buffer.size > this.#limit) {
      buffer.destroy();
      return;
    }
    this.#free.push(buffer);
    this.#freeBytes += buffer.size;
    while (this.#freeBytes > this.#limit) {
      const oldest = this.#free.shift() as GPUBuffer;
      this.#freeBytes -= oldest.size;
      oldest.destroy();
    }
  }

  memory(): MemoryInfo {
    return { bytes: this.#bytes, buffers: this.#buffers, pooledBytes: this.#freeBytes };
  }
}
