/** Number literals (WGSL, §3.5.2). */
import { type Const, ConstantError, finite, MAX_F32 } from './constants.ts';
import type { AnyScalar } from './types.ts';

export interface LiteralValue {
  readonly scalar: AnyScalar | 'f16';
  readonly value: Const;
}

/** @throws ConstantError where the number does not fit its type */
export function parseNumber(text: string): LiteralValue {
  const hexadecimal = /^0[xX]/.test(text);
  const isFloat = hexadecimal ? /[.pP]/.test(text) : /[.eEfh]/.test(text);
  return isFloat ? parseFloating(text, hexadecimal) : parseInteger(text);
}

function parseInteger(text: string): LiteralValue {
  const suffix = /[iu]$/.exec(text)?.[0];
  const digits = suffix ? text.slice(0, -1) : text;
  // The longest number that fits has 20 characters; what is much longer need not be computed.
  if (digits.length > 40 && !/^0[xX]0*[\da-fA-F]{1,16}$/.test(digits)) throw tooLarge(text, 'abstract-int');
  const value = BigInt(digits);
  if (suffix === 'u') {
    if (value > 4294967295n) throw tooLarge(text, 'u32');
    return { scalar: 'u32', value: Number(value) };
  }
  if (suffix === 'i') {
    if (value > 2147483647n) throw tooLarge(text, 'i32');
    return { scalar: 'i32', value: Number(value) };
  }
  if (value > 9223372036854775807n) throw tooLarge(text, 'abstract-int');
  return { scalar: 'abstract-int', value };
}

function parseFloating(text: string, hexadecimal: boolean): LiteralValue {
  // In a hexadecimal number, `f` is a suffix only after an exponent.
  const suffix = (hexadecimal ? /[pP].*([fh])$/.exec(text)?.[1] : /[fh]$/.exec(text)?.[0]) ?? '';
  const digits = suffix ? text.slice(0, -1) : text;
  const value = hexadecimal ? parseHexadecimal(digits) : Number(digits);
  if (suffix === 'h') return { scalar: 'f16', value };
  const scalar = suffix === 'f' ? 'f32' : 'abstract-float';
  if (!Number.isFinite(value) || (scalar === 'f32' && Math.abs(value) > MAX_F32)) throw tooLarge(text, scalar);
  if (hexadecimal && scalar === 'f32' && Math.fround(value) !== value) {
    throw new ConstantError(`the value '${text}' cannot be represented exactly as 'f32'`);
  }
  return { scalar, value: finite(value, scalar) };
}

function parseHexadecimal(text: string): number {
  const match = /^0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)(?:[pP]([+-]?\d+))?$/.exec(text);
  const digits = `${match?.[1] ?? ''}${match?.[2] ?? ''}`.replace(/^0+/, '');
  if (digits === '') return 0;
  if (digits.length > 400) throw new ConstantError(`the value '${text.slice(0, 40)}…' has too many digits`);
  const mantissa = BigInt(`0x${digits}`);
  // In two steps: 2^exponent alone may leave the range where the product does not.
  const exponent = Math.max(-4000, Math.min(4000, Number(match?.[3] ?? 0) - 4 * (match?.[2] ?? '').length));
  const half = Math.trunc(exponent / 2);
  return Number(mantissa) * 2 ** half * 2 ** (exponent - half);
}

function tooLarge(text: string, type: string): ConstantError {
  return new ConstantError(`the value '${text.length > 40 ? `${text.slice(0, 40)}…` : text}' cannot be represented as '${type}'`);
}
