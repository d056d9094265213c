/** Calls of built-in functions: the overload that fits, and constants computed (WGSL, §17). */
import type { Scalar, Type, Value } from '../typed.ts';
import { VOID } from '../typed.ts';
import { bitcastScalar, checkArguments, evaluateBuiltin } from './builtin-values.ts';
import { BUILTINS, type Constraint, isOutside, type Overload, RUNTIME_ONLY, SUBGROUPS } from './builtins.ts';
import { checkValue } from './check-expression.ts';
import { checkType } from './check-type.ts';
import { type ConstScalar, concretize, mapConst, zero } from './constants.ts';
import type { ConstantOperand, Context, Operand, ValueOperand } from './context.ts';
import { asValue, computed, constantOperand, constantTo, convertsTo, noteUse } from './operands.ts';
import type { CallExpression } from './syntax.ts';
import {
  type AnyScalar,
  type AnyScalarType,
  type AnyType,
  type AnyVectorType,
  BOOL,
  commonScalar,
  concreteScalar,
  concreteType,
  F32,
  I32,
  isConstructible,
  isFloat,
  isInteger,
  isNumeric,
  scalarOf,
  scalarType,
  sizeOfVector,
  U32,
  vectorType,
  withScalar,
} from './types.ts';

type Loaded = ConstantOperand | ValueOperand;

/** Types that overloads name. */
const NAMED: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['bool', BOOL],
  ['i32', I32],
  ['u32', U32],
  ['f32', F32],
  ['vec2f', vectorType(2, 'f32')],
  ['vec4f', vectorType(4, 'f32')],
  ['vec4i', vectorType(4, 'i32')],
  ['vec4u', vectorType(4, 'u32')],
  ['nothing', VOID],
]);

export function checkBuiltin(context: Context, node: CallExpression): Operand {
  const { name } = node.callee;
  const { at } = node;
  if (isOutside(name)) context.outside(at, name);
  if (node.callee.template) context.fail(at, `the function '${name}' takes no template arguments`);
  if (SUBGROUPS.has(name) && !context.tree.features.includes('subgroups')) {
    context.fail(at, `'${name}' needs 'enable subgroups;' at the beginning`);
  }
  const args = node.arguments.map((argument) => checkValue(context, argument));
  if (name === 'arrayLength' || name === 'workgroupUniformLoad') return checkPointerBuiltin(context, name, args, at);
  for (const overload of BUILTINS.get(name) ?? []) {
    const types = match(overload, args);
    if (types) return apply(context, name, overload, types, args, at);
  }
  const given = args.map((arg) => context.nameOf(arg.type)).join(', ');
  return context.fail(at, `no '${name}' takes (${given})`);
}

interface Matched {
  /** T, with the scalar that all arguments agree on. */
  readonly generic: AnyScalarType | AnyVectorType;
  readonly parameters: readonly AnyType[];
}

/** The types of the parameters where the overload takes these arguments. */
function match(overload: Overload, args: readonly Loaded[]): Matched | undefined {
  if (args.length !== overload.parameters.length) return undefined;
  let shape: AnyScalarType | AnyVectorType | undefined;
  let scalar: AnyScalar | undefined;
  for (const [i, kind] of overload.parameters.entries()) {
    if (kind !== 'T' && kind !== 'E') continue;
    const type = args[i]?.type;
    if (type?.kind !== 'scalar' && (type?.kind !== 'vector' || kind === 'E')) return undefined;
    if (kind === 'T') {
      if (shape && (shape.kind !== type.kind || sizeOfVector(shape) !== sizeOfVector(type))) return undefined;
      shape = type;
    }
    scalar = scalar === undefined ? type.scalar : commonScalar(scalar, type.scalar);
    if (scalar === undefined) return undefined;
  }
  // Some arguments wait for the running program: then abstract numbers become concrete.
  const constant = args.every((arg) => arg.kind === 'constant');
  const fitting = scalar === undefined ? 'f32' : constrain(scalar, overload.constraint, constant);
  if (fitting === undefined) return undefined;
  if (overload.shape === 'vector' && shape?.kind !== 'vector') return undefined;
  if (overload.shape === 'vec3' && !(shape?.kind === 'vector' && shape.size === 3)) return undefined;
  const generic = shape ? withScalar(shape, fitting) : scalarType(fitting);
  const parameters = overload.parameters.map((kind) => typeOf(kind, generic));
  return args.every((arg, i) => convertsTo(arg.type, parameters[i] as AnyType)) ? { generic, parameters } : undefined;
}

/** The scalar that the constraint makes of what the arguments agree on; undefined where it forbids it. */
function constrain(scalar: AnyScalar, constraint: Constraint, constant: boolean): AnyScalar | undefined {
  const own = constant ? scalar : concreteScalar(scalar);
  switch (constraint) {
    case 'bool':
      return own === 'bool' ? own : undefined;
    case 'float':
      if (scalar === 'abstract-int') return constant ? 'abstract-float' : 'f32';
      return isFloat(own) ? own : undefined;
    case 'f32':
      return isFloat(scalar) || scalar === 'abstract-int' ? 'f32' : undefined;
    case 'integer':
      return isInteger(own) ? own : undefined;
    case 'integer32':
      return isInteger(scalar) ? concreteScalar(scalar) : undefined;
    case 'signed':
      return isNumeric(own) && own !== 'u32' ? own : undefined;
    case 'numeric':
      return isNumeric(own) ? own : undefined;
    case 'scalar':
      return own;
  }
}

function typeOf(kind: string, generic: AnyScalarType | AnyVectorType): AnyType {
  switch (kind) {
    case 'T':
      return generic;
    case 'E':
      return scalarType(generic.scalar);
    case 'B':
      return withScalar(generic, 'bool');
    case 'I':
      // Beside abstract floats the integers may stay abstract; they are small anyway.
      return withScalar(generic, 'i32');
    case 'U':
      return withScalar(generic, 'u32');
    default:
      return NAMED.get(kind) ?? generic;
  }
}

function apply(
  context: Context,
  name: string,
  overload: Overload,
  { generic, parameters }: Matched,
  args: readonly Loaded[],
  at: number,
): Operand {
  const result = typeOf(overload.result, generic);
  if (!RUNTIME_ONLY.has(name) && args.every((arg) => arg.kind === 'constant')) {
    const values = args.map((arg, i) => constantTo(context, arg, parameters[i] as AnyType).constant);
    const value = context.compute(at, zero(result, []), () => {
      checkArguments(name, generic.scalar, values);
      return evaluateBuiltin(name, generic.scalar, values);
    });
    return constantOperand(result, value, at);
  }
  // Some arguments are checked even where the others wait for the running program.
  const known = args.map((arg, i) => arg.kind === 'constant' && constantTo(context, arg, parameters[i] as AnyType).constant);
  context.compute(at, undefined, () => checkArguments(name, generic.scalar, known));
  if (RUNTIME_ONLY.has(name) && !context.function) context.fail(at, `'${name}' cannot be called at module scope`);
  const values = args.map((arg, i) => asValue(context, arg, concreteType(parameters[i] as AnyType), 'this argument'));
  const type = concreteType(result);
  const value: Value = { kind: 'builtin', name, arguments: values, type, at };
  return RUNTIME_ONLY.has(name) ? { kind: 'value', type, value, override: false, at } : computed(value, args);
}

function checkPointerBuiltin(context: Context, name: string, args: readonly Loaded[], at: number): Operand {
  const [pointer] = args;
  const type = pointer?.type;
  if (args.length !== 1 || pointer?.kind !== 'value' || type?.kind !== 'pointer') {
    return context.fail(at, `'${name}' takes one pointer`);
  }
  if (name === 'arrayLength') {
    if (type.space !== 'storage' || type.to.kind !== 'array' || type.to.length !== undefined) {
      return context.fail(at, "'arrayLength' takes a pointer to a runtime-sized array");
    }
    const value: Value = { kind: 'builtin', name, arguments: [pointer.value], type: U32, at };
    return { kind: 'value', type: U32, value, override: false, at };
  }
  if (type.space !== 'workgroup' || !isConstructible(type.to, context.structs)) {
    return context.fail(at, "'workgroupUniformLoad' takes a pointer into workgroup memory");
  }
  const place =
    pointer.value.kind === 'address'
      ? pointer.value.place
      : ({ kind: 'deref', pointer: pointer.value, type: type.to, at } as const);
  noteUse(
    context,
    { kind: 'reference', type: type.to, place, space: type.space, access: type.access, component: false, at },
    'read',
  );
  const value: Value = { kind: 'builtin', name, arguments: [pointer.value], type: type.to, at };
  return { kind: 'value', type: type.to, value, override: false, at };
}

/** `bitcast<T>(e)`: the same bits as another type of as many bits. */
export function checkBitcast(context: Context, node: CallExpression): Operand {
  const { at } = node;
  const [target] = node.callee.template ?? [];
  if (!target || node.callee.template?.length !== 1) return context.fail(at, "'bitcast' needs one template argument: its type");
  const type = checkType(context, target);
  const [argument] = node.arguments;
  if (!argument || node.arguments.length !== 1) return context.fail(at, "'bitcast' takes one argument");
  const operand = checkValue(context, argument);
  const from = scalarOf(operand.type);
  const to = scalarOf(type) as Scalar | undefined;
  const fits =
    isNumeric(from) && isNumeric(to) && operand.type.kind === type.kind && sizeOfVector(operand.type) === sizeOfVector(type);
  if (!fits || !from || !to) {
    return context.fail(at, `'bitcast' cannot make ${context.nameOf(type)} of ${context.nameOf(operand.type)}`);
  }
  if (operand.kind === 'value') return computed({ kind: 'bitcast', operand: operand.value, type, at }, [operand]);
  const value = context.compute(at, zero(type, []), () =>
    mapConst([operand.constant], (v) => {
      // An abstract integer becomes i32; for bits of u32 it may be as large as those.
      const large = from === 'abstract-int' && to === 'u32' && Number(v) > 0x7fffffff;
      const concrete = large ? 'u32' : concreteScalar(from);
      return bitcastScalar(concretize(v as ConstScalar, from, concrete), concrete, to);
    }),
  );
  return constantOperand(type, value, at);
}
