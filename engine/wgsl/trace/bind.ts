/** Host data as WGSL's buffers: what a tracer, a job or a page hands to a program, checked against the program's declarations. */
import { ChalkgradError } from '../../errors.ts';
import type { Entry, Global, Module, Scalar, Struct, Type } from '../typed.ts';

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
    if (!only) throw new WgslInputError(`${module.path} has no @compute entry point`);
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
