/**
 * Named streams of random numbers. A generator is three words (seed, stream, step), so it is saved and restored exactly, and the WebGPU
 * kernels of kernels/random.ts draw the same bits from the same words.
 */
import { ConfigError, kindOf } from './errors.ts';
import { type Counter, normalOf, pcg4d, pcgHash, randomWords, uniformOf } from './kernels/pcg.ts';

export { type Counter, normalOf, pcg4d, pcgHash, randomWords, uniformOf };

/** All that a generator is. */
export interface GeneratorState {
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
}

/** The stream of a name (FNV-1a), so that adding a consumer of random numbers changes no other consumer's numbers. */
export function streamOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * A sequence of independent draws. Each draw, of any length, uses one step; the same seed, stream and step give the same numbers on every
 * device.
 */
export class Generator {
  /** 32-bit seed. */
  readonly seed: number;
  /** 32-bit identifier of the stream. */
  readonly stream: number;
  /** Number of the next draw. */
  step: number;

  /** @param stream a name, or the number that `streamOf` gave for it */
  constructor(seed: number, stream: string | number = 'default', step = 0) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new ConfigError('seed', `it must be a whole number from 0 to 4294967295, not ${kindOf(seed)}.`);
    }
    this.seed = seed;
    this.stream = typeof stream === 'string' ? streamOf(stream) : stream >>> 0;
    this.step = step >>> 0;
  }

  static restore(state: GeneratorState): Generator {
    return new Generator(state.seed, state.stream, state.step);
  }

  get state(): GeneratorState {
    return { seed: this.seed, stream: this.stream, step: this.step };
  }

  /**
   * A generator of the same seed for another consumer. The streams combine by XOR, so the same name twice leads back to this one's stream:
   * forks of forks need names of their own.
   */
  fork(name: string): Generator {
    return new Generator(this.seed, (this.stream ^ streamOf(name)) >>> 0);
  }

  /** The words that a device kernel reads for the next draw: [seed, stream, step, 0]. Uses up the step. */
  next(): Uint32Array<ArrayBuffer> {
    const words = Uint32Array.of(this.seed, this.stream, this.step, 0);
    this.step = (this.step + 1) >>> 0;
    return words;
  }

  /** `count` raw words of one draw. */
  words(count: number): Uint32Array<ArrayBuffer> {
    const [seed, stream, step] = this.next() as unknown as [number, number, number];
    return randomWords(count, { seed, stream, step, draw: 0 });
  }

  /** Uniform in [low, high), rounded to float32: where that has no number between, `high` itself may come out. */
  uniform(count: number, low = 0, high = 1): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.words(count), (word) => low + (high - low) * uniformOf(word));
  }

  normal(count: number, mean = 0, std = 1): Float32Array<ArrayBuffer> {
    const words = this.words(count + (count % 2));
    return Float32Array.from({ length: count }, (_, i) => mean + std * normalOf(words, i));
  }

  /** 1 with probability p, else 0. */
  bernoulli(count: number, p: number): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.words(count), (word) => (uniformOf(word) < p ? 1 : 0));
  }

  /** Whole numbers in [0, bound). */
  integers(count: number, bound: number): Uint32Array<ArrayBuffer> {
    return this.words(count).map((word) => Math.floor((word / 2 ** 32) * bound));
  }

  /** The numbers 0 to count - 1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array<ArrayBuffer> {
    return this.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  }

  /** Shuffles in place. */
  shuffle<T extends { length: number; [index: number]: unknown }>(values: T): T {
    const words = this.words(values.length);
    for (let i = values.length - 1; i > 0; i--) {
      const j = Math.floor(((words[i] as number) / 2 ** 32) * (i + 1));
      const kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
    return values;
  }
}
