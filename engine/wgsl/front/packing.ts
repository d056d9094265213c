/** The packing functions of WGSL (§17.9, §17.10) and dot products of packed bytes, of constants. */
import { ConstantError } from './constants.ts';

/** The bits of a pack function; undefined where `name` is none. @throws ConstantError where f16 cannot hold a value */
export function pack(name: string, v: readonly number[]): number | undefined {
  const norm = (bits: number, isSigned: boolean) => {
    const most = isSigned ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
    return join(
      v.map((x) => Math.floor(0.5 + most * Math.min(Math.max(x, isSigned ? -1 : 0), 1))),
      bits,
    );
  };
  const clamp = (low: number, high: number) =>
    join(
      v.map((x) => Math.min(Math.max(x, low), high)),
      8,
    );
  switch (name) {
    case 'pack4x8snorm':
      return norm(8, true);
    case 'pack4x8unorm':
      return norm(8, false);
    case 'pack2x16snorm':
      return norm(16, true);
    case 'pack2x16unorm':
      return norm(16, false);
    case 'pack2x16float':
      if (v.some((x) => Math.abs(x) > 65504)) throw new ConstantError('pack2x16float needs values within the range of f16');
      return join(v.map(toHalf), 16);
    case 'pack4xI8':
    case 'pack4xU8':
      return join(v, 8);
    case 'pack4xI8Clamp':
      return clamp(-128, 127);
    case 'pack4xU8Clamp':
      return clamp(0, 255);
  }
  return undefined;
}

/** The values of an unpack function or packed dot product; undefined where `name` is none. */
export function unpack(name: string, bits: number, other: number): number | number[] | undefined {
  const products = (isSigned: boolean) => {
    const b = split(other, 8, isSigned);
    return split(bits, 8, isSigned).reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  };
  switch (name) {
    case 'unpack4x8snorm':
      return split(bits, 8, true).map((x) => Math.fround(Math.max(x / 127, -1)));
    case 'unpack4x8unorm':
      return split(bits, 8, false).map((x) => Math.fround(x / 255));
    case 'unpack2x16snorm':
      return split(bits, 16, true).map((x) => Math.fround(Math.max(x / 32767, -1)));
    case 'unpack2x16unorm':
      return split(bits, 16, false).map((x) => Math.fround(x / 65535));
    case 'unpack2x16float':
      return split(bits, 16, false).map((x) => {
        const value = fromHalf(x);
        if (!Number.isFinite(value)) throw new ConstantError('unpack2x16float gives no finite number here');
        return value;
      });
    case 'unpack4xI8':
      return split(bits, 8, true);
    case 'unpack4xU8':
      return split(bits, 8, false);
    case 'dot4U8Packed':
      return products(false) >>> 0;
    case 'dot4I8Packed':
      return products(true) | 0;
  }
  return undefined;
}

/** Numbers of `bits` bits side by side, the first lowest. */
function join(values: readonly number[], bits: number): number {
  return values.reduce((word, value, i) => word | ((value & (2 ** bits - 1)) << (i * bits)), 0) >>> 0;
}

function split(word: number, bits: number, isSigned: boolean): number[] {
  return Array.from({ length: 32 / bits }, (_, i) => {
    const left = word << (32 - bits * (i + 1));
    return isSigned ? left >> (32 - bits) : left >>> (32 - bits);
  });
}

/** The nearest f16 (ties to even) as its 16 bits. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const x = Math.abs(value);
  if (x === 0) return sign;
  // In units of the last place: 2^(e-10) for normal numbers, 2^-24 below them. A carry moves into the exponent by itself.
  const exponent = Math.max(Math.floor(Math.log2(x)), -14);
  const scaled = x / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const units = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (exponent === -14 && units < 1024 ? units : ((exponent + 15) << 10) + units - 1024);
}

export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
