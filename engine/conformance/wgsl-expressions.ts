/**
 * Random expressions of the WGSL subset whose value the language fixes to the bit: integers wrap, floats stay multiples of a power
 * of two that f32 holds exactly, so that neither rounding nor a fused multiply-add can show.
 */
import type { Chance } from './wgsl-random.ts';

export type Scalar = 'i32' | 'u32' | 'f32' | 'bool';

export interface ValueType {
  readonly scalar: Scalar;
  /** 1 for a scalar. */
  readonly size: 1 | 2 | 3 | 4;
}

export interface Variable {
  readonly name: string;
  readonly type: ValueType;
  /** A `var`, which may be written. */
  readonly mutable: boolean;
  /** It is a pointer: the variable is `*name`. */
  readonly pointer: boolean;
}

/** A float is a multiple of 2^-bits and at most `most` in absolute value. */
interface Exact {
  readonly text: string;
  readonly most: number;
  readonly bits: number;
}

/** Every float variable holds a multiple of 1/4 of at most 64. */
const FLOAT = { most: 64, bits: 2 };
/** f32 has 24 bits; what would need more is fitted first. */
const MAX_BITS = 23;

/** Functions that the expressions call: floats into the range that variables have. */
export const PRELUDE = [1, 2, 3, 4]
  .map((size) => {
    const type = typeText({ scalar: 'f32', size: size as 1 });
    return `fn fit${size}(x: ${type}) -> ${type} { return clamp(round(x * 4.0) * 0.25, ${type}(-64.0), ${type}(64.0)); }\n`;
  })
  .join('');

export function typeText({ scalar, size }: ValueType): string {
  if (size === 1) return scalar;
  return scalar === 'bool' ? `vec${size}<bool>` : `vec${size}${scalar[0]}`;
}

export function randomType(chance: Chance): ValueType {
  const scalar = chance.pick<Scalar>(['i32', 'i32', 'u32', 'u32', 'f32', 'f32', 'bool']);
  return { scalar, size: chance.of(0.6) ? 1 : chance.pick([2, 3, 4]) };
}

/** What an expression may use. */
export interface Scope {
  readonly chance: Chance;
  readonly variables: readonly Variable[];
  /** Calls of helper functions by result, as texts of complete calls with arguments that `argument` makes. */
  call(type: ValueType, depth: number): string | undefined;
}

/** An expression of the type; floats as variables hold them. */
export function expression(scope: Scope, type: ValueType, depth: number): string {
  if (type.scalar !== 'f32') return whole(scope, type, depth);
  const { text, most, bits } = exact(scope, type.size, depth);
  return most <= FLOAT.most && bits <= FLOAT.bits ? text : `fit${type.size}(${text})`;
}

/** A variable, or part of one, of the type; undefined where there is none. */
function read(scope: Scope, type: ValueType): string | undefined {
  const { chance, variables } = scope;
  const fitting = variables.filter(({ type: own }) => own.scalar === type.scalar && own.size >= type.size);
  if (fitting.length === 0) return undefined;
  const { name, type: own, pointer } = chance.pick(fitting);
  const value = pointer ? `(*${name})` : name;
  if (own.size === type.size) return value;
  if (type.size === 1 && chance.of(0.4)) return `${value}[${index(scope, own.size)}]`;
  const letters = chance.of(0.5) ? 'xyzw' : 'rgba';
  return `${value}.${Array.from({ length: type.size }, () => letters[chance.below(own.size)]).join('')}`;
}

/** An index from 0 to count - 1. */
export function index(scope: Scope, count: number): string {
  const { chance } = scope;
  if (chance.of(0.5)) return chance.of(0.5) ? `${chance.below(count)}` : `${chance.below(count)}u`;
  return `${whole(scope, { scalar: 'u32', size: 1 }, 1)} % ${count}u`;
}

function leaf(scope: Scope, type: ValueType): string {
  const found = read(scope, type);
  if (found !== undefined && scope.chance.of(0.9)) return found;
  if (type.size > 1) return `${typeText(type)}(${leaf(scope, { ...type, size: 1 })})`;
  // Not a literal: expressions of constants alone would be computed by the compiler, with errors of their own.
  const at = `(lane + ${scope.chance.below(30)}u) & 31u`;
  if (type.scalar === 'f32') return `floats[${at}]`;
  if (type.scalar === 'i32') return `ints[${at}]`;
  return type.scalar === 'u32' ? `u32(ints[${at}])` : `(ints[${at}] > 0)`;
}

export function literal(chance: Chance, scalar: Scalar): string {
  const number = chance.pick([0, 1, 2, 3, 5, 7, 16, 31, 255, 4096, 65535, 1234567, 2147483647]);
  if (scalar === 'bool') return chance.of(0.5) ? 'true' : 'false';
  if (scalar === 'f32') return `${chance.below(32) - 16}.${chance.pick(['0', '25', '5', '75'])}`;
  if (scalar === 'u32') return chance.of(0.3) ? `0x${number.toString(16)}u` : `${number}u`;
  return chance.of(0.4) ? `-${number}` : chance.of(0.5) ? `${number}` : `${number}i`;
}

/** The right side of an operator: often a literal. */
function right(scope: Scope, type: ValueType, depth: number): string {
  const { chance } = scope;
  if (!chance.of(0.3)) return whole(scope, type, depth);
  const text = literal(chance, type.scalar);
  return type.size === 1 ? text : `${typeText(type)}(${text})`;
}

// Integers and bools ---------------------------------------------------------------------------------------------------------

function whole(scope: Scope, type: ValueType, depth: number): string {
  const { chance } = scope;
  if (type.scalar === 'f32') return expression(scope, type, depth);
  if (depth <= 0) return leaf(scope, type);
  if (chance.of(0.12)) {
    const call = scope.call(type, depth - 1);
    if (call !== undefined) return call;
  }
  if (type.size > 1 && chance.of(0.25)) return construct(scope, type, depth - 1);
  if (chance.of(0.08)) return select(scope, type, depth - 1);
  return type.scalar === 'bool' ? bool(scope, type, depth - 1) : integer(scope, type, depth - 1);
}

function construct(scope: Scope, type: ValueType, depth: number): string {
  const parts: string[] = [];
  let left: number = type.size;
  while (left > 0) {
    const size = Math.min(left, 1 + scope.chance.below(2)) as 1 | 2;
    // A vector of the whole size would be no construction.
    const own = size === type.size ? 1 : size;
    parts.push(expression(scope, { scalar: type.scalar, size: own }, depth));
    left -= own;
  }
  return `${typeText(type)}(${parts.join(', ')})`;
}

function select(scope: Scope, type: ValueType, depth: number): string {
  const condition: ValueType = { scalar: 'bool', size: scope.chance.of(0.5) ? type.size : 1 };
  return `select(${[type, type, condition].map((t) => expression(scope, t, depth)).join(', ')})`;
}

function bool(scope: Scope, type: ValueType, depth: number): string {
  const { chance } = scope;
  const one = (scalar: Scalar = 'bool', size = type.size) => expression(scope, { scalar, size }, depth);
  switch (chance.below(type.size === 1 ? 7 : 4)) {
    case 0:
      return `!${parenthesised(one())}`;
    case 1:
      return `(${one()} ${chance.pick(['&', '|', '==', '!='])} ${one()})`;
    case 2: {
      const scalar = chance.pick<Scalar>(['i32', 'u32', 'f32']);
      return `(${one(scalar)} ${chance.pick(['<', '<=', '>', '>=', '==', '!='])} ${one(scalar)})`;
    }
    case 3:
      return `${typeText(type)}(${one(chance.pick<Scalar>(['i32', 'u32', 'f32']))})`;
    case 4:
      return `(${one()} ${chance.pick(['&&', '||'])} ${one()})`;
    case 5:
      return `${chance.pick(['all', 'any'])}(${one('bool', chance.pick([2, 3, 4]))})`;
    default:
      return `(${one('i32')} < ${one('i32')})`;
  }
}

function parenthesised(text: string): string {
  return `(${text})`;
}

const COUNTING = [
  'countOneBits',
  'countLeadingZeros',
  'countTrailingZeros',
  'firstLeadingBit',
  'firstTrailingBit',
  'reverseBits',
  'abs',
];

function integer(scope: Scope, type: ValueType, depth: number): string {
  const { chance } = scope;
  const { scalar, size } = type;
  const name = typeText(type);
  const one = (own: Scalar = scalar, ownSize = size) => whole(scope, { scalar: own, size: ownSize }, depth);
  const other: Scalar = scalar === 'i32' ? 'u32' : 'i32';
  switch (chance.below(14)) {
    case 0:
    case 1:
    case 2:
      return `(${one()} ${chance.pick(['+', '-', '*', '&', '|', '^'])} ${right(scope, type, depth)})`;
    case 3:
      // A scalar beside a vector.
      return size > 1 ? `(${one()} ${chance.pick(['+', '-', '*'])} ${one(scalar, 1)})` : `(${one()} - ${one()})`;
    case 4:
      // Division by zero has a value too, but the tracer reports it: mostly it is kept out.
      return `(${one()} ${chance.pick(['/', '%'])} ${chance.of(0.8) ? `(${one()} | ${name}(1))` : one()})`;
    case 5: {
      const by = `(${one('u32')} & ${size === 1 ? '31u' : `vec${size}u(31u)`})`;
      const amount = chance.of(0.4) && size === 1 ? `${chance.below(32)}u` : chance.of(0.5) ? by : one('u32');
      return `(${one()} ${chance.pick(['<<', '>>'])} ${amount})`;
    }
    case 6:
      return scalar === 'i32' && chance.of(0.5) ? `-${parenthesised(one())}` : `~${parenthesised(one())}`;
    case 7:
      return `${chance.pick(COUNTING)}(${one()})`;
    case 8:
      return `${chance.pick(['min', 'max'])}(${one()}, ${one()})`;
    case 9:
      return scalar === 'i32' && chance.of(0.5) ? `sign(${one()})` : `clamp(${one()}, ${name}(3), ${name}(1000))`;
    case 10:
      return chance.of(0.5) ? `bitcast<${name}>(${one(other)})` : `${name}(${one(chance.pick<Scalar>([other, 'bool', 'f32']))})`;
    case 11:
      return `extractBits(${one()}, ${one('u32', 1)} % 40u, ${one('u32', 1)} % 40u)`;
    case 12:
      return `insertBits(${one()}, ${one()}, ${one('u32', 1)} % 40u, ${one('u32', 1)} % 40u)`;
    default:
      if (size > 1) return `(${one()} * ${one()})`;
      if (chance.of(0.5)) return `dot(${one(scalar, 3)}, ${one(scalar, 3)})`;
      return scalar === 'i32' ? `dot4I8Packed(${one('u32')}, ${one('u32')})` : `dot4U8Packed(${one()}, ${one()})`;
  }
}

// Floats ---------------------------------------------------------------------------------------------------------------------

function fits({ most, bits }: { readonly most: number; readonly bits: number }): boolean {
  return Math.log2(Math.max(most, 1)) + bits <= MAX_BITS;
}

function exact(scope: Scope, size: ValueType['size'], depth: number): Exact {
  const { chance } = scope;
  const type: ValueType = { scalar: 'f32', size };
  const name = typeText(type);
  if (depth <= 0) return { text: leaf(scope, type), ...FLOAT };
  const fitted = (value: Exact): Exact => ({ text: `fit${size}(${value.text})`, ...FLOAT });
  const one = () => exact(scope, size, depth - 1);
  /** Operands fitted until the result is exact. */
  const pair = (text: (a: string, b: string) => string, range: (a: Exact, b: Exact) => { most: number; bits: number }): Exact => {
    let [a, b] = [one(), one()];
    if (!fits(range(a, b))) a = fitted(a);
    if (!fits(range(a, b))) b = fitted(b);
    return { text: text(a.text, b.text), ...range(a, b) };
  };
  switch (chance.below(13)) {
    case 0:
    case 1: {
      const operator = chance.pick(['+', '-']);
      return pair((a, b) => `(${a} ${operator} ${b})`, sumRange);
    }
    case 2:
    case 3:
      return pair((a, b) => `(${a} * ${b})`, productRange);
    case 4: {
      const f = chance.pick(['min', 'max']);
      return pair(
        (a, b) => `${f}(${a}, ${b})`,
        (a, b) => ({ most: Math.max(a.most, b.most), bits: Math.max(a.bits, b.bits) }),
      );
    }
    case 5: {
      const a = one();
      return { ...a, text: chance.of(0.5) ? `-(${a.text})` : `abs(${a.text})` };
    }
    case 6: {
      const a = one();
      return { text: `${chance.pick(['floor', 'ceil', 'round', 'trunc'])}(${a.text})`, most: a.most + 1, bits: 0 };
    }
    case 7: {
      const a = one();
      return { text: `fract(${a.text})`, most: 1, bits: a.bits };
    }
    case 8: {
      const [a, b] = [one(), one()];
      return { text: chance.of(0.5) ? `sign(${a.text})` : `step(${a.text}, ${b.text})`, most: 1, bits: 0 };
    }
    case 9: {
      const from = chance.pick<Scalar>(['i32', 'u32', 'bool']);
      const value = whole(scope, { scalar: from, size }, depth - 1);
      if (from === 'bool') return { text: `${name}(${value})`, most: 1, bits: 0 };
      const mask = size === 1 ? `${from}(63)` : `${typeText({ scalar: from, size })}(63)`;
      return { text: `${name}(${value} & ${mask})`, most: 63, bits: 0 };
    }
    case 10: {
      const [a, b, c] = [fitted(one()), fitted(one()), fitted(one())];
      return { text: `fma(${a.text}, ${b.text}, ${c.text})`, most: 64 * 64 + 64, bits: 4 };
    }
    case 11:
      if (size === 1) {
        const [a, b] = [0, 1].map(() => expression(scope, { scalar: 'f32', size: 3 }, depth - 1));
        return { text: `dot(${a}, ${b})`, most: 3 * 64 * 64, bits: 4 };
      }
      return { text: construct(scope, type, depth - 1), ...FLOAT };
    default: {
      const call = scope.call(type, depth - 1);
      return call === undefined ? { text: select(scope, type, depth - 1), ...FLOAT } : { text: call, ...FLOAT };
    }
  }
}

function sumRange(a: Exact, b: Exact): { most: number; bits: number } {
  return { most: a.most + b.most, bits: Math.max(a.bits, b.bits) };
}

function productRange(a: Exact, b: Exact): { most: number; bits: number } {
  return { most: a.most * b.most, bits: a.bits + b.bits };
}

/** An expression whose value WGSL fixes within an error only; used for results, never within others. */
export function approximate(scope: Scope): string {
  const { chance } = scope;
  const x = expression(scope, { scalar: 'f32', size: 1 }, 1);
  const v = expression(scope, { scalar: 'f32', size: 3 }, 1);
  return chance.pick([
    `sqrt(abs(${x}))`,
    `inverseSqrt(abs(${x}) + 0.25)`,
    `exp(${x} * 0.05)`,
    `exp2(${x} * 0.1)`,
    `log(abs(${x}) + 1.0)`,
    `log2(abs(${x}) + 1.0)`,
    `sin(${x} * 0.04)`,
    `cos(${x} * 0.04)`,
    `tanh(${x} * 0.1)`,
    `atan(${x})`,
    `pow(abs(${x}) + 1.0, 0.7)`,
    `(${x} / (abs(${x}) + 3.0))`,
    `length(${v})`,
    `distance(${v}, vec3f(1.0, 2.0, 3.0))`,
    `normalize(${v} + vec3f(100.0)).y`,
    `mix(${x}, 2.0, 0.3)`,
    `smoothstep(-3.0, 5.0, ${x})`,
    `unpack2x16float(pack2x16float(vec2f(${x}))).y`,
    `quantizeToF16(${x} * 1.1)`,
  ]);
}
