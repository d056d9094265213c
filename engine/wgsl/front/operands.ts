/** Checked expressions as values of the type that is wanted: the load rule and the conversions of abstract numbers. */
import type { Type, Value } from '../typed.ts';
import { type Const, type ConstScalar, concretize, constantValue, list, mapConst, Zero, zero } from './constants.ts';
import type { ConstantOperand, Context, Operand, Reference, ValueOperand } from './context.ts';
import { rootOf } from './roots.ts';
import { type AnyScalar, type AnyType, concreteType, converts, hasAbstract, isVoid, sameType, scalarCount } from './types.ts';

/** More scalars in one constant than anyone writes; they would have to be laid out in the program. */
const MAX_CONSTANT = 16384;

/** Whether a value of type `from` may stand where `to` is wanted. */
export function convertsTo(from: AnyType, to: AnyType): boolean {
  if (from.kind === 'scalar' && to.kind === 'scalar') return converts(from.scalar, to.scalar);
  if (from.kind === 'vector' && to.kind === 'vector') return from.size === to.size && converts(from.scalar, to.scalar);
  if (from.kind === 'array' && to.kind === 'array') return from.length === to.length && convertsTo(from.element, to.element);
  return sameType(from, to);
}

/** A constant with its abstract numbers made those of `to`. */
export function convertConstant(value: Const, from: AnyType, to: AnyType): Const {
  if (from === to || sameType(from, to)) return value;
  if (value instanceof Zero) return zero(to, []);
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

/**
 * The operand as a value of type `to`.
 * @param what names the use in the error: `the initial value of 'x'`
 * @param at where an operand of another type is complained about
 */
export function asValue(context: Context, operand: Operand, to: Type, what: string, at = operand.at): Value {
  return loadedAsValue(context, load(context, operand), to, what, at);
}

/** Where Dawn says that a type does not fit: of abstract numbers where they stand, of others where they are used. */
export function mismatchAt(operand: Operand, to: Type, usedAt: number): number {
  const { type, at } = operand;
  const otherCount = type.kind === 'array' && to.kind === 'array' && type.length !== to.length;
  return hasAbstract(type) && !otherCount ? at : usedAt;
}

function loadedAsValue(context: Context, operand: ConstantOperand | ValueOperand, to: Type, what: string, usedAt: number): Value {
  if (!convertsTo(operand.type, to)) {
    context.fail(
      mismatchAt(operand, to, usedAt),
      `${what} must be of type ${context.nameOf(to)}, not ${context.nameOf(operand.type)}`,
    );
  }
  if (operand.kind === 'value') return operand.value;
  const { constant, type, at } = operand;
  const scalars = countOf(context, constant, type, at);
  const converted = context.compute(at, zero(to, context.structs), () => convertConstant(constant, type, to));
  context.layOut(at, scalars);
  return constantValue(converted, to, context.structs, at);
}

/** Scalars of a constant that are written down; zeros are not. More than anyone writes are refused before they take time. */
function countOf(context: Context, constant: Const, type: AnyType, at: number): number {
  if (typeof constant !== 'object' || constant instanceof Zero) return 1;
  const scalars = scalarCount(type, context.structs);
  if (scalars > MAX_CONSTANT) {
    context.outside(at, 'large constant', `a constant of more than ${MAX_CONSTANT} scalars is outside the subset`);
  }
  return scalars;
}

/** The operand as a value of the concrete type that it has by itself. */
export function concreteValue(context: Context, operand: Operand): Value {
  const loaded = load(context, operand);
  return loadedAsValue(context, loaded, concreteType(loaded.type), 'this', loaded.at);
}

/** A constant operand converted, still constant. */
export function constantTo(context: Context, operand: ConstantOperand, to: AnyType): ConstantOperand {
  const { constant, type, at } = operand;
  if (!sameType(type, to)) countOf(context, constant, type, at);
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
