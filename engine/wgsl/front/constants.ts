/** Values of constant expressions (WGSL, §8.2 and §14.6): exact abstract integers, f64 abstract floats, rounded f32. */
import type { Scalar, Struct, Type, Value } from '../typed.ts';
import { type AnyScalar, type AnyType, isAbstract } from './types.ts';

export type ConstScalar = bigint | number | boolean;

/** A vector, array or struct; where all parts are equal it may keep one for all. */
export interface ConstList {
  readonly count: number;
  readonly items: readonly Const[];
}

/** The zero value of a composite type, whose parts are made only when they are asked for: it may be very large. */
export class Zero implements ConstList {
  readonly count: number;
  readonly #parts: () => Const[];
  #items: Const[] | undefined;

  constructor(count: number, parts: () => Const[]) {
    this.count = count;
    this.#parts = parts;
  }

  get items(): readonly Const[] {
    this.#items ??= this.#parts();
    return this.#items;
  }
}

/** Abstract integers are bigints; i32, u32 and floats are numbers. */
export type Const = ConstScalar | ConstList;

/** What a constant expression does wrong; the caller knows where. */
export class ConstantError extends Error {}

export const MAX_F32 = 3.4028234663852886e38;
const MIN_I64 = -(2n ** 63n);
const MAX_I64 = 2n ** 63n - 1n;

export function list(items: readonly Const[]): ConstList {
  return { count: items.length, items };
}

export function part(value: Const, index: number): Const {
  if (typeof value !== 'object') return value;
  return (value.items.length === 1 ? value.items[0] : value.items[index]) as Const;
}

export function parts(value: Const): Const[] {
  return typeof value === 'object' ? Array.from({ length: value.count }, (_, i) => part(value, i)) : [value];
}

export function zero(type: AnyType, structs: readonly Struct[]): Const {
  switch (type.kind) {
    case 'scalar':
      return zeroScalar(type.scalar);
    case 'vector':
      return { count: type.size, items: [zeroScalar(type.scalar)] };
    case 'array':
      return new Zero(type.length as number, () => [zero(type.element, structs)]);
    case 'struct': {
      const members = structs[type.struct]?.members ?? [];
      return new Zero(members.length, () => members.map((member) => zero(member.type, structs)));
    }
    case 'pointer':
      throw new ConstantError('a pointer has no zero value');
  }
}

function zeroScalar(scalar: AnyScalar): ConstScalar {
  return scalar === 'bool' ? false : scalar === 'abstract-int' ? 0n : 0;
}

/** Components through a function, for scalars and vectors of one size. */
export function mapConst(values: readonly Const[], f: (...values: ConstScalar[]) => ConstScalar): Const {
  const wide = values.find((value) => typeof value === 'object');
  if (wide === undefined) return f(...(values as ConstScalar[]));
  const { count } = wide as ConstList;
  return list(Array.from({ length: count }, (_, i) => f(...values.map((value) => part(value, i) as ConstScalar))));
}

// Conversions ----------------------------------------------------------------------------------------------------------------

/** The automatic conversion of an abstract number: it must fit. */
export function concretize(value: ConstScalar, from: AnyScalar, to: AnyScalar): ConstScalar {
  if (from === to || !isAbstract(from)) return value;
  if (to === 'f32' || to === 'abstract-float') return finite(Number(value), to);
  const range = to === 'i32' ? [-(2n ** 31n), 2n ** 31n - 1n] : [0n, 2n ** 32n - 1n];
  const exact = value as bigint;
  if (exact < (range[0] as bigint) || exact > (range[1] as bigint)) {
    throw new ConstantError(`the value ${exact} cannot be represented as '${to}'`);
  }
  return Number(exact);
}

/** `T(e)` between scalars (WGSL, §17.1.2): floats are cut off and kept in range, integers keep their low bits. */
export function convertScalar(value: ConstScalar, from: AnyScalar, to: AnyScalar): ConstScalar {
  if (from === to) return value;
  if (to === 'bool') return typeof value === 'bigint' ? value !== 0n : value !== 0 && value !== false;
  if (from === 'abstract-int') return concretize(value, from, to);
  const number = Number(value);
  if (to === 'f32') return finite(number, 'f32');
  const whole = Math.trunc(number);
  if (from === 'abstract-float' || from === 'f32') {
    return to === 'i32' ? Math.min(Math.max(whole, -2147483648), 2147483647) + 0 : Math.min(Math.max(whole, 0), 4294967295) + 0;
  }
  return to === 'i32' ? whole | 0 : whole >>> 0;
}

/** Rounds a float; overflow and NaN are errors of a constant expression. */
export function finite(value: number, type: AnyScalar): number {
  if (type === 'abstract-float') {
    if (Number.isFinite(value)) return value;
    throw new ConstantError(`the result ${value} cannot be represented as 'abstract-float'`);
  }
  if (!(Math.abs(value) <= MAX_F32)) throw new ConstantError(`the value ${value} cannot be represented as 'f32'`);
  return Math.fround(value);
}

function inI64(value: bigint): bigint {
  if (value < MIN_I64 || value > MAX_I64) throw new ConstantError(`the result ${value} cannot be represented as 'abstract-int'`);
  return value;
}

/** Wraps to 32 bits. */
export function wrap(value: bigint, scalar: AnyScalar): ConstScalar {
  if (scalar === 'abstract-int') return inI64(value);
  return Number(scalar === 'i32' ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value));
}

// Operators ------------------------------------------------------------------------------------------------------------------

export function negate(value: ConstScalar, scalar: AnyScalar): ConstScalar {
  if (typeof value === 'bigint') return inI64(-value);
  return scalar === 'i32' ? -value | 0 : -value;
}

export function complement(value: ConstScalar, scalar: AnyScalar): ConstScalar {
  if (typeof value === 'bigint') return ~value;
  return scalar === 'u32' ? ~Number(value) >>> 0 : ~Number(value);
}

/** One component of a binary operator; both operands of type `scalar`, but for shifts (right: u32). */
export function operate(operator: string, scalar: AnyScalar, a: ConstScalar, b: ConstScalar): ConstScalar {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
  if (scalar === 'bool') return operator === '&' ? Boolean(a) && Boolean(b) : Boolean(a) || Boolean(b);
  if (scalar === 'f32' || scalar === 'abstract-float') return operateFloats(operator, scalar, a as number, b as number);
  return operateIntegers(operator, scalar, BigInt(a), BigInt(b));
}

function operateFloats(operator: string, scalar: AnyScalar, a: number, b: number): number {
  if (b === 0 && (operator === '/' || operator === '%')) throw new ConstantError(`'${a} ${operator} ${b}': division by zero`);
  const result =
    operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : operator === '/' ? a / b : a % b;
  if (!Number.isFinite(result) || (scalar === 'f32' && Math.abs(result) > MAX_F32)) {
    throw new ConstantError(`'${a} ${operator} ${b}' cannot be represented as '${scalar}'`);
  }
  return scalar === 'f32' ? Math.fround(result) : result;
}

function operateIntegers(operator: string, scalar: AnyScalar, a: bigint, b: bigint): ConstScalar {
  switch (operator) {
    case '+':
      return wrap(a + b, scalar);
    case '-':
      return wrap(a - b, scalar);
    case '*':
      return wrap(a * b, scalar);
    case '/':
    case '%':
      if (b === 0n) throw new ConstantError(`'${a} ${operator} ${b}': integer division by zero`);
      if (b === -1n && a === (scalar === 'i32' ? -(2n ** 31n) : MIN_I64)) {
        throw new ConstantError(`'${a} ${operator} ${b}' cannot be represented as '${scalar}'`);
      }
      return wrap(operator === '/' ? a / b : a % b, scalar);
    case '&':
      return wrap(a & b, scalar);
    case '|':
      return wrap(a | b, scalar);
    case '^':
      return wrap(a ^ b, scalar);
    default:
      return shift(operator, scalar, a, b);
  }
}

function shift(operator: string, scalar: AnyScalar, a: bigint, by: bigint): ConstScalar {
  const bits = scalar === 'abstract-int' ? 64n : 32n;
  checkShift(by, scalar);
  if (operator === '>>') {
    // Of an abstract integer, shifting by 64 or more leaves the sign.
    return wrap(a >> by, scalar);
  }
  if (by >= bits) {
    if (a === 0n) return 0n;
    throw new ConstantError(`'${a} << ${by}' cannot be represented as '${scalar}'`);
  }
  const result = a << by;
  const kept = scalar === 'u32' ? BigInt.asUintN(32, result) : BigInt.asIntN(Number(bits), result);
  if (kept !== result) throw new ConstantError(`'${a} << ${by}' loses bits of '${scalar}'`);
  return wrap(result, scalar);
}

export function checkShift(by: bigint, scalar: AnyScalar): void {
  if (scalar !== 'abstract-int' && by >= 32n) throw new ConstantError(`a shift by ${by} of '${scalar}', which has 32 bits`);
}

// Into the typed form --------------------------------------------------------------------------------------------------------

/** A constant of a concrete type as a value; a zero composite as a construction without parts. */
export function constantValue(value: Const, type: Type, structs: readonly Struct[], at: number): Value {
  if (type.kind === 'scalar') return { kind: 'literal', value: value as number | boolean, type, at };
  if (isZero(value)) return { kind: 'construct', parts: [], type, at };
  const items = parts(value);
  const partType = (i: number): Type => {
    if (type.kind === 'vector') return { kind: 'scalar', scalar: type.scalar as Scalar };
    if (type.kind === 'array') return type.element;
    return (type.kind === 'struct' ? structs[type.struct]?.members[i]?.type : undefined) ?? type;
  };
  const splat = type.kind === 'vector' && items.every((item) => Object.is(item, items[0]));
  const kept = splat ? items.slice(0, 1) : items;
  return { kind: 'construct', parts: kept.map((item, i) => constantValue(item, partType(i), structs, at)), type, at };
}

export function isZero(value: Const): boolean {
  if (typeof value === 'object') return value instanceof Zero || value.items.every(isZero);
  return value === false || value === 0n || Object.is(value, 0);
}
