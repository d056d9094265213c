import { describe, expect, it } from 'vitest';
import { limitsOf, scaleEnd } from '../../../apps/components/attribution-gallery/scale.ts';
import { memoLast } from '../../../apps/shell/memo.ts';

const map = (id: string, values: readonly number[]) => ({ id, title: id, values, width: 2 });

describe('the scale of attribution maps', () => {
  it('ends at the largest magnitude, or where the larger ones hold what is left out of the total', () => {
    const values = [1, -1, 1, -1, 1, -1, 1, -1, 1, 91];
    expect(scaleEnd([{ values }])).toBe(91);
    // Nine ones are 9 % of the total.
    expect(scaleEnd([{ values }], 0.09)).toBe(1);
    expect(scaleEnd([{ values }], 0.5)).toBe(91);
    expect(scaleEnd([{ values: [Number.NaN, -3, Number.POSITIVE_INFINITY, 2] }])).toBe(3);
    expect(scaleEnd([{ values: [0, 0] }], 0.98)).toBe(0);
    expect(scaleEnd([])).toBe(0);
  });

  it('is one for all, or one for each', () => {
    const maps = [map('a', [0.5, -2]), map('b', [0.1, 0.2])];
    expect(limitsOf(maps, 'shared', 1)).toEqual([2, 2]);
    expect(limitsOf(maps, 'own', 1)).toEqual([2, 0.2]);
    expect(limitsOf([], 'shared', 1)).toEqual([]);
  });
});

it('prepares an answer once, however often the view is rendered', () => {
  let made = 0;
  const doubled = memoLast((list: readonly number[], by: number) => {
    made++;
    return list.map((value) => value * by);
  });
  const list = [1, 2];
  const first = doubled(list, 2);
  expect(doubled(list, 2)).toBe(first);
  expect(made).toBe(1);
  expect(doubled(list, 3)).toEqual([3, 6]);
  expect(doubled([...list], 3)).toEqual([3, 6]);
  expect(made).toBe(3);
});
