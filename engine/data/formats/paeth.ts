/** A prediction that PNG files and packs share; packs need no decoder of PNG. */

/** The predictor of filter 4 (Paeth 1991): the neighbour nearest to left + up − upper left. */
export function paeth(left: number, up: number, corner: number): number {
  const p = left + up - corner;
  const dl = Math.abs(p - left);
  const du = Math.abs(p - up);
  const dc = Math.abs(p - corner);
  return dl <= du && dl <= dc ? left : du <= dc ? up : corner;
}
