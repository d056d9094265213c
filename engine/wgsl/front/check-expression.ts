/** Expressions: names, operators, members and elements (WGSL, §8). Calls are in check-call.ts. */
import type { BinaryOperator, Place, PointerType, Scalar, Type, Value } from '../typed.ts';
import { isBuiltin } from './builtins.ts';
import { checkCall } from './check-call.ts';
import { isBuiltinType } from './check-type.ts';
import {
  type Const,
  type ConstScalar,
  checkShift,
  complement,
  list,
  mapConst,
  negate,
  operate,
  part,
  parts,
  zero,
} from './constants.ts';
import type { ConstantOperand, Context, Meaning, Operand, Reference, ValueOperand } from './context.ts';
import { functionOf } from './context.ts';
import { parseNumber } from './literals.ts';
import { asValue, computed, concreteValue, constantOperand, constantTo, load } from './operands.ts';
import type {
  BinaryExpression,
  Expression,
  IndexExpression,
  MemberExpression,
  NameExpression,
  UnaryExpression,
} from './syntax.ts';
import {
  type AnyScalarType,
  type AnyType,
  type AnyVectorType,
  BOOL,
  commonScalar,
  concreteScalar,
  concreteType,
  I32,
  isAbstract,
  isInteger,
  isNumeric,
  sameType,
  scalarOf,
  scalarType,
  U32,
  vectorType,
  withScalar,
} from './types.ts';

type Loaded = ConstantOperand | ValueOperand;

export function checkExpression(context: Context, node: Expression): Operand {
  switch (node.kind) {
    case 'number': {
      const literal = context.compute(node.at, { scalar: 'abstract-int' as const, value: 0n }, () => parseNumber(node.text));
      if (literal.scalar === 'f16') return context.outside(node.at, 'f16');
      return constantOperand(scalarType(literal.scalar), literal.value, node.at);
    }
    case 'bool':
      return constantOperand(BOOL, node.value, node.at);
    case 'name':
      return checkName(context, node);
    case 'call':
      return checkCall(context, node);
    case 'index':
      return checkIndex(context, node);
    case 'member':
      return checkMember(context, node);
    case 'unary':
      return checkUnary(context, node);
    case 'binary':
      return checkBinary(context, node);
  }
}

/** The expression as a value, loaded where it is a reference. */
export function checkValue(context: Context, node: Expression): Loaded {
  return load(context, checkExpression(context, node));
}

function checkName(context: Context, node: NameExpression): Operand {
  const { name, at } = node;
  const symbol = context.lookup(name);
  if (node.template) context.fail(at, `'${name}<…>' is no value`);
  if (symbol) rejectSkipped(context, symbol, name);
  if (!symbol) {
    if (isBuiltinType(name)) context.fail(at, `the type '${name}' is no value; write '${name}(…)' for one`);
    if (isBuiltin(name)) context.fail(at, `the function '${name}' is no value; call it`);
    return context.fail(at, `'${name}' is not declared`);
  }
  switch (symbol.kind) {
    case 'constant':
      return constantOperand(symbol.type, symbol.constant, at);
    case 'override': {
      const type = scalarType(context.overrides[symbol.override]?.scalar ?? 'f32');
      return { kind: 'value', type, value: { kind: 'override', override: symbol.override, type, at }, override: true, at };
    }
    case 'global': {
      const global = context.globals[symbol.global];
      if (!global || !context.function) return context.fail(at, `the variable '${name}' cannot be used at module scope`);
      context.function.globals.add(symbol.global);
      const place: Place = { kind: 'global', global: symbol.global, type: global.type, at };
      return { kind: 'reference', type: global.type, place, space: global.space, access: global.access, component: false, at };
    }
    case 'local': {
      const local = functionOf(context).locals[symbol.local];
      if (!local) return context.fail(at, `'${name}' is not declared`);
      const { type } = local;
      if (local.kind !== 'var') {
        return { kind: 'value', type, value: { kind: 'local', local: symbol.local, type, at }, override: false, at };
      }
      const place: Place = { kind: 'variable', local: symbol.local, type, at };
      return { kind: 'reference', type, place, space: 'function', access: 'read_write', component: false, at };
    }
    case 'function':
      return context.fail(at, `the function '${name}' is no value; call it`);
    case 'type':
      return context.fail(at, `the type '${name}' is no value; write '${name}(…)' for one`);
  }
}

/** In a continuing block, a name that a `continue` of its loop may have jumped over. */
function rejectSkipped(context: Context, meaning: Meaning, name: string): void {
  for (const { skipped } of context.function?.flow ?? []) {
    if (skipped?.meanings?.includes(meaning)) {
      context.fail(skipped.at, `this 'continue' jumps over the declaration of '${name}', which the continuing block uses`);
    }
  }
}

// Unary ----------------------------------------------------------------------------------------------------------------------

function checkUnary(context: Context, node: UnaryExpression): Operand {
  const { operator, at } = node;
  if (operator === '&') return addressOf(context, node);
  if (operator === '*') {
    const pointer = checkValue(context, node.operand);
    if (pointer.type.kind !== 'pointer' || pointer.kind !== 'value') {
      return context.fail(node.operand.at, `only pointers can be followed, not ${context.nameOf(pointer.type)}`);
    }
    return follow(pointer.value, pointer.type, at);
  }
  const operand = checkValue(context, node.operand);
  const { type } = operand;
  const scalar = scalarOf(type);
  const fits =
    operator === '!' ? scalar === 'bool' : operator === '~' ? isInteger(scalar) : isNumeric(scalar) && scalar !== 'u32';
  if (!fits || scalar === undefined) return context.fail(at, `'${operator}' cannot take ${context.nameOf(type)}`);
  if (operand.kind === 'value') {
    return computed({ kind: 'unary', operator, operand: operand.value, type: operand.type, at }, [operand]);
  }
  const apply = (value: ConstScalar): ConstScalar =>
    operator === '!' ? !value : operator === '~' ? complement(value, scalar) : negate(value, scalar);
  const value = context.compute(at, operand.constant, () => mapConst([operand.constant], (v) => apply(v as ConstScalar)));
  return constantOperand(type, value, at);
}

function addressOf(context: Context, node: UnaryExpression): Operand {
  const operand = checkExpression(context, node.operand);
  if (operand.kind !== 'reference') return context.fail(node.operand.at, "'&' needs a variable or a part of one");
  if (operand.component) context.fail(node.operand.at, "'&' cannot point at a component of a vector");
  const { space, access, place } = operand;
  const type: PointerType = { kind: 'pointer', space, access, to: operand.type };
  return { kind: 'value', type, value: { kind: 'address', place, type, at: node.at }, override: false, at: node.at };
}

/** What a pointer points at. */
function follow(pointer: Value, type: PointerType, at: number): Reference {
  // `*&x` is x.
  const place: Place = pointer.kind === 'address' ? pointer.place : { kind: 'deref', pointer, type: type.to, at };
  return { kind: 'reference', type: type.to, place, space: type.space, access: type.access, component: false, at };
}

// Binary ---------------------------------------------------------------------------------------------------------------------

function checkBinary(context: Context, node: BinaryExpression): Operand {
  const { operator } = node;
  if (operator === '&&' || operator === '||') return checkLogical(context, node);
  const left = checkValue(context, node.left);
  const right = checkValue(context, node.right);
  return combine(context, operator as BinaryOperator, left, right, node.at, node.chainAt);
}

function checkLogical(context: Context, node: BinaryExpression): Operand {
  const operator = node.operator as '&&' | '||';
  const left = checkValue(context, node.left);
  const decided = left.kind === 'constant' && left.constant === (operator === '||');
  if (decided) context.skipped++;
  const right = checkValue(context, node.right);
  if (decided) context.skipped--;
  for (const operand of [left, right]) {
    if (!sameType(operand.type, BOOL)) context.fail(node.at, `'${operator}' needs two bool, not ${context.nameOf(operand.type)}`);
  }
  if (left.kind === 'constant' && right.kind === 'constant') {
    return constantOperand(BOOL, operator === '&&' ? left.constant && right.constant : left.constant || right.constant, node.at);
  }
  const value: Value = {
    kind: 'binary',
    operator,
    left: asValue(context, left, BOOL, 'the left side'),
    right: asValue(context, right, BOOL, 'the right side'),
    type: BOOL,
    at: node.at,
  };
  return computed(value, [left, right]);
}

/** `left operator right`, also that of a compound assignment. */
export function combine(
  context: Context,
  operator: BinaryOperator,
  left: Loaded,
  right: Loaded,
  at: number,
  errorAt: number,
): Loaded {
  if (operator === '<<' || operator === '>>') return combineShift(context, operator, left, right, at);
  const operands = operandType(context, operator, left.type, right.type, errorAt);
  const comparison = /^[=!<>]=?$/.test(operator);
  const resultScalar = comparison ? 'bool' : operands.scalar;
  const result = withScalar(operands, resultScalar);
  if (left.kind === 'constant' && right.kind === 'constant') {
    const a = constantTo(context, left, withScalarOf(left.type, operands.scalar)).constant;
    const b = constantTo(context, right, withScalarOf(right.type, operands.scalar)).constant;
    const value = context.compute(errorAt, zero(result, context.structs), () =>
      mapConst([a, b], (x, y) => operate(operator, operands.scalar, x as ConstScalar, y as ConstScalar)),
    );
    return constantOperand(result, value, at);
  }
  const type = concreteType(operands);
  rejectZeroDivisor(context, operator, right, operands, errorAt);
  const value: Value = {
    kind: 'binary',
    operator,
    left: spread(context, left, type),
    right: spread(context, right, type),
    type: concreteType(result),
    at,
  };
  return computed(value, [left, right]);
}

/** The type, possibly abstract, that both operands take. */
function operandType(context: Context, operator: string, a: AnyType, b: AnyType, at: number): AnyScalarType | AnyVectorType {
  const mismatch = () => context.fail(at, `'${operator}' cannot take ${context.nameOf(a)} and ${context.nameOf(b)}`);
  if ((a.kind !== 'scalar' && a.kind !== 'vector') || (b.kind !== 'scalar' && b.kind !== 'vector')) return mismatch();
  const scalar = commonScalar(a.scalar, b.scalar);
  const arithmetic = /^[-+*/%]$/.test(operator);
  const sameShape = a.kind === b.kind && (a.kind === 'scalar' || a.size === (b as AnyVectorType).size);
  if (scalar === undefined || !(sameShape || (arithmetic && a.kind !== b.kind))) return mismatch();
  const fits = arithmetic
    ? isNumeric(scalar)
    : operator === '^'
      ? isInteger(scalar)
      : operator === '&' || operator === '|'
        ? isInteger(scalar) || scalar === 'bool'
        : scalar !== 'bool' || operator === '==' || operator === '!=';
  if (!fits) return mismatch();
  return a.kind === 'vector' ? vectorType(a.size, scalar) : b.kind === 'vector' ? vectorType(b.size, scalar) : scalarType(scalar);
}

function withScalarOf(type: AnyType, scalar: AnyScalarType['scalar']): AnyType {
  return type.kind === 'vector' || type.kind === 'scalar' ? withScalar(type, scalar) : type;
}

/** An operand of type `type`; a scalar beside a vector fills it. */
function spread(context: Context, operand: Loaded, type: Type): Value {
  if (type.kind !== 'vector' || operand.type.kind !== 'scalar') return asValue(context, operand, type, 'this operand');
  const part = asValue(context, operand, scalarType(type.scalar), 'this operand');
  return { kind: 'construct', parts: [part], type, at: operand.at };
}

/** Division of integers by a constant zero is refused, whatever is divided. */
function rejectZeroDivisor(
  context: Context,
  operator: string,
  right: Loaded,
  type: AnyScalarType | AnyVectorType,
  at: number,
): void {
  if ((operator !== '/' && operator !== '%') || !isInteger(type.scalar) || right.kind !== 'constant') return;
  const divisor = right.constant;
  context.compute(at, undefined, () => {
    mapConst([divisor], (value) => operate('/', 'abstract-int', 0n, BigInt(value as ConstScalar)));
  });
}

function combineShift(context: Context, operator: '<<' | '>>', left: Loaded, right: Loaded, at: number): Loaded {
  const [a, b] = [left.type, right.type];
  const mismatch = () => context.fail(at, `'${operator}' cannot shift ${context.nameOf(a)} by ${context.nameOf(b)}`);
  if ((a.kind !== 'scalar' && a.kind !== 'vector') || (b.kind !== 'scalar' && b.kind !== 'vector')) return mismatch();
  const sameShape = a.kind === b.kind && (a.kind === 'scalar' || a.size === (b as AnyVectorType).size);
  if (!sameShape || !isInteger(a.scalar) || commonScalar(b.scalar, 'u32') !== 'u32') return mismatch();
  const by = withScalar(b, 'u32');
  if (left.kind === 'constant' && right.kind === 'constant') {
    const amount = constantTo(context, right, by).constant;
    const value = context.compute(at, left.constant, () =>
      mapConst([left.constant, amount], (x, y) => operate(operator, a.scalar, x as ConstScalar, y as ConstScalar)),
    );
    return constantOperand(a, value, at);
  }
  const type = concreteType(a);
  if (right.kind === 'constant') {
    const amount = constantTo(context, right, by).constant;
    context.compute(at, undefined, () => {
      for (const value of parts(amount)) checkShift(BigInt(value as number), concreteScalar(a.scalar));
    });
  }
  const value: Value = {
    kind: 'binary',
    operator,
    left: asValue(context, left, type, 'the left side'),
    right: asValue(context, right, concreteType(by), 'the amount of a shift'),
    type,
    at,
  };
  return computed(value, [left, right]);
}

// Elements and members -------------------------------------------------------------------------------------------------------

/** The base of `[…]` or `.name`; a pointer is followed. */
function checkBase(context: Context, node: Expression): Operand {
  const base = checkExpression(context, node);
  if (base.type.kind !== 'pointer' || base.kind === 'constant') return base;
  const pointer = load(context, base);
  return pointer.kind === 'value' ? follow(pointer.value, base.type, base.at) : base;
}

function checkIndex(context: Context, node: IndexExpression): Operand {
  const base = checkBase(context, node.base);
  const index = checkValue(context, node.index);
  const { type } = base;
  if (type.kind !== 'array' && type.kind !== 'vector') return context.fail(node.at, `${context.nameOf(type)} has no elements`);
  const indexScalar = scalarOf(index.type);
  if (index.type.kind !== 'scalar' || !isInteger(indexScalar)) {
    return context.fail(index.at, `an index is i32 or u32, not ${context.nameOf(index.type)}`);
  }
  const count = type.kind === 'vector' ? type.size : type.length;
  if (index.kind === 'constant') {
    const at = Number(index.constant as number | bigint);
    if (at < 0 || (typeof count === 'number' && at >= count)) {
      const range = typeof count === 'number' ? `0 to ${count - 1}` : '0 on';
      if (context.skipped === 0) context.fail(index.at, `the index ${at} lies outside of ${context.nameOf(type)}: from ${range}`);
    }
  }
  const element: AnyType = type.kind === 'vector' ? scalarType(type.scalar) : type.element;
  if (base.kind === 'reference') {
    const elementType = element as Type;
    const place: Place = { kind: 'element', base: base.place, index: indexValue(context, index), type: elementType, at: node.at };
    return { ...base, type: elementType, place, component: type.kind === 'vector', at: node.at };
  }
  if (index.kind === 'constant') {
    const at = Number(index.constant as number | bigint);
    if (base.kind === 'constant')
      return constantOperand(element, part(base.constant, at) ?? zero(element, context.structs), node.at);
    return computed({ kind: 'extract', operand: base.value, member: at, type: element as Type, at: node.at }, [base]);
  }
  const operand = concreteValue(context, base);
  const value: Value = {
    kind: 'extractAt',
    operand,
    index: indexValue(context, index),
    type: concreteType(element),
    at: node.at,
  };
  return computed(value, [base, index]);
}

function indexValue(context: Context, index: Loaded): Value {
  return isAbstract(scalarOf(index.type)) ? asValue(context, index, I32, 'an index') : concreteValue(context, index);
}

function checkMember(context: Context, node: MemberExpression): Operand {
  const base = checkBase(context, node.base);
  const { type } = base;
  if (type.kind === 'vector') return checkSwizzle(context, base, type, node);
  if (type.kind !== 'struct') return context.fail(node.base.at, `${context.nameOf(type)} has no members`);
  const members = context.structs[type.struct]?.members ?? [];
  const member = members.findIndex(({ name }) => name === node.name);
  const found = members[member];
  if (!found) return context.fail(node.base.at, `${context.nameOf(type)} has no member '${node.name}'`);
  if (base.kind === 'constant') return constantOperand(found.type, part(base.constant, member), node.at);
  if (base.kind === 'value') {
    return computed({ kind: 'extract', operand: base.value, member, type: found.type, at: node.at }, [base]);
  }
  const place: Place = { kind: 'member', base: base.place, member, type: found.type, at: node.at };
  return { ...base, type: found.type, place, component: false, at: node.at };
}

const LETTERS = ['xyzw', 'rgba'];

function checkSwizzle(context: Context, base: Operand, type: AnyVectorType, node: MemberExpression): Operand {
  const { name, nameAt, at } = node;
  const letters = LETTERS.find((set) => [...name].every((letter) => set.includes(letter)));
  if (!letters || name.length > 4) return context.fail(nameAt, `'.${name}' names no components of a vector`);
  const components = [...name].map((letter) => letters.indexOf(letter));
  const beyond = components.find((component) => component >= type.size);
  if (beyond !== undefined) context.fail(nameAt, `${context.nameOf(type)} has no component '${letters[beyond]}'`);
  const single = components.length === 1;
  const result = single ? scalarType(type.scalar) : vectorType(components.length, type.scalar);
  if (base.kind === 'constant') {
    const values: Const[] = components.map((component) => part(base.constant, component));
    return constantOperand(result, single ? (values[0] as Const) : list(values), at);
  }
  if (base.kind === 'reference' && single) {
    const index: Value = { kind: 'literal', value: components[0] as number, type: U32, at: nameAt };
    const place: Place = { kind: 'element', base: base.place, index, type: result as Type, at };
    return { ...base, type: result as Type, place, component: true, at };
  }
  const loaded = load(context, base);
  const operand = concreteValue(context, loaded);
  const concrete = single ? scalarType(type.scalar as Scalar) : vectorType(components.length, type.scalar as Scalar);
  return computed({ kind: 'swizzle', operand, components, type: concrete, at }, [loaded]);
}
