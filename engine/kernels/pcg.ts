/**
 * Counter-based random numbers: the same 32-bit words as shaders/random.wgsl, from a counter instead of a hidden state, so any number can
 * be computed alone and again. PCG4D of Jarzynski and Olano, Hash Functions for GPU Rendering, JCGT 9(3), 2020.
 */
import { cos, log, sin } from '../math/index.ts';

/** PCG4D: mixes four words in place. */
export function pcg4d(v: Uint32Array): void {
  let x = (Math.imul(v[0] as number, 1664525) + 1013904223) | 0;
  let y = (Math.imul(v[1] as number, 1664525) + 1013904223) | 0;
  let z = (Math.imul(v[2] as number, 1664525) + 1013904223) | 0;
  let w = (Math.imul(v[3] as number, 1664525) + 1013904223) | 0;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  x = (x + Math.imul(y, w)) | 0;
  y = (y + Math.imul(z, x)) | 0;
  z = (z + Math.imul(x, y)) | 0;
  w = (w + Math.imul(y, z)) | 0;
  v[0] = x;
  v[1] = y;
  v[2] = z;
  v[3] = w;
}

/** One-dimensional PCG hash of the same paper: a bijection of 32-bit words. */
export function pcgHash(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** What identifies a block of random words; all 32-bit. `draw` numbers the draws within one `step`. */
export interface Counter {
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
  readonly draw: number;
}

/**
 * `count` random words: word i is component i mod 4 of PCG4D(⌊i/4⌋, draw, stream, seed xor hash(step)).
 */
export function randomWords(count: number, { seed, stream, step, draw }: Counter): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  const block = new Uint32Array(4);
  const last = (seed ^ pcgHash(step)) >>> 0;
  for (let i = 0; i < words.length; i += 4) {
    block[0] = i / 4;
    block[1] = draw;
    block[2] = stream;
    block[3] = last;
    pcg4d(block);
    words.set(block, i);
  }
  return words.subarray(0, count);
}

/** Uniform in [0, 1) from the top 24 bits of a word: exact in f32. */
export function uniformOf(word: number): number {
  return (word >>> 8) / 2 ** 24;
}

/** Element i of a standard normal draw, by Box and Muller from the two words of its pair. */
export function normalOf(words: Uint32Array, i: number): number {
  const first = i - (i % 2);
  const radius = Math.sqrt(-2 * log(((words[first] as number) >>> 8) / 2 ** 24 + 2 ** -24));
  const angle = 2 * Math.PI * uniformOf(words[first + 1] as number);
  return radius * (i % 2 === 0 ? cos(angle) : sin(angle));
}
