/** Types as they are written (WGSL, §6). */
import type { Access, PointerType, Scalar, Space, Type, Value } from '../typed.ts';
import { checkExpression } from './check-expression.ts';
import type { Context, Operand } from './context.ts';
import { concreteValue, load } from './operands.ts';
import type { Expression, NameExpression } from './syntax.ts';
import { arrayOf, hasFixedFootprint, isInteger, scalarOf, scalarType, sizeOf, vectorType } from './types.ts';

const SCALARS: ReadonlyMap<string, Scalar> = new Map(['bool', 'i32', 'u32', 'f32'].map((name) => [name, name as Scalar]));
const SUFFIXES: ReadonlyMap<string, Scalar> = new Map([
  ['i', 'i32'],
  ['u', 'u32'],
  ['f', 'f32'],
]);
const SPACES: ReadonlySet<string> = new Set(['function', 'private', 'workgroup', 'storage', 'uniform']);
const ACCESSES: ReadonlySet<string> = new Set(['read', 'write', 'read_write']);

/** Types of WGSL that the subset does not have. */
const OUTSIDE =
  /^(?:f16|atomic|mat[234]x[234][fh]?|vec[234]h|sampler(?:_comparison)?|texture_\w+|binding_array|input_attachment|buffer|subgroup_matrix_\w+)$/;

/** As in Dawn. */
const MAX_ELEMENTS = 65536;
const MAX_COMPOSITE_DEPTH = 255;
const MAX_BYTES = 0xffffffff;

/** Whether a name that nothing declares is a type of WGSL: the subset's, with `generic` where it is `vec3` or `array` without its arguments. */
export function isBuiltinType(name: string): boolean {
  return SCALARS.has(name) || /^vec[234][iuf]?$/.test(name) || name === 'array' || name === 'ptr' || OUTSIDE.test(name);
}

/** `vec3`: the size where the name is that of a vector without its scalar. */
export function vectorSize(name: string): number | undefined {
  const size = /^vec([234])$/.exec(name)?.[1];
  return size === undefined ? undefined : Number(size);
}

export function rejectOutside(context: Context, name: string, at: number): void {
  if (OUTSIDE.test(name)) context.outside(at, name);
}

/** The type that an expression of the syntax tree names. */
export function checkType(context: Context, node: Expression): Type {
  if (node.kind !== 'name') return context.fail(node.at, 'expected a type');
  const { name, template, at } = node;
  const symbol = context.lookup(name);
  if (symbol) {
    if (symbol.kind !== 'type') context.fail(at, `'${name}' is no type`);
    if (template) context.fail(at, `'${name}' takes no template arguments`);
    return symbol.type;
  }
  rejectOutside(context, name, at);
  const size = vectorSize(name);
  if (size !== undefined) {
    const [element] = templateArguments(context, node, 1, 1);
    return vectorType(size, componentType(context, element as Expression));
  }
  if (name === 'array') return checkArray(context, node);
  if (name === 'ptr') return checkPointer(context, node);
  const scalar = SCALARS.get(name);
  const vector = /^vec([234])([iuf])$/.exec(name);
  if (template && (scalar || vector)) context.fail(at, `'${name}' takes no template arguments`);
  if (scalar) return scalarType(scalar);
  if (vector) return vectorType(Number(vector[1]), SUFFIXES.get(vector[2] ?? '') as Scalar);
  return context.fail(at, `there is no type '${name}'`);
}

function templateArguments(context: Context, node: NameExpression, least: number, most: number): readonly Expression[] {
  const count = node.template?.length ?? 0;
  if (count < least || count > most) {
    context.fail(
      node.at,
      `'${node.name}' needs ${least === most ? least : `${least} or ${most}`} template arguments, not ${count}`,
    );
  }
  return node.template ?? [];
}

/** The scalar of `vec3<…>`. */
export function componentType(context: Context, node: Expression): Scalar {
  const type = checkType(context, node);
  if (type.kind !== 'scalar') return context.fail(node.at, `the components of a vector are scalars, not ${context.nameOf(type)}`);
  return type.scalar;
}

function checkArray(context: Context, node: NameExpression): Type {
  const [elementNode, lengthNode] = templateArguments(context, node, 1, 2);
  const element = checkType(context, elementNode as Expression);
  const elementAt = (elementNode as Expression).at;
  checkElement(context, element, elementAt);
  const length = lengthNode ? arrayLength(context, checkExpression(context, lengthNode)) : undefined;
  return checkedArray(context, element, length, node.at);
}

function checkElement(context: Context, element: Type, at: number): void {
  if (element.kind === 'pointer' || !hasFixedFootprint(element, context.structs)) {
    context.fail(at, `${context.nameOf(element)} cannot be the element of an array`);
  }
  if (element.kind === 'array' && typeof element.length !== 'number') {
    context.fail(at, 'only the outermost array may be counted by overrides');
  }
}

/** Refuses arrays and structs too deep within one another. @returns how deep they are */
export function checkDepth(context: Context, type: Type, at: number): number {
  let depth = 0;
  let inner = type;
  for (; inner.kind === 'array'; inner = inner.element) depth++;
  if (inner.kind === 'struct') depth += context.structDepths[inner.struct] ?? 1;
  if (depth > MAX_COMPOSITE_DEPTH) context.fail(at, `more than ${MAX_COMPOSITE_DEPTH} arrays and structs within one another`);
  return depth;
}

/** An array type whose size is within the limits. */
export function checkedArray(context: Context, element: Type, length: number | Value | undefined, at: number): Type {
  const type = arrayOf(element, length, context.structs) as Type;
  checkDepth(context, type, at);
  if (typeof length === 'number' && length >= MAX_ELEMENTS) {
    context.fail(at, `an array of ${length} elements; it must have less than ${MAX_ELEMENTS}`);
  }
  if (sizeOf(type, context.structs) > MAX_BYTES) context.fail(at, 'an array of more than 4 GiB');
  return type;
}

/** The number of elements of `array<T, N>`. */
export function arrayLength(context: Context, operand: Operand): number | Value {
  const length = load(context, operand);
  const { type, at } = length;
  if (type.kind !== 'scalar' || !isInteger(scalarOf(type))) {
    return context.fail(at, `the length of an array is an integer, not ${context.nameOf(type)}`);
  }
  if (length.kind === 'value') {
    if (!length.override) context.fail(at, 'the length of an array must be a constant or an expression of overrides');
    return concreteValue(context, length);
  }
  const value = Number(length.constant as number | bigint);
  if (value < 1) context.fail(at, `an array cannot have ${value} elements`);
  return value;
}

function checkPointer(context: Context, node: NameExpression): PointerType {
  const [spaceNode, typeNode, accessNode] = templateArguments(context, node, 2, 3);
  const space = checkSpace(context, spaceNode as Expression);
  const to = checkType(context, typeNode as Expression);
  if (to.kind === 'pointer') context.fail((typeNode as Expression).at, 'a pointer cannot point at a pointer');
  const access = checkAccess(context, space, accessNode);
  return { kind: 'pointer', space, access, to };
}

export function checkSpace(context: Context, node: Expression): Space {
  const name = node.kind === 'name' && !node.template && !context.lookup(node.name) ? node.name : '';
  if (name === 'handle' || name === 'pixel_local' || name === 'immediate') context.outside(node.at, name);
  if (!SPACES.has(name)) context.fail(node.at, 'expected an address space: function, private, workgroup, storage or uniform');
  return name as Space;
}

/** The access mode, which only storage lets one choose. */
export function checkAccess(context: Context, space: Space, node: Expression | undefined): Access {
  if (!node) return space === 'storage' || space === 'uniform' ? 'read' : 'read_write';
  const name = node.kind === 'name' && !node.template && !context.lookup(node.name) ? node.name : '';
  if (!ACCESSES.has(name)) context.fail(node.at, 'expected an access mode: read or read_write');
  if (space !== 'storage') context.fail(node.at, `only the address space 'storage' takes an access mode`);
  return name as Access;
}
