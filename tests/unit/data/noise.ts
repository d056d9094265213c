/** Bytes that do not compress, the same for the same seed (a linear congruential generator; good enough to fill a file). */
export function noise(length: number, seed: number): Buffer {
  const uniform = generator(seed);
  return Buffer.from(Uint8Array.from({ length }, () => Math.floor(uniform() * 256)));
}

/** Uniform numbers on [0, 1) for tests (Mulberry32 by T. Ettinger). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
