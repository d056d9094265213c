/** Where the intermediate results of a recorded step lie: needless copies dropped, memory shared by lifetime. */
import { alignedLength, type Device, type DeviceBuffer, type KernelRun } from './device.ts';

/** Memory that a recording has promised but not yet placed. */
export interface VirtualBuffer extends DeviceBuffer {
  readonly virtual: true;
  /** Set for a range of another virtual buffer. */
  readonly base: VirtualBuffer | undefined;
  released: boolean;
  physical: DeviceBuffer | undefined;
  /** Its recording has been disposed: the memory belongs to others. */
  gone: boolean;
}

export function isVirtual(buffer: DeviceBuffer): buffer is VirtualBuffer {
  return 'virtual' in buffer;
}

const overlap = (a: DeviceBuffer, b: DeviceBuffer): boolean =>
  a.root === b.root && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;

/** The ends of a run that copies the whole of one buffer to the whole of another, as a gradient into its place beside the others. */
function wholeCopy({ kernel, buffers, params }: KernelRun): { x: DeviceBuffer; y: DeviceBuffer } | undefined {
  const words = kernel.copies?.(params);
  const [x, y] = [buffers[kernel.inputs[0] as string], buffers[kernel.outputs[0] as string]];
  return words !== undefined && x?.byteLength === 4 * words && y?.byteLength === 4 * words ? { x, y } : undefined;
}

/**
 * Drops copies of an intermediate result x into memory y outside the recording: whoever made x writes y instead. Only where x is
 * released, and nobody touches y between the first write of x and the copy.
 */
export function withoutCopies(runs: readonly KernelRun[]): readonly KernelRun[] {
  let current = runs;
  for (const copy of runs) {
    const ends = wholeCopy(copy);
    if (!ends) continue;
    const { x, y } = ends;
    if (!isVirtual(x) || x.base || !x.released || x.physical || isVirtual(y)) continue;
    const at = current.indexOf(copy);
    const uses = (run: KernelRun, buffer: DeviceBuffer) => Object.values(run.buffers).some((b) => overlap(b, buffer));
    const first = current.findIndex((run) => uses(run, x));
    const between = current.slice(first, at);
    const ranged = current.some((run) => Object.values(run.buffers).some((b) => b !== x && b.root === x.root));
    // A kernel may not read one part of a buffer while it writes another; it may write two parts.
    const reads = (run: KernelRun, root: number) => run.kernel.inputs.some((name) => run.buffers[name]?.root === root);
    const clashes = between.some((run) => uses(run, y) || (uses(run, x) && reads(run, y.root)));
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

/** Most memory that a result may waste by lying in a larger buffer that is free. */
const WASTE = 4;

/** Buffers that are free for reuse, smallest first. */
class FreeList {
  readonly #buffers: DeviceBuffer[] = [];

  put(buffer: DeviceBuffer): void {
    const at = this.#buffers.findIndex((other) => other.byteLength >= buffer.byteLength);
    this.#buffers.splice(at < 0 ? this.#buffers.length : at, 0, buffer);
  }

  /** The smallest that holds `size` bytes without wasting too much. */
  take(size: number): DeviceBuffer | undefined {
    const at = this.#buffers.findIndex((buffer) => buffer.byteLength >= size);
    if (at < 0 || (this.#buffers[at] as DeviceBuffer).byteLength > WASTE * size) return undefined;
    return this.#buffers.splice(at, 1)[0];
  }
}

export interface Placement {
  /** Allocations that belong to the recording. */
  readonly owned: DeviceBuffer[];
  /** Bytes allocated for intermediate results, and what they would take without sharing. */
  readonly planned: number;
  readonly unshared: number;
}

/** Gives each virtual buffer memory: two share when the last use of one comes before the first use of the other. */
export function placeBuffers(made: readonly VirtualBuffer[], runs: readonly KernelRun[], backend: Device): Placement {
  const lastUse = new Map<VirtualBuffer, number>();
  const rootsOf = (run: KernelRun) =>
    new Set(
      Object.values(run.buffers)
        .filter(isVirtual)
        .map((buffer) => buffer.base ?? buffer),
    );
  runs.forEach((run, index) => {
    for (const root of rootsOf(run)) lastUse.set(root, index);
  });
  const owned: DeviceBuffer[] = [];
  const free = new FreeList();
  let planned = 0;
  let unshared = 0;
  // Constants written while recording have their memory already and never share it.
  for (const buffer of made) if (!buffer.base && buffer.physical) owned.push(buffer.physical);
  /** The allocations in which shareable results lie. */
  const places = new Map<VirtualBuffer, DeviceBuffer>();
  const place = (root: VirtualBuffer, mayShare: boolean): void => {
    if (root.physical) return;
    const size = alignedLength(root.byteLength);
    unshared += size;
    let allocation = mayShare ? free.take(size) : undefined;
    if (!allocation) {
      allocation = backend.allocate(size, 'recorded intermediate');
      owned.push(allocation);
      planned += size;
    }
    places.set(root, allocation);
    // As long as the result, not as its place: kernels are compiled for the length of what they read.
    root.physical = allocation.byteLength === size ? allocation : backend.view(allocation, 0, size);
  };
  runs.forEach((run, index) => {
    const roots = rootsOf(run);
    // What is still held when recording ends is a result: nobody else may write there, before or after.
    for (const root of roots) place(root, root.released);
    for (const root of roots) {
      const allocation = places.get(root);
      if (allocation && root.released && lastUse.get(root) === index) free.put(allocation);
    }
  });
  for (const buffer of made) {
    const root = buffer.base ?? buffer;
    if (!root.released || buffer.base) place(root, false);
    if (buffer.base) buffer.physical ??= backend.view(root.physical as DeviceBuffer, buffer.byteOffset, buffer.byteLength);
  }
  return { owned, planned, unshared };
}
