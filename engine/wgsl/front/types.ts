/** Types while checking: those of the typed form, and the abstract numbers of constant expressions (WGSL, §6). */
import type { ArrayType, PointerType, Scalar, ScalarType, Struct, StructType, Type, Value, VectorType } from '../typed.ts';
import { VOID } from '../typed.ts';

export type AnyScalar = Scalar | 'abstract-int' | 'abstract-float';

export interface AnyScalarType {
  readonly kind: 'scalar';
  readonly scalar: AnyScalar;
}

export interface AnyVectorType {
  readonly kind: 'vector';
  readonly size: 2 | 3 | 4;
  readonly scalar: AnyScalar;
}

export interface AnyArrayType {
  readonly kind: 'array';
  readonly element: AnyType;
  readonly length: number | Value | undefined;
  readonly stride: number;
}

export type AnyType = AnyScalarType | AnyVectorType | AnyArrayType | StructType | PointerType;

export const BOOL: ScalarType = { kind: 'scalar', scalar: 'bool' };
export const I32: ScalarType = { kind: 'scalar', scalar: 'i32' };
export const U32: ScalarType = { kind: 'scalar', scalar: 'u32' };
export const F32: ScalarType = { kind: 'scalar', scalar: 'f32' };
export const ABSTRACT_INT: AnyScalarType = { kind: 'scalar', scalar: 'abstract-int' };
export const ABSTRACT_FLOAT: AnyScalarType = { kind: 'scalar', scalar: 'abstract-float' };

export function scalarType(scalar: Scalar): ScalarType;
export function scalarType(scalar: AnyScalar): AnyScalarType;
export function scalarType(scalar: AnyScalar): AnyScalarType {
  return { kind: 'scalar', scalar };
}

export function vectorType(size: number, scalar: Scalar): VectorType;
export function vectorType(size: number, scalar: AnyScalar): AnyVectorType;
export function vectorType(size: number, scalar: AnyScalar): AnyVectorType {
  return { kind: 'vector', size: size as 2 | 3 | 4, scalar };
}

export function sameType(a: AnyType, b: AnyType): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'scalar':
      return b.kind === 'scalar' && a.scalar === b.scalar;
    case 'vector':
      return b.kind === 'vector' && a.size === b.size && a.scalar === b.scalar;
    case 'array':
      return b.kind === 'array' && sameLength(a.length, b.length) && sameType(a.element, b.element);
    case 'struct':
      return b.kind === 'struct' && a.struct === b.struct;
    case 'pointer':
      return b.kind === 'pointer' && a.space === b.space && a.access === b.access && sameType(a.to, b.to);
  }
}

/** Counts by overrides are the same where one override alone counts. */
function sameLength(a: AnyArrayType['length'], b: AnyArrayType['length']): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a === b || (a.kind === 'override' && b.kind === 'override' && a.override === b.override);
}

export function isVoid(type: AnyType): boolean {
  return type === VOID;
}

/** The scalar of a scalar or of a vector's components; undefined for other types. */
export function scalarOf(type: AnyType): AnyScalar | undefined {
  return type.kind === 'scalar' || type.kind === 'vector' ? type.scalar : undefined;
}

/** Components of a vector, 1 for a scalar. */
export function sizeOfVector(type: AnyType): number {
  return type.kind === 'vector' ? type.size : 1;
}

/** The same shape with another scalar. */
export function withScalar(type: AnyScalarType | AnyVectorType, scalar: AnyScalar): AnyScalarType | AnyVectorType {
  return type.kind === 'scalar' ? scalarType(scalar) : vectorType(type.size, scalar);
}

export function isAbstract(scalar: AnyScalar | undefined): scalar is 'abstract-int' | 'abstract-float' {
  return scalar === 'abstract-int' || scalar === 'abstract-float';
}

export function isInteger(scalar: AnyScalar | undefined): boolean {
  return scalar === 'i32' || scalar === 'u32' || scalar === 'abstract-int';
}

export function isFloat(scalar: AnyScalar | undefined): boolean {
  return scalar === 'f32' || scalar === 'abstract-float';
}

export function isNumeric(scalar: AnyScalar | undefined): boolean {
  return isInteger(scalar) || isFloat(scalar);
}

/** Whether a value of scalar type `from` may stand where `to` is wanted. */
export function converts(from: AnyScalar, to: AnyScalar): boolean {
  if (from === to) return true;
  if (from === 'abstract-int') return isNumeric(to);
  return from === 'abstract-float' && to === 'f32';
}

/** The type that both become beside one another. */
export function commonScalar(a: AnyScalar, b: AnyScalar): AnyScalar | undefined {
  return converts(a, b) ? b : converts(b, a) ? a : undefined;
}

/** The concrete type that an abstract number takes where nothing asks for another. */
export function concreteScalar(scalar: AnyScalar): Scalar {
  return scalar === 'abstract-int' ? 'i32' : scalar === 'abstract-float' ? 'f32' : scalar;
}

export function concreteType(type: AnyType): Type {
  switch (type.kind) {
    case 'scalar':
      return isAbstract(type.scalar) ? scalarType(concreteScalar(type.scalar)) : (type as ScalarType);
    case 'vector':
      return isAbstract(type.scalar) ? vectorType(type.size, concreteScalar(type.scalar)) : (type as VectorType);
    case 'array': {
      const element = concreteType(type.element);
      // Abstract numbers are laid out as the concrete ones they become: the stride stays.
      return element === type.element
        ? (type as ArrayType)
        : { kind: 'array', element, length: type.length, stride: type.stride };
    }
    default:
      return type;
  }
}

/** The innermost element of nested arrays. */
function innermost(type: AnyType): AnyType {
  let inner = type;
  while (inner.kind === 'array') inner = inner.element;
  return inner;
}

export function hasAbstract(type: AnyType): boolean {
  return isAbstract(scalarOf(innermost(type)));
}

// Layout (WGSL, §14.4) -------------------------------------------------------------------------------------------------------

export function roundUp(multiple: number, value: number): number {
  return Math.ceil(value / multiple) * multiple;
}

export function alignOf(type: AnyType, structs: readonly Struct[]): number {
  switch (type.kind) {
    case 'vector':
      return type.size === 2 ? 8 : 16;
    case 'array':
      return alignOf(innermost(type), structs);
    case 'struct':
      return structs[type.struct]?.align ?? 4;
    default:
      return 4;
  }
}

/** Bytes. An array whose length is not known counts as one element. */
export function sizeOf(type: AnyType, structs: readonly Struct[]): number {
  switch (type.kind) {
    case 'vector':
      return type.size * 4;
    case 'array':
      return type.stride * (typeof type.length === 'number' ? type.length : 1);
    case 'struct':
      return structs[type.struct]?.size ?? 4;
    default:
      return 4;
  }
}

export function arrayOf(element: AnyType, length: AnyArrayType['length'], structs: readonly Struct[]): AnyArrayType {
  return { kind: 'array', element, length, stride: roundUp(alignOf(element, structs), sizeOf(element, structs)) };
}

// Properties (WGSL, §6.4) ----------------------------------------------------------------------------------------------------

type Test = (type: AnyType) => boolean;

/** Structs may contain others many times over: what is known of one is not computed again. */
const knownOf = new WeakMap<Struct, { readonly tests: Map<Test, boolean>; scalars: number | undefined }>();

function known(struct: Struct): { readonly tests: Map<Test, boolean>; scalars: number | undefined } {
  const found = knownOf.get(struct) ?? { tests: new Map(), scalars: undefined };
  knownOf.set(struct, found);
  return found;
}

/** Whether every part of the type satisfies `test`, which sees all types but structs. */
function every(type: AnyType, structs: readonly Struct[], test: Test): boolean {
  if (type.kind !== 'struct') return test(type) && (type.kind !== 'array' || every(type.element, structs, test));
  const struct = structs[type.struct];
  if (!struct) return false;
  const { tests } = known(struct);
  const result = tests.get(test) ?? struct.members.every((member) => every(member.type, structs, test));
  tests.set(test, result);
  return result;
}

const constructible: Test = (type) => type.kind !== 'pointer' && (type.kind !== 'array' || typeof type.length === 'number');
const fixed: Test = (type) => type.kind !== 'pointer' && (type.kind !== 'array' || type.length !== undefined);

export function isConstructible(type: AnyType, structs: readonly Struct[]): boolean {
  return every(type, structs, constructible);
}

/** Whether its size is known when a pipeline is made: overrides may count an array's elements. */
export function hasFixedFootprint(type: AnyType, structs: readonly Struct[]): boolean {
  return every(type, structs, fixed);
}

/** Scalars within a constructible type, to keep constants within bounds. */
export function scalarCount(type: AnyType, structs: readonly Struct[]): number {
  if (type.kind === 'vector') return type.size;
  if (type.kind === 'array') return (typeof type.length === 'number' ? type.length : 1) * scalarCount(type.element, structs);
  const struct = type.kind === 'struct' ? structs[type.struct] : undefined;
  if (!struct) return 1;
  const about = known(struct);
  about.scalars ??= struct.members.reduce((sum, member) => sum + scalarCount(member.type, structs), 0);
  return about.scalars;
}

export function typeName(type: AnyType, structs: readonly Struct[]): string {
  if (isVoid(type)) return 'nothing';
  switch (type.kind) {
    case 'scalar':
      return type.scalar;
    case 'vector':
      return `vec${type.size}<${type.scalar}>`;
    case 'array': {
      const length = typeof type.length === 'number' ? `, ${type.length}` : type.length === undefined ? '' : ', override';
      return `array<${typeName(type.element, structs)}${length}>`;
    }
    case 'struct':
      return structs[type.struct]?.name ?? 'struct';
    case 'pointer':
      return `ptr<${type.space}, ${typeName(type.to, structs)}${type.space === 'storage' ? `, ${type.access}` : ''}>`;
  }
}
