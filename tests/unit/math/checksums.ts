/** A hash of many values of each function, the same in every JavaScript engine. Runs in Node and in a page. */
import { atan2, cos, erf, erfc, exp, expm1, hypot, log, log1p, pow, sin, tan, tanh } from '../../../engine/math/index.ts';

/** FNV-1a over the bits of f at 20,000 arguments of all magnitudes. */
function checksum(f: (x: number) => number): string {
  const double = new Float64Array(1);
  const words = new Uint32Array(double.buffer);
  let hash = 0x811c9dc5;
  let state = 1;
  for (let i = 0; i < 20_000; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const near = (state / 2 ** 32 - 0.5) * (i % 2 ? 8 : 1600);
    double[0] = f(near);
    // Engines may differ in the bits of a NaN.
    if (Number.isNaN(double[0])) words.fill(0x7ff80000);
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  }
  return hash.toString(16);
}

export function checksums(): Readonly<Record<string, string>> {
  const unary = { exp, expm1, log, log1p, tanh, sin, cos, tan, erf, erfc };
  return Object.fromEntries([
    ...Object.entries(unary).map(([name, f]) => [name, checksum(f)]),
    ['pow', checksum((x) => pow(Math.abs(x) / 100, x / 7))],
    ['atan2', checksum((x) => atan2(x, x * x - 3))],
    ['hypot', checksum((x) => hypot(x, x + 1, 2))],
    ['largeSin', checksum((x) => sin(x * 1e17))],
  ]);
}
