/** The group that a network does worst on. */
import { GROUPS } from './classes.ts';

/** What ‘worst group’ means, where it is read first. */
export const WORST_GROUP = 'Of 0–4 and 5–9, each with and without the square, the group that is classified worst.';

/** Its name; of several that are as bad the first. */
export function worstGroup({
  each,
  worst,
}: {
  readonly each: readonly (number | null)[];
  readonly worst: number;
}): string | null {
  return GROUPS.find((_, group) => each[group] === worst) ?? null;
}
