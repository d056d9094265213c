/** Places as addresses, with every index held against the length of what it indexes. */
import type { Element, Place, Type } from '../typed.ts';
import { type Compiler, constantCode, constantOf, type NumberCode, scalarOf, slotOf, type WordsCode } from './code.ts';
import { idText } from './findings.ts';
import type { Invocation } from './machine.ts';
import { BufferMemory, CellMemory, type Memory, PointedMemory, viewOf, WorkgroupMemory } from './memory.ts';
import { placeText } from './text.ts';

/** An address with its memory. The address is -1 where an index was out of bounds: then reads give 0 and writes do nothing. */
export interface PlaceCode {
  readonly type: Type;
  readonly at: number;
  readonly memory: Memory;
  readonly address: NumberCode;
  /** One component of a vector: `machine.unit` holds the vector's address once `address` has run. */
  readonly component: boolean;
}

export function compilePlace(c: Compiler, place: Place): PlaceCode {
  const { machine } = c;
  const { type, at } = place;
  switch (place.kind) {
    case 'global': {
      const global = machine.module.globals[place.global];
      const buffer = machine.buffers[place.global];
      if (buffer) return { type, at, memory: new BufferMemory(machine, buffer), address: constantCode(0), component: false };
      const offset = machine.globalOffsets[place.global];
      if (!global || offset === undefined) throw new Error(`variable ${global?.name ?? place.global} is not bound`);
      const memory = global.space === 'workgroup' ? new WorkgroupMemory(machine) : cells(c, global.initial === undefined);
      return { type, at, memory, address: constantCode(offset), component: false };
    }
    case 'variable': {
      const slot = slotOf(c.scope, place.local);
      return { type, at, memory: cells(c, slot.unset), address: constantCode(slot.cell), component: false };
    }
    case 'deref':
      return derefCode(c, place);
    case 'member': {
      const base = c.place(place.base);
      if (base.type.kind !== 'struct') throw new Error('a member of no struct');
      const offset = (machine.layout.struct(base.type).members[place.member]?.offset ?? 0) / 4;
      return { type, at, memory: base.memory, address: shifted(base.address, offset), component: false };
    }
    case 'element':
      return elementCode(c, place);
  }
}

function derefCode(c: Compiler, place: Place & { kind: 'deref' }): PlaceCode {
  const { pointer, type, at } = place;
  if (pointer.kind === 'address') return { ...c.place(pointer.place), at };
  if (pointer.type.kind !== 'pointer') throw new Error('what is dereferenced is no pointer');
  const { space } = pointer.type;
  const memory =
    space === 'function' || space === 'private'
      ? cells(c, true)
      : space === 'workgroup'
        ? new WorkgroupMemory(c.machine)
        : new PointedMemory(c.machine);
  return { type, at, memory, address: c.number(pointer), component: false };
}

function shifted(base: NumberCode, offset: number): NumberCode {
  const constant = constantOf(base);
  if (constant !== undefined) return constantCode(constant + offset);
  return (s) => {
    const address = base(s);
    return address < 0 ? -1 : address + offset;
  };
}

function elementCode(c: Compiler, place: Element): PlaceCode {
  const { machine } = c;
  const base = c.place(place.base);
  const index = c.number(place.index);
  const component = base.type.kind === 'vector';
  const { stride, length } = extent(c, base.type);
  const { memory } = base;
  const outside = outsideReport(c, place);
  const made = { type: place.type, at: place.at, memory, component };
  const constantBase = constantOf(base.address);
  const constantIndex = constantOf(index);
  if (constantBase !== undefined) {
    const count = length ?? Math.floor(memory.wordsFrom(constantBase) / stride);
    if (constantIndex !== undefined && constantIndex >= 0 && constantIndex < count) {
      const address = constantBase + constantIndex * stride;
      // A constant address has no code that runs, so the vector's address is set where it is not constant only.
      if (!component) return { ...made, address: constantCode(address) };
      if (memory instanceof CellMemory) return { ...made, component: false, address: constantCode(address) };
    }
    const address: NumberCode = (s) => {
      const i = index(s);
      machine.unit = constantBase;
      return i >= 0 && i < count ? constantBase + i * stride : outside(s, i, count);
    };
    return { ...made, address };
  }
  const address: NumberCode = (s) => {
    const start = base.address(s);
    if (start < 0) return -1;
    const i = index(s);
    const count = length ?? Math.floor(memory.wordsFrom(start) / stride);
    machine.unit = start;
    return i >= 0 && i < count ? start + i * stride : outside(s, i, count);
  };
  return { ...made, address };
}

/** Words from one element to the next and how many there are; undefined where the buffer decides. */
export function extent(c: Compiler, type: Type): { readonly stride: number; readonly length: number | undefined } {
  if (type.kind === 'vector') return { stride: 1, length: type.size };
  if (type.kind !== 'array') throw new Error(`an element of a ${type.kind}`);
  return { stride: type.stride / 4, length: c.machine.layout.lengthOf(type) };
}

/** @returns the code that reports an index and gives -1 */
export function outsideReport(c: Compiler, place: Element): (s: Invocation, index: number, count: number) => number {
  const name = placeText(c.machine.module, c.scope, place.base);
  return reportOutside(c, name, place.base.type.kind === 'vector', place.index.at);
}

export function reportOutside(
  c: Compiler,
  name: string,
  vector: boolean,
  at: number,
): (s: Invocation, index: number, count: number) => number {
  return (s, index, length) => {
    c.machine.findings.add('out-of-bounds', at, s.globalId, () => {
      const things = vector ? 'component' : 'element';
      const range = length > 1 ? ` (0…${length - 1})` : length === 1 ? ' (0)' : '';
      const has = `${name} has ${length === 0 ? 'no' : length} ${things}${length === 1 ? '' : 's'}${range}`;
      const wrapped = index > 0x7fffffff ? `: ${index - 2 ** 32}, wrapped around as a u32` : '';
      return {
        message: `${name}[${index}], but ${has}, in invocation ${idText(s.globalId)}${wrapped}`,
        values: { index, length },
      };
    });
    return -1;
  };
}

function cells(c: Compiler, unset: boolean): CellMemory {
  return unset ? c.machine.checkedCells : c.machine.plainCells;
}

/** The content of a scalar or pointer place. */
export function loadNumber(c: Compiler, place: PlaceCode): NumberCode {
  const { memory, address, at, component, type } = place;
  const { machine } = c;
  const constant = constantOf(address);
  if (type.kind === 'pointer') return (s) => s.cells[address(s)] as number;
  const scalar = scalarOf(type);
  if (memory instanceof CellMemory && !memory.watched) {
    if (constant !== undefined) return (s) => s.cells[constant] as number;
    return (s) => {
      const a = address(s);
      return a < 0 ? 0 : (s.cells[a] as number);
    };
  }
  if (memory instanceof BufferMemory && !memory.buffer.shadow && machine.watched < 0) {
    const view = viewOf(memory.buffer, scalar);
    if (constant !== undefined) return () => view[constant] as number;
    return (s) => {
      const a = address(s);
      return a < 0 ? 0 : (view[a] as number);
    };
  }
  if (component) {
    return (s) => {
      const a = address(s);
      return a < 0 ? 0 : memory.load(s, a, machine.unit, scalar, at);
    };
  }
  return (s) => {
    const a = address(s);
    return a < 0 ? 0 : memory.load(s, a, a, scalar, at);
  };
}

/** The content of a vector, array or struct. */
export function loadWords(c: Compiler, { memory, address, at, type }: PlaceCode): WordsCode {
  if (type.kind === 'vector') {
    const { size, scalar } = type;
    return (s) => {
      const a = address(s);
      return a < 0 ? new Array<number>(size).fill(0) : memory.loadVector(s, a, size, scalar, at);
    };
  }
  const leaves = c.machine.layout.leaves(type);
  const words = c.machine.layout.words(type);
  return (s) => {
    const out = new Array<number>(words).fill(0);
    const a = address(s);
    if (a < 0) return out;
    for (const { offset, size, scalar } of leaves) {
      if (size === 1) out[offset] = memory.load(s, a + offset, a + offset, scalar, at);
      else {
        const vector = memory.loadVector(s, a + offset, size, scalar, at);
        for (let i = 0; i < size; i++) out[offset + i] = vector[i] as number;
      }
    }
    return out;
  };
}

export type StoreNumber = (s: Invocation, address: number, value: number) => void;
export type StoreWords = (s: Invocation, address: number, value: readonly number[]) => void;

/** Writes at an address that the place's own code has just given. */
export function storeNumber(c: Compiler, { memory, type, at, component }: PlaceCode): StoreNumber {
  const scalar = scalarOf(type);
  const { machine } = c;
  return component
    ? (s, address, value) => memory.store(s, address, machine.unit, scalar, value, at)
    : (s, address, value) => memory.store(s, address, address, scalar, value, at);
}

export function storeWords(c: Compiler, { memory, type, at }: PlaceCode): StoreWords {
  if (type.kind === 'vector') return (s, address, value) => memory.storeVector(s, address, type.scalar, value, at);
  const leaves = c.machine.layout.leaves(type);
  return (s, address, value) => {
    for (const { offset, size, scalar } of leaves) {
      const a = address + offset;
      if (size === 1) memory.store(s, a, a, scalar, value[offset] as number, at);
      else memory.storeVector(s, a, scalar, value.slice(offset, offset + size), at);
    }
  };
}
