/**
 * Element types of operations. An operation on i32 gives exact integers where it has an integer form, and says so where it has none
 * (`run` checks every kernel). A float and an integer together are computed as floats, as in PyTorch.
 */
import { constant } from '../constant.ts';
import { ArgumentError, DTypeError, kindOf } from '../errors.ts';
import { castF32ToI32, castF32ToU32, castI32ToF32, castI32ToU32, castU32ToF32, castU32ToI32 } from '../kernels/fill.ts';
import { type DType, Tensor } from '../tensor.ts';
import { checkTensor } from './arguments.ts';
import { compute } from './run.ts';

/** A tensor or a plain number. */
export type Operand = Tensor | number;

const CASTS = {
  f32: { i32: castF32ToI32, u32: castF32ToU32 },
  i32: { f32: castI32ToF32, u32: castI32ToU32 },
  u32: { f32: castU32ToF32, i32: castU32ToI32 },
} as const;

/**
 * The elements as another type; x itself where it is of that type already. Floats are cut towards zero, what the type cannot hold is
 * clamped to its range (from floats, to the nearest float within it), and NaN becomes 0. No gradient passes a cast.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor('cast', x);
  if (!(dtype in CASTS)) throw new ArgumentError('cast', `'${String(dtype)}' is no element type; use 'f32', 'i32' or 'u32'`);
  if (x.dtype === dtype) return x;
  const kernel = (CASTS[x.dtype] as Partial<Record<DType, typeof castF32ToI32>>)[dtype] as typeof castF32ToI32;
  return compute(kernel, { x }, x.shape, { count: x.size }, dtype);
}

/** The tensor as floats: what losses do with integer targets. */
export const asFloat = (x: Tensor): Tensor => cast(x, 'f32');

/** True for i32: the type that has integer forms. */
export const isInteger = (x: Tensor): boolean => x.dtype === 'i32';

/** @throws DTypeError naming the operation unless x is f32 */
export function requireFloat(op: string, x: Tensor): void {
  checkTensor(op, x);
  if (x.dtype !== 'f32') throw new DTypeError(op, x.dtype);
}

function checkOperand(op: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw new ArgumentError(op, `an operand must be a tensor or a number, not ${kindOf(value)}`);
}

const isI32 = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;

/**
 * Both operands with elements of one type. A number beside floats stays a number; beside integers it becomes an integer if it is one,
 * else both become floats.
 * @throws ArgumentError where neither is a tensor; DTypeError for u32, and for i32 beside u32
 */
export function matched(op: string, a: Operand, b: Operand): readonly [Operand, Operand] {
  if (typeof a === 'number' && typeof b === 'number') throw new ArgumentError(op, 'at least one operand must be a tensor');
  if (typeof a === 'number') {
    const [y, x] = matched(op, b, a);
    return [x, y];
  }
  checkOperand(op, a);
  if (typeof b === 'number') {
    if (a.dtype === 'f32') return [a, b];
    if (a.dtype !== 'i32') throw new DTypeError(op, a.dtype, 'it has forms for f32 and i32 only');
    return isI32(b) ? [a, constant(b, a.device, 'i32')] : [asFloat(a), b];
  }
  checkOperand(op, b);
  if (a.dtype === b.dtype) {
    if (a.dtype === 'u32') throw new DTypeError(op, a.dtype, 'it has forms for f32 and i32 only');
    return [a, b];
  }
  if (a.dtype !== 'f32' && b.dtype !== 'f32') {
    throw new DTypeError(op, `${a.dtype} and one of ${b.dtype}`, 'both must be of one type');
  }
  return [asFloat(a), asFloat(b)];
}

/** As `matched`, with numbers as tensors of one element. */
export function matchedTensors(op: string, a: Operand, b: Operand): readonly [Tensor, Tensor] {
  const [x, y] = matched(op, a, b);
  const device = (typeof x === 'number' ? (y as Tensor) : x).device;
  return [typeof x === 'number' ? constant(x, device) : x, typeof y === 'number' ? constant(y, device) : y];
}
