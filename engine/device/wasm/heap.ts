/** One linear memory for all tensors: ranges at multiples of 256 bytes, kept by size for reuse. */
import { LimitError, OutOfMemoryError } from '../../errors.ts';
import { alignedLength, type MemoryInfo } from '../device.ts';

const PAGE = 65536;
/** Maximum sizes to try, in bytes: an engine reserves addresses for the maximum, and some refuse the largest. */
const MAXIMA = [2 ** 31, 2 ** 30, 2 ** 29, 2 ** 28];
/** The first bytes stay unused, so that no range starts at address 0. */
const FIRST = 256;

interface Extent {
  address: number;
  length: number;
}

/**
 * Sizes above 64 KiB are rounded up to eighths of a power of two, so that nearly equal tensors share a range at the cost of at
 * most an eighth more memory.
 */
export function pooledSize(byteLength: number): number {
  const exact = alignedLength(byteLength);
  if (exact <= 65536) return exact;
  const step = 2 ** (Math.floor(Math.log2(exact)) - 3);
  return Math.ceil(exact / step) * step;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  readonly maximumPages: number;
  /** Ranges given back, by size. */
  readonly #bins = new Map<number, number[]>();
  /** Free ranges of any size, by address; never two that touch. */
  #extents: Extent[] = [];
  #top = FIRST;
  #bytes = 0;
  #buffers = 0;
  #pooledBytes = 0;
  #bytesView: Uint8Array<ArrayBuffer>;

  /**
   * @param limit most bytes of the memory
   * @throws OutOfMemoryError where not even the smallest memory can be had
   */
  constructor(shared: boolean, limit = Number.POSITIVE_INFINITY) {
    this.shared = shared;
    let made: WebAssembly.Memory | undefined;
    let cause: unknown;
    let pages = 0;
    for (const bytes of MAXIMA) {
      // The smallest is tried in any case.
      if (bytes > limit && bytes !== MAXIMA.at(-1)) continue;
      pages = bytes / PAGE;
      try {
        made = new WebAssembly.Memory({ initial: 16, maximum: pages, shared });
        break;
      } catch (error) {
        cause = error;
      }
    }
    if (!made) throw new OutOfMemoryError('the memory of the WebAssembly device', MAXIMA.at(-1) ?? 0, { cause });
    this.memory = made;
    this.maximumPages = pages;
    this.#bytesView = this.#view();
  }

  /** The whole memory; made anew after growth, so never keep it. The buffer may be shared. */
  get bytes(): Uint8Array<ArrayBuffer> {
    // A memory that has grown leaves an empty buffer behind, or (shared) a shorter one.
    if (this.#bytesView.byteLength !== this.memory.buffer.byteLength) this.#bytesView = this.#view();
    return this.#bytesView;
  }

  /**
   * @returns address of a range of `pooledSize(byteLength)` bytes with arbitrary content
   * @throws LimitError for a range larger than the whole memory may become; OutOfMemoryError where no room is left
   */
  allocate(byteLength: number, label = 'tensor'): number {
    const size = pooledSize(byteLength);
    const most = this.maximumPages * PAGE - FIRST;
    if (size > most) throw new LimitError(`${label} (one range of the WebAssembly memory, in bytes)`, size, most);
    let address = this.#bins.get(size)?.pop();
    if (address !== undefined) this.#pooledBytes -= size;
    else address = this.#carve(size) ?? this.#extend(size);
    if (address === undefined) {
      this.#mergeBins();
      address = this.#carve(size) ?? this.#extend(size);
      if (address === undefined) throw new OutOfMemoryError(label, size);
    }
    this.#bytes += size;
    this.#buffers++;
    return address;
  }

  /** Takes back a range that was allocated for `byteLength` bytes. */
  release(address: number, byteLength: number): void {
    const size = pooledSize(byteLength);
    this.#bytes -= size;
    this.#buffers--;
    this.#pooledBytes += size;
    const bin = this.#bins.get(size);
    if (bin) bin.push(address);
    else this.#bins.set(size, [address]);
  }

  memoryInfo(): MemoryInfo {
    return { bytes: this.#bytes, buffers: this.#buffers, pooledBytes: this.#pooledBytes };
  }

  /** From the smallest free range that is large enough. */
  #carve(size: number): number | undefined {
    let best: Extent | undefined;
    for (const extent of this.#extents) {
      if (extent.length >= size && (!best || extent.length < best.length)) best = extent;
    }
    if (!best) return undefined;
    const { address } = best;
    best.address += size;
    best.length -= size;
    if (best.length === 0) this.#extents.splice(this.#extents.indexOf(best), 1);
    return address;
  }

  /** From the end of the memory, which grows where needed. */
  #extend(size: number): number | undefined {
    const address = this.#top;
    const length = this.memory.buffer.byteLength;
    if (address + size > length) {
      const least = Math.ceil((address + size - length) / PAGE);
      const room = this.maximumPages - length / PAGE;
      if (least > room) return undefined;
      // A quarter more at once: growing is dear where the engine must copy.
      const wanted = Math.min(room, Math.max(least, Math.ceil(length / PAGE / 4)));
      if (!this.#grow(wanted) && !this.#grow(least)) return undefined;
    }
    this.#top += size;
    return address;
  }

  #grow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  /** Makes larger ranges of pooled ones that touch. */
  #mergeBins(): void {
    const free = [...this.#extents];
    for (const [length, addresses] of this.#bins) free.push(...addresses.map((address) => ({ address, length })));
    this.#bins.clear();
    this.#pooledBytes = 0;
    free.sort((a, b) => a.address - b.address);
    this.#extents = [];
    for (const extent of free) {
      const last = this.#extents.at(-1);
      if (last && last.address + last.length === extent.address) last.length += extent.length;
      else this.#extents.push({ ...extent });
    }
    const last = this.#extents.at(-1);
    if (last && last.address + last.length === this.#top) {
      this.#top = last.address;
      this.#extents.pop();
    }
  }

  #view(): Uint8Array<ArrayBuffer> {
    // The type of a view of shared memory differs, its use here does not.
    return new Uint8Array(this.memory.buffer as ArrayBuffer);
  }
}
