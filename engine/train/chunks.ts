/** Steps between two read-backs: how many, and what of them is still on its way. */
import { nonFiniteState } from './diagnose.ts';
import type { TakenStep, TrainingState } from './state.ts';
import { RING } from './step.ts';
import type { Trainable } from './trainable.ts';

/** Work to wait for between two read-backs, in milliseconds. */
const CHUNK_MS = 50;
/** How often to look for values that are not finite while nothing else is due. */
const CHECK_MS = 1000;

interface Chunk {
  readonly steps: readonly TakenStep[];
  readonly losses: Promise<Float32Array>;
  /** Parameters and statistics that are no longer finite: a ReLU hides that from the loss, where the GPU takes max(NaN, 0) for 0. */
  readonly broken: Promise<readonly string[]>;
  readonly startedAt: number;
}

/** A chunk that has come back. */
export interface DeliveredChunk {
  readonly steps: readonly TakenStep[];
  readonly losses: Float32Array;
  readonly broken: readonly string[];
  readonly seconds: number;
}

export class ChunkQueue {
  #pending: Chunk[] = [];
  #length = 1;
  #slot = 0;
  #timed = false;
  #checkedAt = 0;
  readonly #lossEvery: 'auto' | number;

  constructor(lossEvery: 'auto' | number) {
    this.#lossEvery = lossEvery;
  }

  get pending(): readonly Chunk[] {
    return this.#pending;
  }

  /** Chunks that may compute while older losses travel: none while steps are slow. */
  get ahead(): number {
    return this.#length === 1 ? 0 : 1;
  }

  /** Enqueues steps, at most up to `boundary`. */
  dispatch<N extends Trainable>(state: TrainingState<N>, boundary: number): void {
    const length = Math.max(1, Math.min(this.#length, boundary - state.progress.step, RING / 2));
    const startedAt = performance.now();
    const first = this.#slot;
    const steps = Array.from({ length }, (_, i) => state.step(first + i));
    const losses = state.runner.losses(first, length);
    const check = this.#checkedAt + CHECK_MS < startedAt || state.progress.step === boundary;
    if (check) this.#checkedAt = startedAt;
    const broken = check ? nonFiniteState(state.network) : Promise.resolve([]);
    // Failures are seen when the chunk is taken; until then nobody else may be told.
    for (const promise of [losses, broken]) promise.catch(() => {});
    this.#pending.push({ steps, losses, broken, startedAt });
    this.#slot = first === 0 ? RING / 2 : 0;
  }

  /** Waits for the oldest chunk. */
  async take(): Promise<DeliveredChunk> {
    const { steps, startedAt, ...rest } = this.#pending[0] as Chunk;
    const [losses, broken] = await Promise.all([rest.losses, rest.broken]);
    this.#pending.shift();
    const milliseconds = performance.now() - startedAt;
    // The first chunk compiles; it says nothing about the speed.
    if (this.#timed) this.#adapt(milliseconds / steps.length);
    this.#timed = true;
    return { steps, losses, broken, seconds: milliseconds / 1000 };
  }

  /** Drops what is under way. */
  clear(): void {
    this.#pending = [];
    this.#length = 1;
    this.#slot = 0;
    this.#timed = false;
  }

  #adapt(milliseconds: number): void {
    const fast = Math.min(Math.floor(CHUNK_MS / Math.max(milliseconds, 0.01)), 2 * this.#length);
    this.#length = Math.max(1, Math.min(this.#lossEvery === 'auto' ? fast : this.#lossEvery, RING / 2));
  }
}
