/** The dot and the grid, as they are unless the reader moves them; other labs taint with them too. */
import type { ConfigOf } from '../../runtime/schema.ts';
import type { schema } from './schema.ts';

export const CUES = {
  taintedSet: 'tainted',
  dotClass: 7,
  dotRow: 25,
  dotColumn: 25,
  dotSize: 1,
  dotValue: 255,
  gridClass: 4,
  amplitude: 80,
  stride: 2,
} as const;

/** What a tainted copy is made with. */
export type Cues = Pick<ConfigOf<typeof schema>, keyof typeof CUES | 'seed'>;
