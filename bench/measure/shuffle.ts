/** The order of a round: random, so that no contender always runs after the same one, and from a seed, so that it can be repeated. */

/** A new order of the same elements at each call. */
export type Shuffle = <T>(elements: readonly T[]) => T[];

/** The seed of a case: FNV-1a of its name, 32 bits. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Fisher–Yates with random numbers from mulberry32. */
export function shuffler(seed: number): Shuffle {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return <T>(elements: readonly T[]): T[] => {
    const order = [...elements];
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j] as T, order[i] as T];
    }
    return order;
  };
}
