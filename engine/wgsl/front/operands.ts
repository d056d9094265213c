/** Checked expressions as values of the type that is wanted: the load rule and the conversions of abstract numbers. */
import type { Type, Value } from '../typed.ts';
import { type Const, type ConstScalar, concretize, constantValue, list, mapConst, zero } from './constants.ts';
import type { ConstantOperand, Context, Operand, Reference, ValueOperand } from './context.ts';
import { rootOf } from './roots.ts';
import { type AnyScalar, type AnyType, concreteType, converts, isVoid, sameType, scalarCount } from './types.ts';

/** More scalars in one constant than anyone writes; they would have to be laid out in the program. */
const MAX_CONSTANT = 65536;

/** Whether a value of type `from` may stand where `to` is wanted. */
export function convertsTo(from: AnyType, to: AnyType): boolean {
  if (from.kind === 'scalar' && to.kind === 'scalar') return converts(from.scalar, to.scalar);
  if (from.kind === 'vector' && to.kind === 'vector') return from.size === to.size && converts(from.scalar, to.scalar);
  if (from.kind === 'array' && to.kind === 'array') return from.length === to.length && convertsTo(from.element, to.element);
  return sameType(from, to);
}

/** A constant with its abstract numbers made those of `to`. */
export function convertConstant(value: Const, from: AnyType, to: AnyType): Const {
  if (from === to) return value;
  if (from.kind === 'array' && to.kind === 'array') {
    const element = (item: Const) => convertConstant(item, from.element, to.element);
    return typeof value === 'object' ? { count: value.count, items: value.items.map(element) } : value;
  }
  const a = (from as { scalar?: AnyScalar }).scalar;
  const b = (to as { scalar?: AnyScalar }).scalar;
  if (!a || !b || a === b) return value;
  return mapConst([value], (v) => concretize(v as ConstScalar, a, b));
}

/** Loads a reference; others stay as they are. */
export function load(context: Context, operand: Operand): ConstantOperand | ValueOperand {
  if (operand.kind !== 'reference') {
    if (isVoid(operand.type)) context.fail(operand.at, 'this call returns nothing');
    return operand;
  }
  const { place, type, at } = operand;
  if (operand.access === 'write') context.fail(at, 'this memory can be written only');
  if (type.kind === 'array' && type.length === undefined) context.fail(at, 'a runtime-sized array cannot be read as a whole');
  if (type.kind === 'array' && typeof type.length !== 'number')
    context.fail(at, 'an array counted by overrides cannot be read as a whole');
  if (type.kind === 'struct' && isRuntimeSized(context, type))
    context.fail(at, 'a struct with a runtime-sized array cannot be read as a whole');
  noteUse(context, operand, 'read');
  return { kind: 'value', type, value: { kind: 'load', place, type, at }, override: false, at };
}

function isRuntimeSized(context: Context, type: Type): boolean {
  if (type.kind === 'struct') {
    const last = context.structs[type.struct]?.members.at(-1)?.type;
    return last !== undefined && isRuntimeSized(context, last);
  }
  return type.kind === 'array' && type.length === undefined;
}

/** The operand as a value of type `to`. `what` names the use in the error: `the initial value of 'x'`. */
export function asValue(context: Context, operand: Operand, to: Type, what: string): Value {
  return loadedAsValue(context, load(context, operand), to, what);
}

function loadedAsValue(context: Context, operand: ConstantOperand | ValueOperand, to: Type, what: string): Value {
  if (!convertsTo(operand.type, to)) {
    context.fail(operand.at, `${what} must be of type ${context.nameOf(to)}, not ${context.nameOf(operand.type)}`);
  }
  if (operand.kind === 'value') return operand.value;
  const { constant, type, at } = operand;
  const converted = context.compute(at, zero(to, context.structs), () => convertConstant(constant, type, to));
  if (scalarCount(to, context.structs) > MAX_CONSTANT && !isZeroFill(converted)) {
    context.outside(at, 'large constant', `a constant of more than ${MAX_CONSTANT} scalars is outside the subset`);
  }
  return constantValue(converted, to, context.structs, at);
}

/** Whether a constant is one element repeated, all the way down, and so cheap to write down. */
function isZeroFill(value: Const): boolean {
  if (typeof value !== 'object') return !value;
  return value.items.every(isZeroFill);
}

/** The operand as a value of the concrete type that it has by itself. */
export function concreteValue(context: Context, operand: Operand): Value {
  const loaded = load(context, operand);
  return loadedAsValue(context, loaded, concreteType(loaded.type), 'this');
}

/** A constant operand converted, still constant. */
export function constantTo(context: Context, operand: ConstantOperand, to: AnyType): ConstantOperand {
  const { constant, type, at } = operand;
  const value = context.compute(at, zero(to, context.structs), () => convertConstant(constant, type, to));
  return { kind: 'constant', type: to, constant: value, at };
}

export function constantOperand(type: AnyType, constant: Const, at: number): ConstantOperand {
  return { kind: 'constant', type, constant, at };
}

/** A value of the running program; an override-expression where all operands are constants or overrides. */
export function computed(value: Value, operands: readonly Operand[]): ValueOperand {
  const override = operands.length > 0 && operands.every((o) => o.kind === 'constant' || (o.kind === 'value' && o.override));
  return { kind: 'value', type: value.type, value, override, at: value.at };
}

/** Vector constants from components. */
export function vectorConstant(components: readonly Const[]): Const {
  return list(components);
}

/** Remembers that the function reads or writes what the reference lies in. */
export function noteUse(context: Context, reference: Reference, use: 'read' | 'written'): void {
  const scope = context.function;
  if (!scope) return;
  const root = rootOf(scope, reference.place);
  if (!root) return;
  const uses = root.kind === 'global' ? scope.globalUse : scope.parameterUse;
  const key = root.kind === 'global' ? root.global : root.local;
  const entry = uses.get(key) ?? { read: false, written: false };
  entry[use] = true;
  uses.set(key, entry);
}
