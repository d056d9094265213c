import { describe, expect, it } from 'vitest';
import { type Box, placeLabel } from '../../../apps/components/chart/labels.ts';

const box = (left: number, top: number): Box => ({ left, top, width: 40, height: 10 });
const places = [box(100, 0), box(100, 20), box(0, 0), box(0, 20)];

describe('labels of a chart', () => {
  it('take the first place where nothing is in the way', () => {
    expect(placeLabel(places, [], [])).toBe(places[0]);
    expect(placeLabel(places, [], [[50, 5]])).toBe(places[0]);
  });

  it('leave a place with a curve to one without, or with less of it', () => {
    expect(placeLabel(places, [], [[110, 5]])).toBe(places[1]);
    const everywhere: [number, number][] = [
      [110, 5],
      [111, 5],
      [112, 22],
      [3, 4],
      [4, 4],
      [5, 25],
      [6, 25],
    ];
    expect(placeLabel(places, [], everywhere)).toBe(places[1]);
  });

  it('never take the place of another label where one is free', () => {
    const curve = Array.from({ length: 500 }, (_, i): [number, number] => [i % 50, 5]);
    expect(placeLabel(places, [box(90, 5)], [...curve, ...curve.map(([x]): [number, number] => [x, 25])])).not.toBe(places[0]);
    expect(placeLabel([box(100, 0), box(0, 0)], [box(90, 5)], curve)).toEqual(box(0, 0));
  });

  it('are not put off by gaps in a curve', () => {
    expect(placeLabel(places, [], [[110, Number.NaN]])).toBe(places[0]);
  });
});
