/** How each address space is read and written. An access names the element (`unit`) that it may race over: a scalar or a whole vector. */
import type { Scalar } from '../typed.ts';
import type { BoundBuffer, Invocation, Machine } from './machine.ts';

/** Addresses of storage pointers: the buffer's index times this, plus the word. */
const BUFFER_FACTOR = 2 ** 32;

export interface Memory {
  load(s: Invocation, address: number, unit: number, scalar: Scalar, at: number): number;
  loadVector(s: Invocation, address: number, size: number, scalar: Scalar, at: number): number[];
  store(s: Invocation, address: number, unit: number, scalar: Scalar, value: number, at: number): void;
  storeVector(s: Invocation, address: number, scalar: Scalar, value: readonly number[], at: number): void;
  /** Words from an address to the end of the binding: what a runtime-sized array has. */
  wordsFrom(address: number): number;
  /** What a pointer to this address holds. */
  pointer(address: number): number;
}

const noRuntimeArray = (): never => {
  throw new Error('runtime-sized arrays lie in storage');
};

/** Variables of the function and private address space. `whenUnset` is told of reads of cells that nothing has written. */
export class CellMemory implements Memory {
  readonly #whenUnset: ((s: Invocation, address: number, at: number) => void) | undefined;

  constructor(whenUnset: ((s: Invocation, address: number, at: number) => void) | undefined) {
    this.#whenUnset = whenUnset;
  }

  /** Whether reads are looked at. */
  get watched(): boolean {
    return this.#whenUnset !== undefined;
  }

  load(s: Invocation, address: number, _unit: number, _scalar: Scalar, at: number): number {
    if (s.written[address] === 0) this.#whenUnset?.(s, address, at);
    return s.cells[address] as number;
  }

  loadVector(s: Invocation, address: number, size: number, _scalar: Scalar, at: number): number[] {
    const out = new Array<number>(size);
    for (let i = 0; i < size; i++) {
      if (s.written[address + i] === 0) this.#whenUnset?.(s, address + i, at);
      out[i] = s.cells[address + i] as number;
    }
    return out;
  }

  store(s: Invocation, address: number, _unit: number, _scalar: Scalar, value: number): void {
    s.cells[address] = value;
    s.written[address] = 1;
  }

  storeVector(s: Invocation, address: number, _scalar: Scalar, value: readonly number[]): void {
    for (let i = 0; i < value.length; i++) {
      s.cells[address + i] = value[i] as number;
      s.written[address + i] = 1;
    }
  }

  wordsFrom = noRuntimeArray;

  pointer(address: number): number {
    return address;
  }
}

export class WorkgroupMemory implements Memory {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  load(s: Invocation, address: number, unit: number, _scalar: Scalar, at: number): number {
    const value = this.#machine.workgroup[address] as number;
    this.#machine.touchWorkgroup(s, unit, false, at, value);
    return value;
  }

  loadVector(s: Invocation, address: number, size: number, _scalar: Scalar, at: number): number[] {
    const out = new Array<number>(size);
    for (let i = 0; i < size; i++) out[i] = this.#machine.workgroup[address + i] as number;
    this.#machine.touchWorkgroup(s, address, false, at, out);
    return out;
  }

  store(s: Invocation, address: number, unit: number, _scalar: Scalar, value: number, at: number): void {
    this.#machine.touchWorkgroup(s, unit, true, at, value);
    this.#machine.workgroup[address] = value;
  }

  storeVector(s: Invocation, address: number, _scalar: Scalar, value: readonly number[], at: number): void {
    this.#machine.touchWorkgroup(s, address, true, at, value);
    for (let i = 0; i < value.length; i++) this.#machine.workgroup[address + i] = value[i] as number;
  }

  wordsFrom = noRuntimeArray;

  pointer(address: number): number {
    return address;
  }
}

type View = Float32Array | Int32Array | Uint32Array;

/** A bool never lies in a buffer. */
export function viewOf(buffer: BoundBuffer, scalar: Scalar): View {
  return scalar === 'f32' ? buffer.f32 : scalar === 'i32' ? buffer.i32 : buffer.u32;
}

/** One buffer, known while compiling. */
export class BufferMemory implements Memory {
  readonly buffer: BoundBuffer;
  readonly #machine: Machine;

  constructor(machine: Machine, buffer: BoundBuffer) {
    this.#machine = machine;
    this.buffer = buffer;
  }

  load(s: Invocation, address: number, unit: number, scalar: Scalar, at: number): number {
    const value = viewOf(this.buffer, scalar)[address] as number;
    this.#machine.touchBuffer(this.buffer, s, unit, false, at, value);
    return value;
  }

  loadVector(s: Invocation, address: number, size: number, scalar: Scalar, at: number): number[] {
    const view = viewOf(this.buffer, scalar);
    const out = new Array<number>(size);
    for (let i = 0; i < size; i++) out[i] = view[address + i] as number;
    this.#machine.touchBuffer(this.buffer, s, address, false, at, out);
    return out;
  }

  store(s: Invocation, address: number, unit: number, scalar: Scalar, value: number, at: number): void {
    this.#machine.touchBuffer(this.buffer, s, unit, true, at, value);
    viewOf(this.buffer, scalar)[address] = value;
  }

  storeVector(s: Invocation, address: number, scalar: Scalar, value: readonly number[], at: number): void {
    this.#machine.touchBuffer(this.buffer, s, address, true, at, value);
    const view = viewOf(this.buffer, scalar);
    for (let i = 0; i < value.length; i++) view[address + i] = value[i] as number;
  }

  wordsFrom(address: number): number {
    return this.buffer.u32.length - address;
  }

  pointer(address: number): number {
    return this.buffer.index * BUFFER_FACTOR + address;
  }
}

/** Any buffer: the address says which. */
export class PointedMemory implements Memory {
  readonly #machine: Machine;
  readonly #memories = new Map<number, BufferMemory>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  #at(address: number): BufferMemory {
    const index = Math.floor(address / BUFFER_FACTOR);
    let memory = this.#memories.get(index);
    if (!memory) {
      const buffer = this.#machine.buffers[index];
      if (!buffer) throw new Error(`a pointer to buffer ${index}, which is not bound`);
      memory = new BufferMemory(this.#machine, buffer);
      this.#memories.set(index, memory);
    }
    return memory;
  }

  load(s: Invocation, address: number, unit: number, scalar: Scalar, at: number): number {
    return this.#at(address).load(s, address % BUFFER_FACTOR, unit % BUFFER_FACTOR, scalar, at);
  }

  loadVector(s: Invocation, address: number, size: number, scalar: Scalar, at: number): number[] {
    return this.#at(address).loadVector(s, address % BUFFER_FACTOR, size, scalar, at);
  }

  store(s: Invocation, address: number, unit: number, scalar: Scalar, value: number, at: number): void {
    this.#at(address).store(s, address % BUFFER_FACTOR, unit % BUFFER_FACTOR, scalar, value, at);
  }

  storeVector(s: Invocation, address: number, scalar: Scalar, value: readonly number[], at: number): void {
    this.#at(address).storeVector(s, address % BUFFER_FACTOR, scalar, value, at);
  }

  wordsFrom(address: number): number {
    return this.#at(address).wordsFrom(address % BUFFER_FACTOR);
  }

  pointer(address: number): number {
    return address;
  }
}
