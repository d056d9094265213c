/**
 * Values as lists of leaves: a scalar is one, a vector of four is one (in a v128), a vector of two or three is its scalars, a struct or
 * array is the leaves of its parts in order. Leaves are what lives in WebAssembly locals and what loads and stores move.
 */
import type { Module, Scalar, Type } from '../typed.ts';
import type { WasmType } from '../wasm/opcodes.ts';

export interface Leaf {
  readonly wasm: WasmType;
  readonly scalar: Scalar;
  /** Bytes from the start of the value, by WGSL's layout rules. */
  readonly offset: number;
}

export class Layout {
  readonly #module: Module;
  readonly #leaves = new WeakMap<Type, readonly Leaf[]>();

  constructor(module: Module) {
    this.#module = module;
  }

  leaves(type: Type): readonly Leaf[] {
    let known = this.#leaves.get(type);
    if (!known) {
      known = this.#compute(type);
      this.#leaves.set(type, known);
    }
    return known;
  }

  /** Number of leaves. */
  count(type: Type): number {
    return this.leaves(type).length;
  }

  members(type: Type): readonly { readonly type: Type; readonly offset: number }[] {
    if (type.kind !== 'struct') return [];
    return this.#module.structs[type.struct]?.members ?? [];
  }

  /** Bytes of a value in memory. */
  size(type: Type): number {
    switch (type.kind) {
      case 'scalar':
        return 4;
      case 'vector':
        return 4 * type.size;
      case 'array':
        return type.stride * (type.length as number);
      case 'struct':
        return this.#module.structs[type.struct]?.size ?? 0;
      default:
        return 0;
    }
  }

  #compute(type: Type): readonly Leaf[] {
    switch (type.kind) {
      case 'scalar':
        return [{ wasm: wasmOf(type.scalar), scalar: type.scalar, offset: 0 }];
      case 'vector':
        if (type.size === 4) return [{ wasm: 'v128', scalar: type.scalar, offset: 0 }];
        return Array.from({ length: type.size }, (_, i) => ({ wasm: wasmOf(type.scalar), scalar: type.scalar, offset: 4 * i }));
      case 'array': {
        const element = this.leaves(type.element);
        const count = typeof type.length === 'number' ? type.length : 0;
        return Array.from({ length: count }, (_, i) =>
          element.map((leaf) => ({ ...leaf, offset: leaf.offset + i * type.stride })),
        ).flat();
      }
      case 'struct':
        return this.members(type).flatMap(({ type: member, offset }) =>
          this.leaves(member).map((leaf) => ({ ...leaf, offset: leaf.offset + offset })),
        );
      default:
        return [];
    }
  }
}

export const wasmOf = (scalar: Scalar): WasmType => (scalar === 'f32' ? 'f32' : 'i32');
export const scalarOf = (type: Type): Scalar => (type.kind === 'scalar' || type.kind === 'vector' ? type.scalar : 'u32');
export const isVector4 = (type: Type): boolean => type.kind === 'vector' && type.size === 4;
