/** Where a label of a chart is written: beside what it names, off other labels and off the curves. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const meet = (a: Box, b: Box): boolean =>
  a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;

/**
 * The candidate that covers least: no other label if possible, then as few points of curves as possible; the first of equals.
 * @param points [x, y] in the same units as the boxes
 */
export function placeLabel(
  candidates: readonly Box[],
  taken: readonly Box[],
  points: readonly (readonly [number, number])[],
): Box {
  const cost = (box: Box): number =>
    1e6 * taken.filter((other) => meet(box, other)).length +
    points.filter(([x, y]) => x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height).length;
  return candidates.map((box) => ({ box, cost: cost(box) })).reduce((best, next) => (next.cost < best.cost ? next : best)).box;
}
