/**
 * The checked, typed form of a WGSL module: what the front end makes and what the tracer and the WebAssembly back end read.
 *
 * Names are resolved, `const` declarations and constant expressions are folded, abstract numbers have become concrete, loads of
 * references are explicit, and every conversion is written out. Overrides stay symbolic (their values belong to a dispatch).
 * Everything is plain data: variables, structs and functions are named by their index, so a module can be stored as JSON.
 * `at` is the offset of a construct in the source; `locate` in source.ts turns it into line and column.
 */

export type Scalar = 'f32' | 'i32' | 'u32' | 'bool';

export type Type = ScalarType | VectorType | ArrayType | StructType | PointerType;

export interface ScalarType {
  readonly kind: 'scalar';
  readonly scalar: Scalar;
}

export interface VectorType {
  readonly kind: 'vector';
  readonly size: 2 | 3 | 4;
  readonly scalar: Scalar;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: Type;
  /** A number; an expression of overrides (workgroup arrays only); undefined for a runtime-sized storage array. */
  readonly length: number | Value | undefined;
  /** Bytes from one element to the next, by WGSL's layout rules. */
  readonly stride: number;
}

export interface StructType {
  readonly kind: 'struct';
  /** Index into `Module.structs`. */
  readonly struct: number;
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly space: Space;
  readonly access: Access;
  readonly to: Type;
}

export type Space = 'function' | 'private' | 'workgroup' | 'storage' | 'uniform';
export type Access = 'read' | 'write' | 'read_write';

export interface Struct {
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly type: Type; readonly offset: number; readonly at: number }[];
  readonly size: number;
  readonly align: number;
}

export interface Override {
  readonly name: string;
  readonly id: number | undefined;
  readonly scalar: Scalar;
  /** Undefined where the dispatch must give it. May refer to earlier overrides. */
  readonly initial: Value | undefined;
  readonly at: number;
}

/** A module-scope variable. */
export interface Global {
  readonly name: string;
  readonly space: Exclude<Space, 'function'>;
  readonly access: Access;
  readonly type: Type;
  /** Storage and uniform only. */
  readonly group: number | undefined;
  readonly binding: number | undefined;
  /** Private only; constants and overrides. Undefined: zero. */
  readonly initial: Value | undefined;
  readonly at: number;
}

/** A parameter, `let` or `var` of a function. `let` and parameters are immutable and read by `LocalValue`; `var` is a place. */
export interface Local {
  readonly name: string;
  readonly kind: 'parameter' | 'let' | 'var';
  readonly type: Type;
  /** Parameters of an entry point. */
  readonly builtin: Builtin | undefined;
  readonly at: number;
}

export type Builtin =
  | 'global_invocation_id'
  | 'local_invocation_id'
  | 'local_invocation_index'
  | 'workgroup_id'
  | 'num_workgroups'
  | 'subgroup_size'
  | 'subgroup_invocation_id';

export interface Func {
  readonly name: string;
  /** Indices into `locals`, in order. */
  readonly parameters: readonly number[];
  /** Every parameter, let and var, each with its own index: shadowing is resolved. */
  readonly locals: readonly Local[];
  readonly returns: Type | undefined;
  readonly body: readonly Statement[];
  /** Indices of the functions it calls and of the globals it touches, itself or through calls. */
  readonly calls: readonly number[];
  readonly globals: readonly number[];
  readonly at: number;
}

export interface Entry {
  readonly name: string;
  readonly func: number;
  /** u32 values; constants or expressions of overrides. */
  readonly workgroupSize: readonly [Value, Value, Value];
  /** A struct parameter with builtin members is split into one local per member. */
  readonly at: number;
}

export interface Module {
  readonly path: string;
  readonly structs: readonly Struct[];
  readonly overrides: readonly Override[];
  readonly globals: readonly Global[];
  /** Callees before callers: WGSL has no recursion. */
  readonly functions: readonly Func[];
  readonly entries: readonly Entry[];
  /** `enable` and `requires` directives that the source names (`subgroups`, …). */
  readonly features: readonly string[];
}

// Values ---------------------------------------------------------------------------------------------------------------------

interface Typed {
  readonly type: Type;
  readonly at: number;
}

export type Value =
  | Literal
  | OverrideValue
  | LocalValue
  | Load
  | AddressOf
  | Unary
  | Binary
  | BuiltinCall
  | Call
  | Construct
  | Convert
  | Bitcast
  | Swizzle
  | Extract
  | ExtractAt;

/** A scalar constant. f32 values are exact (already rounded); u32 and i32 in their ranges. */
export interface Literal extends Typed {
  readonly kind: 'literal';
  readonly value: number | boolean;
}

export interface OverrideValue extends Typed {
  readonly kind: 'override';
  readonly override: number;
}

/** A `let` or parameter. */
export interface LocalValue extends Typed {
  readonly kind: 'local';
  readonly local: number;
}

/** The load rule: the content of a place. */
export interface Load extends Typed {
  readonly kind: 'load';
  readonly place: Place;
}

export interface AddressOf extends Typed {
  readonly kind: 'address';
  readonly place: Place;
}

export interface Unary extends Typed {
  readonly kind: 'unary';
  readonly operator: '-' | '!' | '~';
  readonly operand: Value;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>' | '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Operands of one type, componentwise (a scalar beside a vector has been splatted by `construct`), but for shifts (right: u32). */
export interface Binary extends Typed {
  readonly kind: 'binary';
  /** `&&` and `||` are scalar and evaluate the right side only where it counts. */
  readonly operator: BinaryOperator | '&&' | '||';
  readonly left: Value;
  readonly right: Value;
}

/** A built-in function by its WGSL name; `arrayLength` has an AddressOf as argument; barriers have no type but `void`. */
export interface BuiltinCall {
  readonly kind: 'builtin';
  readonly name: string;
  readonly arguments: readonly Value[];
  /** Undefined for barriers. */
  readonly type: Type;
  readonly at: number;
}

export interface Call {
  readonly kind: 'call';
  readonly func: number;
  readonly arguments: readonly Value[];
  /** `VOID` where the function returns nothing (statement calls only). */
  readonly type: Type;
  readonly at: number;
}

/**
 * A composite from its parts. Vector: parts whose component counts add up to the size, or one scalar (splat), or none (zero).
 * Array and struct: one part per element or member, or none (zero). Scalar: none (zero).
 */
export interface Construct extends Typed {
  readonly kind: 'construct';
  readonly parts: readonly Value[];
}

/** Conversion of a value between scalar types, componentwise: `f32(i)`, `vec3u(v)`, `bool(x)`. */
export interface Convert extends Typed {
  readonly kind: 'convert';
  readonly operand: Value;
}

/** `bitcast<T>(e)`, same number of components. */
export interface Bitcast extends Typed {
  readonly kind: 'bitcast';
  readonly operand: Value;
}

/** `v.zyx`, also one component `v.x` (then the type is scalar). */
export interface Swizzle extends Typed {
  readonly kind: 'swizzle';
  readonly operand: Value;
  readonly components: readonly number[];
}

/** A member of a struct value, or an element at a constant index of an array or vector value. */
export interface Extract extends Typed {
  readonly kind: 'extract';
  readonly operand: Value;
  readonly member: number;
}

/** An element of an array or vector value at a running index (i32 or u32). */
export interface ExtractAt extends Typed {
  readonly kind: 'extractAt';
  readonly operand: Value;
  readonly index: Value;
}

// Places ---------------------------------------------------------------------------------------------------------------------

export type Place = GlobalPlace | LocalPlace | Deref | Element | Member;

/** `type` of a place is the type of what is stored there. */
export interface GlobalPlace extends Typed {
  readonly kind: 'global';
  readonly global: number;
}

/** A `var` of the function. */
export interface LocalPlace extends Typed {
  readonly kind: 'variable';
  readonly local: number;
}

/** `*p`; `pointer` is an AddressOf, a `let` or a parameter of pointer type. */
export interface Deref extends Typed {
  readonly kind: 'deref';
  readonly pointer: Value;
}

/** An element of an array or a component of a vector at an index (i32 or u32; a Literal where it is constant). */
export interface Element extends Typed {
  readonly kind: 'element';
  readonly base: Place;
  readonly index: Value;
}

/** A member of a struct. (`v.x = …` of a vector is an Element with a literal index.) */
export interface Member extends Typed {
  readonly kind: 'member';
  readonly base: Place;
  readonly member: number;
}

// Statements -----------------------------------------------------------------------------------------------------------------

export type Statement =
  | { readonly kind: 'let'; readonly local: number; readonly value: Value; readonly at: number }
  /** Without an initial value the variable starts at zero, each time the declaration is reached. */
  | { readonly kind: 'var'; readonly local: number; readonly initial: Value | undefined; readonly at: number }
  /** `place = value`, or with `operator` `place = place operator value` with the place evaluated once (also `++` and `--`). */
  | {
      readonly kind: 'assign';
      readonly place: Place;
      readonly operator: BinaryOperator | undefined;
      readonly value: Value;
      readonly at: number;
    }
  /** A call whose result is not used, `_ = value`, or a barrier. */
  | { readonly kind: 'evaluate'; readonly value: Value; readonly at: number }
  | { readonly kind: 'block'; readonly body: readonly Statement[]; readonly at: number }
  | {
      readonly kind: 'if';
      readonly condition: Value;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
      readonly at: number;
    }
  | {
      readonly kind: 'switch';
      readonly selector: Value;
      readonly cases: readonly SwitchCase[];
      readonly at: number;
    }
  | ForStatement
  | LoopStatement
  | { readonly kind: 'break'; readonly at: number }
  | { readonly kind: 'continue'; readonly at: number }
  | { readonly kind: 'return'; readonly value: Value | undefined; readonly at: number };

export interface SwitchCase {
  /** Values of `case`; constants or expressions of overrides never occur here: i32 or u32 numbers. */
  readonly values: readonly number[];
  readonly isDefault: boolean;
  readonly body: readonly Statement[];
  readonly at: number;
}

/** `for` and `while` (no `initial` and no `update`). */
export interface ForStatement {
  readonly kind: 'for';
  readonly initial: Statement | undefined;
  readonly condition: Value | undefined;
  readonly update: Statement | undefined;
  readonly body: readonly Statement[];
  /** The line before it says `// @unroll`: the back end expands it. */
  readonly unroll: boolean;
  readonly at: number;
}

export interface LoopStatement {
  readonly kind: 'loop';
  readonly body: readonly Statement[];
  readonly continuing: readonly Statement[];
  readonly breakIf: Value | undefined;
  readonly at: number;
}

/** The type of a call that returns nothing. It is no type of WGSL and occurs nowhere else. */
export const VOID: StructType = { kind: 'struct', struct: -1 };
