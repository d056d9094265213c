/**
 * The arithmetic of WGSL on JavaScript numbers. f32 results are rounded after every operation, i32 and u32 wrap around, shifts take
 * their count modulo 32; a bool is 0 or 1.
 */
import type { BinaryOperator, Scalar } from '../typed.ts';

const { fround, imul } = Math;

type Op = (a: number, b: number) => number;

const flag = (value: boolean): number => (value ? 1 : 0);

const comparisons: Partial<Record<BinaryOperator, Op>> = {
  '==': (a, b) => flag(a === b),
  '!=': (a, b) => flag(a !== b),
  '<': (a, b) => flag(a < b),
  '<=': (a, b) => flag(a <= b),
  '>': (a, b) => flag(a > b),
  '>=': (a, b) => flag(a >= b),
};

const operations: Record<Scalar, Partial<Record<BinaryOperator, Op>>> = {
  f32: {
    '+': (a, b) => fround(a + b),
    '-': (a, b) => fround(a - b),
    '*': (a, b) => fround(a * b),
    '/': (a, b) => fround(a / b),
    // x - y · trunc(x / y), as WGSL defines it; JavaScript's % is that without rounding.
    '%': (a, b) => fround(a % b),
  },
  i32: {
    '+': (a, b) => (a + b) | 0,
    '-': (a, b) => (a - b) | 0,
    '*': imul,
    // -2147483648 / -1 wraps around to itself.
    '/': (a, b) => (b === 0 ? a : (a / b) | 0),
    '%': (a, b) => (b === 0 ? 0 : (a % b) | 0),
    '&': (a, b) => a & b,
    '|': (a, b) => a | b,
    '^': (a, b) => a ^ b,
    '<<': (a, b) => a << b,
    '>>': (a, b) => a >> b,
  },
  u32: {
    '+': (a, b) => (a + b) >>> 0,
    '-': (a, b) => (a - b) >>> 0,
    '*': (a, b) => imul(a, b) >>> 0,
    '/': (a, b) => (b === 0 ? a : (a / b) >>> 0),
    '%': (a, b) => (b === 0 ? 0 : a % b),
    '&': (a, b) => (a & b) >>> 0,
    '|': (a, b) => (a | b) >>> 0,
    '^': (a, b) => (a ^ b) >>> 0,
    '<<': (a, b) => (a << b) >>> 0,
    '>>': (a, b) => a >>> b,
  },
  bool: {
    '&': (a, b) => a & b,
    '|': (a, b) => a | b,
  },
};

/** The operation on one component; `scalar` is that of the operands. */
export function binaryOperation(operator: BinaryOperator, scalar: Scalar): Op {
  const op = comparisons[operator] ?? operations[scalar][operator];
  if (!op) throw new Error(`no operator ${operator} of ${scalar}`);
  return op;
}

export function unaryOperation(operator: '-' | '!' | '~', scalar: Scalar): (a: number) => number {
  if (operator === '!') return (a) => 1 - a;
  if (operator === '~') return scalar === 'u32' ? (a) => ~a >>> 0 : (a) => ~a;
  return scalar === 'f32' ? (a) => -a : (a) => -a | 0;
}

/** Truncates and keeps within what both types hold exactly; NaN becomes 0. */
function toInteger(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.trunc(Math.min(Math.max(value, low), high)) + 0;
}

/** The value of a scalar conversion `to(x)`. */
export function conversion(from: Scalar, to: Scalar): (value: number) => number {
  if (from === to || from === 'bool') return (value) => value;
  switch (to) {
    case 'bool':
      return (value) => flag(value !== 0);
    case 'f32':
      return fround;
    case 'i32':
      return from === 'u32' ? (value) => value | 0 : (value) => toInteger(value, -2147483648, 2147483520);
    case 'u32':
      return from === 'i32' ? (value) => value >>> 0 : (value) => toInteger(value, 0, 4294967040);
  }
}

const bits = new DataView(new ArrayBuffer(4));

function readBits(scalar: Scalar): number {
  if (scalar === 'f32') return bits.getFloat32(0);
  return scalar === 'i32' ? bits.getInt32(0) : bits.getUint32(0);
}

/** The same bits as a number of another type. */
export function bitcast(from: Scalar, to: Scalar): (value: number) => number {
  if (from === to) return (value) => value;
  return (value) => {
    if (from === 'f32') bits.setFloat32(0, value);
    else bits.setInt32(0, value);
    return readBits(to);
  };
}

export const bitsOf = bitcast('f32', 'u32');
