/** Sorting of table cells, the same in every table. */
export type Cell = string | number | boolean | null | undefined;

export const isMissing = (value: Cell): boolean => value === undefined || value === null || Number.isNaN(value);

/**
 * Order of two cells: numbers by size, everything else as text with its numbers by size. Missing ones stand last in either direction.
 * @returns negative, 0 or positive, as `Array.prototype.sort` wants it
 */
export function compareCells(a: Cell, b: Cell, descending: boolean): number {
  if (isMissing(a) || isMissing(b)) return Number(isMissing(a)) - Number(isMissing(b));
  const sign = descending ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
}
