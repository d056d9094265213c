/** What checking knows: the module so far, the scopes of the function at hand, and how to complain. */
import { WgslError, WgslSubsetError } from '../errors.ts';
import { locate } from '../source.ts';
import type { Access, Func, Global, Local, Override, Place, Space, Struct, Type, Value } from '../typed.ts';
import { type Const, ConstantError } from './constants.ts';
import type { SyntaxTree } from './syntax.ts';
import { type AnyType, typeName } from './types.ts';

/** What a name stands for. */
export type Meaning =
  | { readonly kind: 'type'; readonly type: Type }
  | { readonly kind: 'constant'; readonly type: AnyType; readonly constant: Const }
  | { readonly kind: 'override'; readonly override: number }
  | { readonly kind: 'global'; readonly global: number }
  | { readonly kind: 'function'; readonly func: number }
  | { readonly kind: 'local'; readonly local: number };

/** A checked expression: a constant, a value computed when the program runs, or a reference to memory. */
export type Operand = ConstantOperand | ValueOperand | Reference;

export interface ConstantOperand {
  readonly kind: 'constant';
  readonly type: AnyType;
  readonly constant: Const;
  readonly at: number;
}

export interface ValueOperand {
  readonly kind: 'value';
  readonly type: Type;
  readonly value: Value;
  /** Only constants and overrides within. */
  readonly override: boolean;
  readonly at: number;
}

export interface Reference {
  readonly kind: 'reference';
  /** Of what is stored. */
  readonly type: Type;
  readonly place: Place;
  readonly space: Space;
  readonly access: Access;
  /** A component of a vector, which pointers cannot point at. */
  readonly component: boolean;
  readonly at: number;
}

/** The function being checked. */
export interface FunctionScope {
  readonly name: string;
  readonly returns: Type | undefined;
  readonly locals: Local[];
  readonly calls: Set<number>;
  readonly globals: Set<number>;
  /** What pointers in `let` point into: global or local, by local. */
  readonly roots: Map<number, Root | undefined>;
  readonly scopes: Map<string, Meaning>[];
  /** Loops, switches and continuing blocks around the statement at hand, the innermost last. */
  readonly flow: Frame[];
  /** Of the parameters that are pointers: what the body does through them. */
  readonly parameterUse: Map<number, PointerUse>;
  /** Globals that it reads or writes, itself or through calls. */
  readonly globalUse: Map<number, PointerUse>;
}

export interface Frame {
  readonly kind: 'loop' | 'switch' | 'continuing';
  /**
   * Of a loop: its first `continue`, and how many names the loop's own scope had by then. Of a continuing block: that `continue`,
   * and what the names mean that came later and may never have been reached.
   */
  skipped: { readonly at: number; readonly names: number; readonly meanings?: readonly Meaning[] } | undefined;
  /** Of a loop: how many scopes its body has around it. */
  readonly depth: number;
}

export type Root = { readonly kind: 'global'; readonly global: number } | { readonly kind: 'local'; readonly local: number };

export interface PointerUse {
  read: boolean;
  written: boolean;
}

/** A checked function with what only its callers' checks need. */
export interface CheckedFunction extends Func {
  readonly mustUse: boolean;
  readonly isEntry: boolean;
  readonly parameterUse: ReadonlyMap<number, PointerUse>;
  readonly globalUse: ReadonlyMap<number, PointerUse>;
}

const MAX_SCALARS = 1_000_000;

export class Context {
  readonly tree: SyntaxTree;
  readonly symbols = new Map<string, Meaning>();
  readonly structs: Struct[] = [];
  /** Where the types of a struct's members are written. */
  readonly memberTypes: (readonly number[])[] = [];
  /** How many composites lie within one another in a struct. */
  readonly structDepths: number[] = [];
  readonly overrides: Override[] = [];
  readonly globals: Global[] = [];
  /** Where their declarations begin. */
  readonly globalStarts: number[] = [];
  readonly functions: CheckedFunction[] = [];
  function: FunctionScope | undefined;
  /** Above 0 where a constant expression is skipped, as the right side of `false && …`: its values do not count. */
  skipped = 0;
  #scalars = 0;

  constructor(tree: SyntaxTree) {
    this.tree = tree;
  }

  fail(at: number, message: string): never {
    throw new WgslError(this.tree.path, locate(this.tree.source, at), message);
  }

  outside(at: number, construct: string, message = `'${construct}' is outside the subset of WGSL that runs here`): never {
    throw new WgslSubsetError(this.tree.path, locate(this.tree.source, at), construct, message);
  }

  /** Computes a constant; what it does wrong is said at `at`. */
  compute<T>(at: number, otherwise: T, compute: () => T): T {
    try {
      return compute();
    } catch (error) {
      if (!(error instanceof ConstantError)) throw error;
      return this.skipped > 0 ? otherwise : this.fail(at, error.message);
    }
  }

  /** Counts the scalars that constants write into the module: one that is used often must not fill the memory. */
  layOut(at: number, scalars: number): void {
    this.#scalars += scalars;
    if (this.#scalars > MAX_SCALARS) this.outside(at, 'large constants', `more than ${MAX_SCALARS} scalars in constants`);
  }

  nameOf(type: AnyType): string {
    return typeName(type, this.structs);
  }

  lookup(name: string): Meaning | undefined {
    for (let i = (this.function?.scopes.length ?? 0) - 1; i >= 0; i--) {
      const symbol = this.function?.scopes[i]?.get(name);
      if (symbol) return symbol;
    }
    return this.symbols.get(name);
  }

  /** Names a local of the innermost scope. */
  declare(name: string, symbol: Meaning, at: number): void {
    const scope = this.function?.scopes.at(-1);
    if (scope?.has(name)) this.fail(at, `'${name}' is declared twice`);
    scope?.set(name, symbol);
  }

  inScope<T>(body: () => T): T {
    this.function?.scopes.push(new Map());
    const result = body();
    this.function?.scopes.pop();
    return result;
  }

  addLocal(local: Local): number {
    const locals = this.function?.locals ?? [];
    locals.push(local);
    return locals.length - 1;
  }
}

/** The function that a statement or local belongs to. */
export function functionOf(context: Context): FunctionScope {
  if (!context.function) throw new Error('outside of a function');
  return context.function;
}

/** Where the part of a type is written that `offends`: in a struct at its member, otherwise at `at`. */
export function offenceAt(
  context: Context,
  type: Type,
  at: number,
  offends: (type: Type) => boolean,
  seen = new Set<number>(),
): number | undefined {
  if (offends(type)) return at;
  if (type.kind === 'array') return offenceAt(context, type.element, at, offends, seen);
  if (type.kind !== 'struct' || seen.has(type.struct)) return undefined;
  seen.add(type.struct);
  const members = context.structs[type.struct]?.members ?? [];
  for (const [i, member] of members.entries()) {
    const found = offenceAt(context, member.type, context.memberTypes[type.struct]?.[i] ?? at, offends, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where the array of unknown length within a type is written; `at` where there is none. */
export function unsizedAt(context: Context, type: Type, at: number): number {
  return offenceAt(context, type, at, (part) => part.kind === 'array' && part.length === undefined) ?? at;
}
