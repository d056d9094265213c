import type { Generator } from '../random.ts';
import type { Uniform } from './dataset.ts';

/** Numbers that one draw of the generator fetches ahead. */
const BLOCK = 1024;

/**
 * The uniform numbers of a generator one at a time, for the functions here that take a `Uniform`. The generator moves on by one step for
 * every 1024 numbers, so the same seed, stream and step give the same sequence on every device.
 *
 * @param generator where they come from, for example `new Generator(seed, 'split')`
 */
export function uniformFrom(generator: Pick<Generator, 'uniform'>): Uniform {
  let block = new Float32Array(0);
  let used = 0;
  return () => {
    if (used === block.length) {
      block = generator.uniform(BLOCK);
      used = 0;
    }
    return block[used++] as number;
  };
}
