/** The way through the labs: their order, and for whom each is. */

/** Lab ids in the order in which they build on each other. */
export const order: readonly string[] = [
  'regression',
  'classify',
  'tsne',
  'failure-modes',
  'denoise',
  'saliency',
  'features',
  'adversarial',
  'masktune',
  'mode',
];

const LEVELS: Readonly<Record<string, string>> = {
  regression: 'first steps',
  classify: 'first steps',
  tsne: 'trained networks',
  'failure-modes': 'trained networks',
  denoise: 'trained networks',
  saliency: 'looking inside',
  features: 'looking inside',
  adversarial: 'attack and repair',
  masktune: 'attack and repair',
  mode: 'attack and repair',
};

/** What a reader should know before: the step of the way on which the lab lies; empty for one that is not on it. */
export const levelOf = (id: string): string => LEVELS[id] ?? '';

const place = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);

/** Compares two labs by their place. */
export const byOrder = (a: string, b: string): number => place(a) - place(b) || (a < b ? -1 : 1);

/** The lab that follows among those that exist; undefined after the last. */
export function nextLab(id: string, existing: readonly string[]): string | undefined {
  const sorted = [...existing].sort(byOrder);
  return sorted[sorted.indexOf(id) + 1];
}
