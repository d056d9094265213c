/** Calls: functions of the module, constructions and conversions of values (WGSL, §8.14, §17.1). Built-in functions are in check-builtin.ts. */
import type { Scalar, Type, Value } from '../typed.ts';
import { VOID } from '../typed.ts';
import { checkAliasing, noteCall } from './aliasing.ts';
import { isBuiltin } from './builtins.ts';
import { checkBitcast, checkBuiltin } from './check-builtin.ts';
import { checkValue } from './check-expression.ts';
import { checkedArray, checkType, componentType, isBuiltinType, rejectOutside, vectorSize } from './check-type.ts';
import { type Const, type ConstScalar, convertScalar, list, mapConst, parts, zero } from './constants.ts';
import { type ConstantOperand, type Context, functionOf, type Operand, type ValueOperand } from './context.ts';
import { asValue, computed, constantOperand, constantTo, convertsTo } from './operands.ts';
import type { CallExpression } from './syntax.ts';
import {
  type AnyScalar,
  type AnyType,
  arrayOf,
  commonScalar,
  concreteType,
  hasAbstract,
  isConstructible,
  sameType,
  scalarOf,
  scalarType,
  sizeOfVector,
  vectorType,
} from './types.ts';

type Loaded = ConstantOperand | ValueOperand;

export function checkCall(context: Context, node: CallExpression): Operand {
  const { callee, at } = node;
  const symbol = context.lookup(callee.name);
  if (symbol?.kind === 'function') {
    if (callee.template) context.fail(at, `the function '${callee.name}' takes no template arguments`);
    return callFunction(context, node, symbol.func);
  }
  if (symbol && symbol.kind !== 'type') return context.fail(at, `'${callee.name}' is no function`);
  if (!symbol) {
    rejectOutside(context, callee.name, at);
    if (callee.name === 'bitcast') return checkBitcast(context, node);
    if (isBuiltin(callee.name)) return checkBuiltin(context, node);
    if (!isBuiltinType(callee.name)) return context.fail(at, `there is no function '${callee.name}'`);
    const size = vectorSize(callee.name);
    if (size !== undefined) {
      const scalar =
        callee.template?.[0] && callee.template.length === 1 ? componentType(context, callee.template[0]) : undefined;
      if (callee.template && !scalar) context.fail(at, `'${callee.name}' needs one template argument`);
      return constructVector(context, node, size, scalar);
    }
    if (callee.name === 'array' && !callee.template) return inferArray(context, node);
  }
  const type = checkType(context, callee);
  switch (type.kind) {
    case 'scalar':
      return convert(context, node, type.scalar);
    case 'vector':
      return constructVector(context, node, type.size, type.scalar);
    case 'array':
    case 'struct':
      return constructComposite(context, node, type);
    case 'pointer':
      return context.fail(at, 'a pointer cannot be constructed');
  }
}

function callFunction(context: Context, node: CallExpression, index: number): Operand {
  const { at } = node;
  const called = context.functions[index];
  if (!called || !context.function) return context.fail(at, `'${node.callee.name}' cannot be called at module scope`);
  if (called.isEntry) context.fail(at, `the entry point '${called.name}' cannot be called`);
  const count = called.parameters.length;
  if (node.arguments.length !== count) {
    context.fail(at, `'${called.name}' takes ${count} argument${count === 1 ? '' : 's'}, not ${node.arguments.length}`);
  }
  const args = node.arguments.map((argument, i) => {
    const parameter = called.locals[called.parameters[i] as number];
    const operand = checkValue(context, argument);
    return asValue(context, operand, parameter?.type as Type, `'${parameter?.name}' of '${called.name}'`);
  });
  checkAliasing(context, called, args, node);
  noteCall(functionOf(context), called, index, args);
  const type = called.returns ?? VOID;
  return { kind: 'value', type, value: { kind: 'call', func: index, arguments: args, type, at }, override: false, at };
}

/** `f32(e)`: no argument gives zero. */
function convert(context: Context, node: CallExpression, to: Scalar): Operand {
  const { at } = node;
  const type = scalarType(to);
  const [argument] = node.arguments;
  if (!argument) return constantOperand(type, zero(type, []), at);
  if (node.arguments.length > 1) context.fail(at, `'${to}' takes one argument, not ${node.arguments.length}`);
  const operand = checkValue(context, argument);
  if (operand.type.kind !== 'scalar') return context.fail(at, `'${to}' cannot be made of ${context.nameOf(operand.type)}`);
  return convertOperand(context, operand, operand.type.scalar, type, at);
}

function convertOperand(context: Context, operand: Loaded, from: AnyScalar, type: Type, at: number): Operand {
  const to = scalarOf(type) as Scalar;
  if (operand.kind === 'constant') {
    const value = context.compute(at, zero(type, []), () =>
      mapConst([operand.constant], (v) => convertScalar(v as ConstScalar, from, to)),
    );
    return constantOperand(type, value, at);
  }
  if (sameType(operand.type, type)) return { ...operand, at };
  return computed({ kind: 'convert', operand: operand.value, type, at }, [operand]);
}

/** `vec3f(…)`, `vec3<f32>(…)` and, with the scalar of its arguments, `vec3(…)`. */
function constructVector(context: Context, node: CallExpression, size: number, written: Scalar | undefined): Operand {
  const { at } = node;
  const args = node.arguments.map((argument) => checkValue(context, argument));
  const [first] = args;
  if (!first) {
    const type = vectorType(size, written ?? 'abstract-int');
    return constantOperand(type, zero(type, []), at);
  }
  const name = written ? `vec${size}<${written}>` : `vec${size}`;
  for (const arg of args) {
    if (arg.type.kind !== 'scalar' && arg.type.kind !== 'vector') {
      context.fail(at, `${name} cannot be made of ${context.nameOf(arg.type)}`);
    }
  }
  if (args.length === 1 && first.type.kind === 'vector' && first.type.size === size) {
    if (written) return convertOperand(context, first, first.type.scalar, vectorType(size, written), at);
    return { ...first, at };
  }
  const count = args.reduce((sum, arg) => sum + sizeOfVector(arg.type), 0);
  const splat = args.length === 1 && first.type.kind === 'scalar';
  if (count !== size && !splat) context.fail(at, `${name} needs ${size} components or one for all, not ${count}`);
  let scalar: AnyScalar | undefined = written ?? scalarOf(first.type);
  for (const arg of args) {
    const own = scalarOf(arg.type) as AnyScalar;
    const common = scalar && commonScalar(scalar, own);
    if (common === undefined || (written && common !== written)) {
      return context.fail(at, `${name} cannot hold ${context.nameOf(arg.type)} beside the others`);
    }
    scalar = common;
  }
  const final = scalar as AnyScalar;
  const partType = (arg: Loaded): AnyType => (arg.type.kind === 'vector' ? vectorType(arg.type.size, final) : scalarType(final));
  if (args.every((arg) => arg.kind === 'constant')) {
    const items = args.flatMap((arg) => parts(constantTo(context, arg, partType(arg)).constant));
    const constant: Const = splat ? { count: size, items } : list(items);
    return constantOperand(vectorType(size, final), constant, at);
  }
  const type = concreteType(vectorType(size, final));
  const values = args.map((arg) => asValue(context, arg, concreteType(partType(arg)), 'this component'));
  return computed({ kind: 'construct', parts: values, type, at }, args);
}

/** `array<T, N>(…)` and `S(…)`: one value per element or member, or none for zeros. */
function constructComposite(context: Context, node: CallExpression, type: Type): Operand {
  const { at } = node;
  const name = context.nameOf(type);
  if (!isConstructible(type, context.structs)) context.fail(at, `${name} cannot be constructed`);
  if (node.arguments.length === 0) return constantOperand(type, zero(type, context.structs), at);
  const args = node.arguments.map((argument) => checkValue(context, argument));
  const members = type.kind === 'struct' ? (context.structs[type.struct]?.members ?? []) : [];
  const count = type.kind === 'array' ? (type.length as number) : members.length;
  if (args.length !== count) context.fail(at, `${name} needs ${count} values or none, not ${args.length}`);
  const partType = (i: number): Type => (type.kind === 'array' ? type.element : (members[i]?.type as Type));
  args.forEach((arg, i) => {
    if (!convertsTo(arg.type, partType(i))) {
      const what = type.kind === 'array' ? `element ${i}` : `'${members[i]?.name}'`;
      context.fail(arg.at, `${what} of ${name} must be ${context.nameOf(partType(i))}, not ${context.nameOf(arg.type)}`);
    }
  });
  if (args.every((arg) => arg.kind === 'constant')) {
    return constantOperand(type, list(args.map((arg, i) => constantTo(context, arg, partType(i)).constant)), at);
  }
  const values: Value[] = args.map((arg, i) => asValue(context, arg, partType(i), 'this'));
  return computed({ kind: 'construct', parts: values, type, at }, args);
}

/** `array(…)`: element type and count are those of its arguments. */
function inferArray(context: Context, node: CallExpression): Operand {
  const { at } = node;
  const args = node.arguments.map((argument) => checkValue(context, argument));
  const [first] = args;
  if (!first) return context.fail(at, "'array' needs values, or its element type and count");
  let element: AnyType = first.type;
  for (const arg of args) {
    if (convertsTo(arg.type, element)) continue;
    if (!convertsTo(element, arg.type)) {
      context.fail(at, `an array cannot hold ${context.nameOf(element)} and ${context.nameOf(arg.type)}`);
    }
    element = arg.type;
  }
  if (!isConstructible(element, context.structs))
    context.fail(at, `${context.nameOf(element)} cannot be the element of an array`);
  checkedArray(context, concreteType(element), args.length, at);
  const constant = args.every((arg) => arg.kind === 'constant');
  if (constant) {
    const type = arrayOf(element, args.length, context.structs);
    return constantOperand(type, list(args.map((arg) => constantTo(context, arg as ConstantOperand, element).constant)), at);
  }
  const concrete = hasAbstract(element) ? concreteType(element) : (element as Type);
  const type = arrayOf(concrete, args.length, context.structs) as Type;
  const values = args.map((arg) => asValue(context, arg, concrete, 'this element'));
  return computed({ kind: 'construct', parts: values, type, at }, args);
}
