/** Host data as WGSL's buffers: what a tracer, a job or a page hands to a program, checked against the program's declarations. */
import { ChalkgradError } from '../../errors.ts';
import type { Entry, Global, Module, Override, Scalar, Struct, Type } from '../typed.ts';

/** What was given to a program does not fit its declarations. */
export class WgslInputError extends ChalkgradError {
  constructor(message: string) {
    super('WGSL_INPUT', message);
  }
}

/** The entry point of this name, or the only one. @throws WgslInputError */
export function entryOf(module: Module, name: string | undefined): Entry {
  const names = module.entries.map((entry) => entry.name).join(', ');
  if (name === undefined) {
    const [only, another] = module.entries;
    if (!only) throw new WgslInputError(`${module.path}:1:1: the program has no @compute entry point`);
    if (another) throw new WgslInputError(`${module.path} has several entry points (${names}): say which one runs`);
    return only;
  }
  const entry = module.entries.find((one) => one.name === name);
  if (!entry) throw new WgslInputError(`${module.path} has no entry point '${name}'; it has ${names || 'none'}`);
  return entry;
}

/** The storage and uniform variables that an entry point touches, as they are declared. */
export function bindingsOf(module: Module, entry: Entry): readonly { readonly global: Global; readonly index: number }[] {
  const used = [...(module.functions[entry.func]?.globals ?? [])].sort((a, b) => a - b);
  return used.flatMap((index) => {
    const global = module.globals[index];
    return global && (global.space === 'storage' || global.space === 'uniform') ? [{ global, index }] : [];
  });
}

/** What a dispatch is given, whichever device runs it. */
export interface ProgramInput {
  /** Contents of storage (and uniform) buffers by the name of their variable. */
  readonly buffers?: Readonly<Record<string, ArrayBufferView | ArrayBuffer>> | undefined;
  /** Values of the uniforms by field. */
  readonly uniform?: UniformValues | undefined;
}

/**
 * The bytes of everything that an entry point touches: copies of the given buffers, uniforms packed from their fields.
 * @throws WgslInputError where one is missing, too short or unknown
 */
export function contentsOf(
  module: Module,
  entry: Entry,
  { buffers = {}, uniform }: ProgramInput,
): readonly { readonly global: Global; readonly index: number; readonly bytes: ArrayBuffer }[] {
  const declared = module.globals.filter(({ space }) => space === 'storage' || space === 'uniform').map(({ name }) => name);
  for (const name of Object.keys(buffers)) {
    if (!declared.includes(name)) {
      throw new WgslInputError(`${module.path} has no buffer '${name}'; it has ${declared.join(', ') || 'none'}`);
    }
  }
  return bindingsOf(module, entry).map(({ global, index }) => {
    const { name, type, space } = global;
    const given = Object.hasOwn(buffers, name) ? buffers[name] : undefined;
    if (!given && space === 'uniform' && uniform) {
      return { global, index, bytes: packUniform(module, global, ofThisUniform(module, global, uniform)) };
    }
    if (!given) throw new WgslInputError(`${space === 'uniform' ? 'uniform' : 'buffer'} '${name}' is not given`);
    const needed = leastBytes(module, type);
    if (given.byteLength < needed || given.byteLength % 4 !== 0) {
      throw new WgslInputError(
        `buffer '${name}' (${typeText(module, type)}) needs ${needed} bytes or more, in words of 4; it has ${given.byteLength}`,
      );
    }
    return { global, index, bytes: copyBytes(given) };
  });
}

function copyBytes(given: ArrayBufferView | ArrayBuffer): ArrayBuffer {
  const view = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given);
  return new Uint8Array(view).buffer;
}

/** Where a program has several uniforms, their fields are given together: those of this one. A field of none stays, to be named. */
function ofThisUniform(module: Module, global: Global, values: UniformValues): UniformValues {
  const others = module.globals
    .filter((other) => other.space === 'uniform' && other !== global)
    .flatMap(({ name, type }) => [name, ...fieldsOf(module, type)]);
  const own = [global.name, ...fieldsOf(module, global.type)];
  return Object.fromEntries(Object.entries(values).filter(([key]) => own.includes(key) || !others.includes(key)));
}

const fieldsOf = (module: Module, type: Type): readonly string[] =>
  type.kind === 'struct' ? (module.structs[type.struct] as Struct).members.map(({ name }) => name) : [];

/**
 * What is given for each override, by its name or its `@id`; undefined where its own initial value holds. A bool is 0 or 1.
 * @throws WgslInputError where one is unknown, missing or of the wrong type
 */
export function overridesOf(
  { overrides, path }: Module,
  given: Readonly<Record<string, number | boolean>>,
): readonly { readonly override: Override; readonly value: number | undefined }[] {
  const known = overrides.flatMap(({ name, id }) => (id === undefined ? [name] : [name, `${id}`]));
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      throw new WgslInputError(`${path} has no override '${name}'; it has ${overrides.map((o) => o.name).join(', ') || 'none'}`);
    }
  }
  return overrides.map((override) => {
    const { name, id, scalar, initial } = override;
    const key = id !== undefined && Object.hasOwn(given, id) ? `${id}` : name;
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (value === undefined && !initial) {
      throw new WgslInputError(`${path}: override '${name}' has no initial value and is not given`);
    }
    if (value === undefined) return { override, value };
    return { override, value: scalarValue(scalar, scalar === 'bool' ? Boolean(value) : Number(value), `override '${name}'`) };
  });
}

/** WebGPU's default limit. */
const MAX_WORKGROUPS = 65_535;

/** @throws WgslInputError where WebGPU would not dispatch so many workgroups */
export function checkWorkgroups(grid: readonly number[]): void {
  if (grid.length !== 3 || grid.some((n) => !Number.isInteger(n) || n < 0 || n > MAX_WORKGROUPS)) {
    throw new WgslInputError(`workgroups must be three numbers from 0 to ${MAX_WORKGROUPS}, not ${JSON.stringify(grid)}`);
  }
}

/** WGSL of a type, for messages. */
export function typeText(module: Module, type: Type): string {
  switch (type.kind) {
    case 'scalar':
      return type.scalar;
    case 'vector':
      return `vec${type.size}${type.scalar === 'bool' ? '<bool>' : type.scalar[0]}`;
    case 'array':
      return `array<${typeText(module, type.element)}${typeof type.length === 'number' ? `, ${type.length}` : ''}>`;
    case 'struct':
      return module.structs[type.struct]?.name ?? 'struct';
    case 'pointer':
      return `ptr<${type.space}, ${typeText(module, type.to)}>`;
  }
}

/** Bytes that a binding of this type needs at least: a runtime-sized array needs one element. */
export function leastBytes(module: Module, type: Type): number {
  switch (type.kind) {
    case 'scalar':
    case 'pointer':
      return 4;
    case 'vector':
      return 4 * type.size;
    case 'array':
      return type.stride * (typeof type.length === 'number' ? type.length : 1);
    case 'struct': {
      const struct = module.structs[type.struct] as Struct;
      const last = struct.members.at(-1);
      const open = last && last.type.kind === 'array' && last.type.length === undefined;
      return open ? last.offset + leastBytes(module, last.type) : struct.size;
    }
  }
}

/** The scalar type of everything in a type; undefined where it is mixed. */
export function scalarWithin(module: Module, type: Type): Scalar | undefined {
  switch (type.kind) {
    case 'scalar':
    case 'vector':
      return type.scalar;
    case 'array':
      return scalarWithin(module, type.element);
    case 'struct': {
      const kinds = new Set(module.structs[type.struct]?.members.map((member) => scalarWithin(module, member.type)));
      return kinds.size === 1 ? [...kinds][0] : undefined;
    }
    case 'pointer':
      return undefined;
  }
}

/** Values of a uniform: by field where it is a struct, else the value itself. */
export type UniformValues = Readonly<Record<string, unknown>>;

/**
 * The bytes of a uniform from the values of its fields. The variable's own name may stand around the fields.
 * @throws WgslInputError naming the field
 */
export function packUniform(module: Module, global: Global, values: UniformValues): ArrayBuffer {
  const bytes = new ArrayBuffer(Math.ceil(leastBytes(module, global.type) / 16) * 16);
  const view = new DataView(bytes);
  if (global.type.kind !== 'struct') {
    if (!Object.hasOwn(values, global.name)) throw new WgslInputError(`uniform '${global.name}' is not given`);
    put(module, view, 0, global.type, values[global.name], `uniform '${global.name}'`);
    return bytes;
  }
  const struct = module.structs[global.type.struct] as Struct;
  const inside = values[global.name];
  const named = inside !== undefined && !struct.members.some(({ name }) => name === global.name);
  put(module, view, 0, global.type, named ? inside : values, `uniform '${global.name}'`);
  return bytes;
}

function put(module: Module, view: DataView, offset: number, type: Type, value: unknown, where: string): void {
  switch (type.kind) {
    case 'scalar':
      putScalar(view, offset, type.scalar, value, where);
      return;
    case 'vector':
      putEach(module, view, offset, value, type.size, { kind: 'scalar', scalar: type.scalar }, 4, where);
      return;
    case 'array':
      if (typeof type.length !== 'number') throw new WgslInputError(`${where} has no fixed size`);
      putEach(module, view, offset, value, type.length, type.element, type.stride, where);
      return;
    case 'struct': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new WgslInputError(`${where}: expected an object with the fields of ${typeText(module, type)}`);
      }
      const { members, name } = module.structs[type.struct] as Struct;
      const given = value as Readonly<Record<string, unknown>>;
      const fields = members.map((member) => member.name);
      for (const key of Object.keys(given)) {
        if (!fields.includes(key)) throw new WgslInputError(`${where} has no field '${key}'; ${name} has ${fields.join(', ')}`);
      }
      for (const member of members) {
        if (!Object.hasOwn(given, member.name)) throw new WgslInputError(`${where}: field '${member.name}' is not given`);
        put(module, view, offset + member.offset, member.type, given[member.name], `${where}, field '${member.name}'`);
      }
      return;
    }
    case 'pointer':
      throw new WgslInputError(`${where} is a pointer`);
  }
}

function putEach(
  module: Module,
  view: DataView,
  offset: number,
  value: unknown,
  count: number,
  type: Type,
  stride: number,
  where: string,
): void {
  if (!Array.isArray(value) || value.length !== count) {
    throw new WgslInputError(
      `${where}: expected a list of ${count} values${Array.isArray(value) ? `, got ${value.length}` : ''}`,
    );
  }
  value.forEach((item, i) => {
    put(module, view, offset + i * stride, type, item, `${where}, element ${i}`);
  });
}

function putScalar(view: DataView, offset: number, scalar: Scalar, value: unknown, where: string): void {
  const number = scalarValue(scalar, value, where);
  if (scalar === 'f32') view.setFloat32(offset, number, true);
  else if (scalar === 'i32') view.setInt32(offset, number, true);
  else view.setUint32(offset, number, true);
}

/** A value of a scalar type; a bool is 0 or 1. @throws WgslInputError */
export function scalarValue(scalar: Scalar, value: unknown, where: string): number {
  if (scalar === 'bool' && typeof value === 'boolean') return Number(value);
  const special = typeof value === 'string' && Object.hasOwn(SPECIAL, value) ? SPECIAL[value] : undefined;
  if (special !== undefined && scalar === 'f32') return special;
  if (typeof value !== 'number')
    throw new WgslInputError(`${where}: expected a number (${scalar}), got ${JSON.stringify(value)}`);
  if (scalar === 'f32') return Math.fround(value);
  const [low, high] = scalar === 'i32' ? [-(2 ** 31), 2 ** 31 - 1] : scalar === 'u32' ? [0, 2 ** 32 - 1] : [0, 1];
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new WgslInputError(`${where}: ${value} is no ${scalar} (${low} to ${high})`);
  }
  return value;
}

/** JSON has no numbers for these. */
const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
