/** What the typed form is compiled to: closures over an invocation. Constants are known while compiling, so dead branches fall away. */
import type { Func, Local, Place, Type, Value } from '../typed.ts';
import type { Invocation, Machine } from './machine.ts';
import type { PlaceCode } from './places.ts';

/** A scalar, or the address that a pointer holds. */
export type NumberCode = (s: Invocation) => number;
/** A vector, array or struct as words. */
export type WordsCode = (s: Invocation) => readonly number[];

/** Where a local lies: `cell` for scalars, pointers and variables, `object` for composite `let`s and parameters. */
export interface Slot {
  readonly cell: number;
  readonly object: number;
  /** A variable declared without an initial value: reads before the first write are pointed out. */
  readonly unset: boolean;
}

/** The function that is being compiled. */
export interface Scope {
  readonly func: Func;
  readonly slots: readonly Slot[];
}

export interface Compiler {
  readonly machine: Machine;
  readonly scope: Scope;
  number(value: Value): NumberCode;
  words(value: Value): WordsCode;
  place(place: Place): PlaceCode;
  /** Evaluates the arguments into the parameters of a function and runs it; the result is in `s.result`. */
  call(func: number, args: readonly Value[]): (s: Invocation) => void;
}

const constants = new WeakMap<NumberCode, number>();

export function constantCode(value: number): NumberCode {
  const code: NumberCode = () => value;
  constants.set(code, value);
  return code;
}

/** The value of a code that is constant. */
export const constantOf = (code: NumberCode): number | undefined => constants.get(code);

export function slotOf(scope: Scope, local: number): Slot {
  const slot = scope.slots[local];
  if (!slot) throw new Error(`no local ${local} in ${scope.func.name}`);
  return slot;
}

export function localOf(scope: Scope, local: number): Local {
  const found = scope.func.locals[local];
  if (!found) throw new Error(`no local ${local} in ${scope.func.name}`);
  return found;
}

/** The scalar type of a scalar or vector. */
export function scalarOf(type: Type): 'f32' | 'i32' | 'u32' | 'bool' {
  if (type.kind !== 'scalar' && type.kind !== 'vector') throw new Error(`a ${type.kind} has no scalar type`);
  return type.scalar;
}
