/** The groups that a network is tested on, and which of them it does worst on. */

/** Class and cue of a sample: 2 · class + (it has the cue). */
export const GROUPS = ['0–4, no square', '0–4, square', '5–9, no square', '5–9, square'] as const;

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
