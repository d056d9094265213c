/** Built-in functions of constant arguments (WGSL, §17). Floats are computed in f64 and rounded once. */
import {
  type Const,
  ConstantError,
  type ConstScalar,
  finite,
  list,
  mapConst,
  negate,
  operate,
  part,
  parts,
} from './constants.ts';
import { fromHalf, pack, toHalf, unpack } from './packing.ts';
import { type AnyScalar, isInteger } from './types.ts';

/** All arguments' T and E are of type `scalar`. @throws ConstantError */
export function evaluateBuiltin(name: string, scalar: AnyScalar, args: readonly Const[]): Const {
  const float = FLOATS.get(name);
  if (float) return mapConst(args, (...values) => finite(float(...values.map(Number)), scalar));
  const integer = INTEGERS.get(name);
  if (integer) return mapConst(args, (...values) => signed(integer(...values.map(Number)), scalar));
  const componentwise = ANY.get(name);
  if (componentwise) return mapConst(args, (...values) => componentwise(scalar, ...values));
  const whole = WHOLE.get(name);
  if (whole) return whole(scalar, ...args);
  const packed = pack(name, parts(args[0] as Const).map(Number)) ?? unpack(name, Number(args[0]), Number(args[1]));
  if (packed === undefined) throw new Error(`no value of ${name}`);
  return typeof packed === 'number' ? packed : list(packed);
}

/**
 * What a function asks of those of its arguments that are constant, whatever the others are (`false` where one is not).
 * @throws ConstantError
 */
export function checkArguments(name: string, scalar: AnyScalar, args: readonly (Const | false)[]): void {
  const [a, b, c, d] = args;
  if (name === 'clamp') {
    each(b, c, (low, high) => need(low <= high, `clamp needs its lower bound ${low} below its upper bound ${high}`));
  } else if (name === 'smoothstep') {
    each(a, b, (low, high) => need(low !== high, 'smoothstep needs two different edges'));
  } else if (name === 'ldexp') {
    const most = scalar === 'abstract-float' ? 1024 : 128;
    each(b, b, (exponent) => need(Number(exponent) <= most, `ldexp needs an exponent of at most ${most}`));
  } else if (name === 'extractBits' || name === 'insertBits') {
    const [offset, count] = name === 'extractBits' ? [b, c] : [c, d];
    each(offset, count, (at, width) => need(Number(at) + Number(width) <= 32, `the bits that ${name} takes are not within 32`));
  }
}

/** Both arguments component by component, where both are there. */
function each(a: Const | false | undefined, b: Const | false | undefined, check: (a: ConstScalar, b: ConstScalar) => void): void {
  if (a === false || a === undefined || b === false || b === undefined) return;
  const others = parts(b) as ConstScalar[];
  (parts(a) as ConstScalar[]).forEach((value, i) => {
    check(value, others[i] as ConstScalar);
  });
}

/** What a function asks of its arguments where they are constant. */
function need(holds: boolean, message: string): void {
  if (!holds) throw new ConstantError(message);
}

/** Rounds half to even. */
function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

const FLOATS: ReadonlyMap<string, (...values: number[]) => number> = new Map(
  Object.entries<(...values: [number, number, number]) => number>({
    acos(x) {
      need(Math.abs(x) <= 1, 'acos is defined from -1 to 1');
      return Math.acos(x);
    },
    acosh(x) {
      need(x >= 1, 'acosh is defined from 1 on');
      return Math.acosh(x);
    },
    asin(x) {
      need(Math.abs(x) <= 1, 'asin is defined from -1 to 1');
      return Math.asin(x);
    },
    asinh: Math.asinh,
    atan: Math.atan,
    atanh(x) {
      need(Math.abs(x) < 1, 'atanh is defined between -1 and 1');
      return Math.atanh(x);
    },
    atan2: Math.atan2,
    ceil: Math.ceil,
    cos: Math.cos,
    cosh: Math.cosh,
    degrees: (x) => (x * 180) / Math.PI,
    exp: Math.exp,
    exp2: (x) => 2 ** x,
    floor: Math.floor,
    fma: (a, b, c) => a * b + c,
    fract: (x) => x - Math.floor(x),
    inverseSqrt(x) {
      need(x > 0, 'inverseSqrt is defined above 0');
      return 1 / Math.sqrt(x);
    },
    ldexp: (x, e) => x * 2 ** Math.trunc(e / 2) * 2 ** (e - Math.trunc(e / 2)),
    log(x) {
      need(x > 0, 'log is defined above 0');
      return Math.log(x);
    },
    log2(x) {
      need(x > 0, 'log2 is defined above 0');
      return Math.log2(x);
    },
    pow(x, y) {
      need(x > 0 || (x === 0 && y > 0), 'pow is defined for a base above 0');
      return x ** y;
    },
    radians: (x) => (x * Math.PI) / 180,
    round: roundEven,
    saturate: (x) => Math.min(Math.max(x, 0), 1),
    sin: Math.sin,
    sinh: Math.sinh,
    smoothstep(low, high, x) {
      const t = Math.min(Math.max((x - low) / (high - low), 0), 1);
      return t * t * (3 - 2 * t);
    },
    sqrt(x) {
      need(x >= 0, 'sqrt is defined from 0 on');
      return Math.sqrt(x);
    },
    step: (edge, x) => (edge <= x ? 1 : 0),
    tan: Math.tan,
    tanh: Math.tanh,
    trunc: Math.trunc,
    quantizeToF16(x) {
      need(Math.abs(x) <= 65504, 'quantizeToF16 needs a value within the range of f16');
      return fromHalf(toHalf(x));
    },
  }) as [string, (...values: number[]) => number][],
);

function signed(value: number, scalar: AnyScalar): number {
  return scalar === 'i32' ? value | 0 : value >>> 0;
}

const INTEGERS: ReadonlyMap<string, (...values: number[]) => number> = new Map(
  Object.entries<(...values: [number, number, number, number]) => number>({
    countLeadingZeros: (x) => Math.clz32(x),
    countOneBits: (x) => [...(x >>> 0).toString(2)].filter((digit) => digit === '1').length,
    countTrailingZeros: (x) => (x === 0 ? 32 : 31 - Math.clz32(x & -x)),
    firstTrailingBit: (x) => (x === 0 ? -1 : 31 - Math.clz32(x & -x)),
    reverseBits: (x) => Number.parseInt([...(x >>> 0).toString(2).padStart(32, '0')].reverse().join(''), 2),
  }) as [string, (...values: number[]) => number][],
);

/** One component at a time, by its type. */
const ANY: ReadonlyMap<string, (scalar: AnyScalar, ...values: ConstScalar[]) => ConstScalar> = new Map(
  Object.entries<(scalar: AnyScalar, ...values: [ConstScalar, ConstScalar, ConstScalar, ConstScalar]) => ConstScalar>({
    abs: (scalar, x) => (Number(x) < 0 ? negateWrapping(x, scalar) : x),
    min: (_, a, b) => lesser(a, b),
    max: (_, a, b) => (lesser(a, b) === a ? b : a),
    clamp(_, x, low, high) {
      return lesser(x, low) === x ? low : lesser(x, high);
    },
    sign: (_, x) => (typeof x === 'bigint' ? (x > 0n ? 1n : x < 0n ? -1n : 0n) : Math.sign(Number(x))),
    select: (_, a, b, condition) => (condition ? b : a),
    firstLeadingBit: (scalar, x) => signed(31 - Math.clz32(scalar === 'i32' && Number(x) < 0 ? ~Number(x) : Number(x)), scalar),
    extractBits(scalar, x, offset, count) {
      if (Number(count) === 0) return 0;
      const left = Number(x) << (32 - Number(offset) - Number(count));
      return scalar === 'i32' ? left >> (32 - Number(count)) : left >>> (32 - Number(count));
    },
    insertBits(scalar, x, bits, offset, count) {
      const [at, width] = [Number(offset), Number(count)];
      if (width === 0) return x;
      const mask = (width === 32 ? 0xffffffff : 2 ** width - 1) << at;
      return signed((Number(x) & ~mask) | ((Number(bits) << at) & mask), scalar);
    },
  }) as [string, (scalar: AnyScalar, ...values: ConstScalar[]) => ConstScalar][],
);

/** `Math.min` does not take bigints. */
function lesser(a: ConstScalar, b: ConstScalar): ConstScalar {
  const isLess = a < b;
  return isLess ? a : b;
}

function negateWrapping(x: ConstScalar, scalar: AnyScalar): ConstScalar {
  return typeof x === 'bigint' && x === -(2n ** 63n) ? x : negate(x, scalar);
}

function sum(scalar: AnyScalar, terms: readonly ConstScalar[]): ConstScalar {
  return terms.reduce((total, term) => operate('+', scalar, total, term));
}

function dot(scalar: AnyScalar, a: Const, b: Const): ConstScalar {
  const other = parts(b) as ConstScalar[];
  return sum(
    scalar,
    (parts(a) as ConstScalar[]).map((x, i) => operate('*', scalar, x, other[i] as ConstScalar)),
  );
}

function lengthOf(scalar: AnyScalar, v: Const): number {
  return finite(Math.hypot(...parts(v).map(Number)), scalar);
}

function combine(scalar: AnyScalar, f: (...values: number[]) => number, ...vectors: Const[]): Const {
  return mapConst(vectors, (...values) => finite(f(...values.map(Number)), scalar));
}

const WHOLE: ReadonlyMap<string, (scalar: AnyScalar, ...args: Const[]) => Const> = new Map(
  Object.entries<(scalar: AnyScalar, ...args: [Const, Const, Const]) => Const>({
    all: (_, v) => parts(v).every(Boolean),
    any: (_, v) => parts(v).some(Boolean),
    dot,
    length: lengthOf,
    distance: (scalar, a, b) =>
      lengthOf(
        scalar,
        combine(scalar, (x, y) => x - y, a, b),
      ),
    normalize(scalar, v) {
      const length = lengthOf(scalar, v);
      need(length > 0, 'a vector of length 0 cannot be normalised');
      return combine(scalar, (x) => x / length, v);
    },
    cross(scalar, a, b) {
      const [x, y] = [parts(a).map(Number), parts(b).map(Number)];
      const minor = (i: number, j: number) => finite((x[i] ?? 0) * (y[j] ?? 0) - (x[j] ?? 0) * (y[i] ?? 0), scalar);
      return list([minor(1, 2), minor(2, 0), minor(0, 1)]);
    },
    mix: (scalar, a, b, t) => combine(scalar, (x, y, s) => x * (1 - s) + y * s, a, b, t),
    reflect(scalar, v, n) {
      const along = Number(dot(scalar, n, v));
      return combine(scalar, (x, y) => x - 2 * along * y, v, n);
    },
    refract(scalar, v, n, ratio) {
      const eta = Number(part(ratio, 0));
      const along = Number(dot(scalar, n, v));
      const k = 1 - eta * eta * (1 - along * along);
      if (k < 0) return combine(scalar, () => 0, v);
      return combine(scalar, (x, y) => eta * x - (eta * along + Math.sqrt(k)) * y, v, n);
    },
    faceForward: (scalar, v, incident, reference) =>
      Number(dot(scalar, reference, incident)) < 0 ? v : combine(scalar, (x) => -x, v),
  }) as [string, (scalar: AnyScalar, ...args: Const[]) => Const][],
);

/** `bitcast` of one component. */
export function bitcastScalar(value: ConstScalar, from: AnyScalar, to: AnyScalar): ConstScalar {
  const view = new DataView(new ArrayBuffer(4));
  if (from === 'f32' || from === 'abstract-float') view.setFloat32(0, Number(value));
  else view.setUint32(0, Number(BigInt.asUintN(32, BigInt(value))));
  if (isInteger(to)) return to === 'i32' ? view.getInt32(0) : view.getUint32(0);
  return finite(view.getFloat32(0), 'f32');
}
