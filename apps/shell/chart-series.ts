/** A run's curves as a chart takes them. */
import type { Band, ChartSeries } from '../components/chart/types.ts';
import type { Contract } from '../runtime/contract.ts';
import type { RunStore } from '../runtime/store.ts';

/** How a series looks, by its name in the run's events; what is not named is left out unless `rest` is true. */
export type Looks = Readonly<Record<string, Partial<Omit<ChartSeries, 'id' | 'x' | 'y'>>>>;

/**
 * The curves of one chart, without copying a point. Series come in the order of `looks`, those without a look after them.
 * @param looks colour, label, dash of each series
 */
export function seriesOf(store: RunStore<Contract>, chart = 'loss', looks: Looks = {}): ChartSeries[] {
  const known = store.series(chart);
  const place = (name: string) => {
    const at = Object.keys(looks).indexOf(name);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  return [...known]
    .sort((a, b) => (place(a.name) === place(b.name) ? 0 : place(a.name) - place(b.name)))
    .map(({ name, x, y }) => ({ label: name, ...looks[name], id: name, x, y }));
}

/**
 * The bands that came with curves (`band`: half width around y).
 * @param within what the quantity can be: a band ends there
 */
export function bandsOf(
  store: RunStore<Contract>,
  chart: string,
  looks: Looks = {},
  [least, most]: readonly [least: number, most: number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Band[] {
  return store.series(chart).flatMap(({ name, x, y, band }) => {
    if (!band) return [];
    const low = y.map((value, i) => Math.max(least, value - (band[i] as number)));
    const high = y.map((value, i) => Math.min(most, value + (band[i] as number)));
    const color = looks[name]?.color;
    return [
      {
        id: `${name} band`,
        label: `${looks[name]?.label ?? name}, interval`,
        x,
        low,
        high,
        ...(color === undefined ? {} : { color }),
      },
    ];
  });
}
