/**
 * Where things lie, in words of four bytes. All address spaces use WGSL's layout of host-shareable data, so one address means the
 * same everywhere; a composite value is an array of numbers in the same layout (a bool is 0 or 1).
 */
import type { Scalar, Struct, Type } from '../typed.ts';

/** Number of elements of an array type; `undefined` where the buffer decides. */
export type LengthOf = (type: Type & { kind: 'array' }) => number | undefined;

/** A scalar or vector within a composite: what one access touches as a whole. */
export interface Leaf {
  readonly offset: number;
  readonly size: number;
  readonly scalar: Scalar;
}

export class Layout {
  readonly #structs: readonly Struct[];
  readonly #lengthOf: LengthOf;
  readonly #leaves = new Map<Type, readonly Leaf[]>();

  constructor(structs: readonly Struct[], lengthOf: LengthOf) {
    this.#structs = structs;
    this.#lengthOf = lengthOf;
  }

  struct(type: Type & { kind: 'struct' }): Struct {
    const struct = this.#structs[type.struct];
    if (!struct) throw new Error(`no struct ${type.struct}`);
    return struct;
  }

  lengthOf(type: Type & { kind: 'array' }): number | undefined {
    return this.#lengthOf(type);
  }

  /** Words of a value; a runtime-sized array counts as empty. */
  words(type: Type): number {
    switch (type.kind) {
      case 'scalar':
      case 'pointer':
        return 1;
      case 'vector':
        return type.size;
      case 'array':
        return (this.#lengthOf(type) ?? 0) * (type.stride / 4);
      case 'struct':
        return this.struct(type).size / 4;
    }
  }

  /** Every scalar and vector of a value, in order, without the gaps. */
  leaves(type: Type): readonly Leaf[] {
    let leaves = this.#leaves.get(type);
    if (!leaves) {
      const made: Leaf[] = [];
      this.#collect(type, 0, made);
      leaves = made;
      this.#leaves.set(type, leaves);
    }
    return leaves;
  }

  #collect(type: Type, offset: number, into: Leaf[]): void {
    if (type.kind === 'scalar') into.push({ offset, size: 1, scalar: type.scalar });
    else if (type.kind === 'vector') into.push({ offset, size: type.size, scalar: type.scalar });
    else if (type.kind === 'array') {
      const length = this.#lengthOf(type) ?? 0;
      for (let i = 0; i < length; i++) this.#collect(type.element, offset + (i * type.stride) / 4, into);
    } else if (type.kind === 'struct') {
      for (const member of this.struct(type).members) this.#collect(member.type, offset + member.offset / 4, into);
    }
  }

  /** What lies at a word of a variable, as WGSL: `part[5]`, `params.size.x`. */
  describe(name: string, type: Type, word: number, whole = false): string {
    if (type.kind === 'array') {
      const stride = type.stride / 4;
      const index = Math.floor(word / stride);
      return this.describe(`${name}[${index}]`, type.element, word - index * stride, whole);
    }
    if (type.kind === 'struct') {
      const member = this.struct(type).members.findLast((m) => m.offset / 4 <= word);
      return member ? this.describe(`${name}.${member.name}`, member.type, word - member.offset / 4, whole) : name;
    }
    if (type.kind === 'vector' && !whole) return `${name}.${'xyzw'[word] ?? '?'}`;
    return name;
  }
}

/** A vector, array or struct: what is carried as an array of numbers. */
export const isComposite = (type: Type): boolean => type.kind === 'vector' || type.kind === 'array' || type.kind === 'struct';
