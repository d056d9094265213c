/**
 * The built-in functions of the subset (WGSL, §17), by their overloads. An overload is written `constraint shape parameters -> result`:
 * T is a scalar or vector as constraint and shape say, E its scalar, B, I and U a bool, i32 or u32 of its shape; others are types.
 */

export type Constraint = 'bool' | 'float' | 'f32' | 'integer' | 'integer32' | 'numeric' | 'signed' | 'scalar';
export type Shape = 'any' | 'vector' | 'vec3';

export interface Overload {
  readonly constraint: Constraint;
  readonly shape: Shape;
  readonly parameters: readonly string[];
  readonly result: string;
}

const TABLE: Readonly<Record<string, string>> = {
  all: 'bool any T -> bool',
  any: 'bool any T -> bool',
  select: 'scalar any T T bool -> T; scalar vector T T B -> T',

  abs: 'numeric any T -> T',
  'max min': 'numeric any T T -> T',
  clamp: 'numeric any T T T -> T',
  sign: 'signed any T -> T',
  dot: 'numeric vector T T -> E',

  'acos acosh asin asinh atan atanh ceil cos cosh degrees exp exp2 floor fract inverseSqrt log log2 radians round saturate sin sinh sqrt tan tanh trunc':
    'float any T -> T',
  'atan2 pow step': 'float any T T -> T',
  'fma smoothstep': 'float any T T T -> T',
  mix: 'float any T T T -> T; float vector T T E -> T',
  ldexp: 'float any T I -> T',
  length: 'float any T -> E',
  distance: 'float any T T -> E',
  normalize: 'float vector T -> T',
  reflect: 'float vector T T -> T',
  refract: 'float vector T T E -> T',
  faceForward: 'float vector T T T -> T',
  cross: 'float vec3 T T -> T',
  quantizeToF16: 'f32 any T -> T',

  'countLeadingZeros countOneBits countTrailingZeros firstLeadingBit firstTrailingBit reverseBits': 'integer32 any T -> T',
  extractBits: 'integer32 any T u32 u32 -> T',
  insertBits: 'integer32 any T T u32 u32 -> T',
  dot4U8Packed: 'scalar any u32 u32 -> u32',
  dot4I8Packed: 'scalar any u32 u32 -> i32',

  'pack4x8snorm pack4x8unorm': 'scalar any vec4f -> u32',
  'pack4xI8 pack4xI8Clamp': 'scalar any vec4i -> u32',
  'pack4xU8 pack4xU8Clamp': 'scalar any vec4u -> u32',
  'pack2x16snorm pack2x16unorm pack2x16float': 'scalar any vec2f -> u32',
  'unpack4x8snorm unpack4x8unorm': 'scalar any u32 -> vec4f',
  unpack4xI8: 'scalar any u32 -> vec4i',
  unpack4xU8: 'scalar any u32 -> vec4u',
  'unpack2x16snorm unpack2x16unorm unpack2x16float': 'scalar any u32 -> vec2f',

  'workgroupBarrier storageBarrier': 'scalar any -> nothing',
  'quadSwapX quadSwapY quadSwapDiagonal': 'numeric any T -> T',
};

/** Overloads by name. `arrayLength` and `workgroupUniformLoad` take pointers and are checked by themselves. */
export const BUILTINS: ReadonlyMap<string, readonly Overload[]> = new Map(
  Object.entries(TABLE).flatMap(([names, overloads]) =>
    names.split(' ').map((name): [string, Overload[]] => [name, overloads.split('; ').map(parseOverload)]),
  ),
);

/** Which exist only once the program runs. */
export const RUNTIME_ONLY: ReadonlySet<string> = new Set([
  'workgroupBarrier',
  'storageBarrier',
  'quadSwapX',
  'quadSwapY',
  'quadSwapDiagonal',
]);

/** Which need `enable subgroups;`. */
export const SUBGROUPS: ReadonlySet<string> = new Set(['quadSwapX', 'quadSwapY', 'quadSwapDiagonal']);

const OUTSIDE =
  /^(?:texture[A-Z]\w*|atomic[A-Z]\w*|subgroup[A-Z]\w*|quadBroadcast|dpd[xy](?:Coarse|Fine)?|fwidth(?:Coarse|Fine)?)$/;
const OUTSIDE_NAMES = new Set(['determinant', 'frexp', 'modf', 'transpose']);

/** Built-in functions of WGSL that the subset does not have. */
export function isOutside(name: string): boolean {
  return OUTSIDE.test(name) || OUTSIDE_NAMES.has(name);
}

/** Whether a name that nothing declares is a built-in function of WGSL. */
export function isBuiltin(name: string): boolean {
  return BUILTINS.has(name) || name === 'arrayLength' || name === 'workgroupUniformLoad' || name === 'bitcast' || isOutside(name);
}

function parseOverload(text: string): Overload {
  const [left = '', result = ''] = text.split(' -> ');
  // Without parameters nothing stands between shape and arrow.
  const [constraint, shape, ...parameters] = left.split(' ');
  return { constraint: constraint as Constraint, shape: shape as Shape, parameters, result };
}
