/** The bits of a double: exact powers of two, exponents and significands. */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Which of the two words holds sign and exponent. */
double[0] = 1;
const HIGH = words[1] === 0 ? 0 : 1;

/** 2^n for a whole n from −1022 to 1023. */
export function powerOfTwo(n: number): number {
  words[HIGH] = (n + 1023) << 20;
  words[1 - HIGH] = 0;
  return double[0] as number;
}

/** x·2^n for a whole n from −2044 to 2046, rounded once. */
export function scaled(x: number, n: number): number {
  if (n > 1023) return x * powerOfTwo(1023) * powerOfTwo(n - 1023);
  // The significand is rounded by the last factor alone.
  if (n < -1022) return x * powerOfTwo(Math.max(n + 1022, -1022)) * powerOfTwo(-1022);
  return x * powerOfTwo(n);
}

/** x = significand·2^exponent with √½ ≤ significand < √2, for a finite x > 0. */
export function split(x: number): { readonly significand: number; readonly exponent: number } {
  const subnormal = x < 2.2250738585072014e-308;
  double[0] = subnormal ? x * 18014398509481984 : x;
  let exponent = ((words[HIGH] as number) >>> 20) - 1023 - (subnormal ? 54 : 0);
  words[HIGH] = ((words[HIGH] as number) & 0xfffff) | 0x3ff00000;
  let significand = double[0] as number;
  if (significand >= Math.SQRT2) {
    significand /= 2;
    exponent++;
  }
  return { significand, exponent };
}

/** x = significand·2^exponent exactly, with whole numbers, for a finite x > 0. */
export function wholeParts(x: number): { readonly significand: bigint; readonly exponent: number } {
  double[0] = x;
  const high = words[HIGH] as number;
  const exponent = high >>> 20;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(words[1 - HIGH] as number);
  return exponent === 0
    ? { significand: fraction, exponent: -1074 }
    : { significand: fraction | (1n << 52n), exponent: exponent - 1075 };
}
