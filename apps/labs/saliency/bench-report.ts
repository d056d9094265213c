/** The bench of explanations in words and Markdown. */

import type { BenchCell, BenchResult, CueEffect } from '../../../engine/explain/bench/index.ts';
import { formatPercent } from '../../components/shared/format.ts';

const number = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
  return text.replace('-', '−');
};

/** `0.412 ± 0.013` */
export const cellText = (cell: BenchCell | null | undefined): string =>
  cell ? `${number(cell.mean)} ± ${number((cell.high - cell.low) / 2)}` : '–';

/** All rows and columns; heads of columns that fail their own controls are struck through, with the reasons below. */
export function tableOf({ columns, rows, chance, effect, besides, completeness }: BenchResult): string {
  const head = [
    '',
    ...columns.map(({ name, reliable }) => (reliable ? name : `~~${name}~~`)),
    ...besides.map(({ name }) => `share, ${name} network`),
  ];
  const lines = rows.map(({ name, cells, beside }) => [
    name,
    ...columns.map(({ id }) => cellText(cells[id])),
    ...besides.map((other) => cellText(beside[other.name])),
  ]);
  const cost = ({ change, part }: CueEffect) =>
    `${cellText(change)} of its score, ${formatPercent(part, 1)} of all that the image does to it`;
  const table = [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
  const reasons = columns.filter(({ reliable }) => !reliable).map(({ name, reason }) => `- ${name}: ${reason}`);
  return [
    table,
    '',
    `The cue has ${formatPercent(chance, 2)} of the area. Taking it away costs the network ${cost(effect)}.`,
    ...besides.map((other) => `The ${other.name} network: ${cost(other)}.`),
    completeness.length > 0
      ? `Completeness error of integrated gradients: ${completeness.map(({ nodes, error }) => `${cellText(error)} with ${nodes} nodes`).join(', ')}.`
      : '',
    ...(reasons.length > 0 ? ['', 'Struck through, as the control fails:', ...reasons] : []),
  ].join('\n');
}

type Row = BenchResult['rows'][number];

/** Mean over seeds with half the spread from the lowest to the highest. */
function overSeeds(
  results: readonly BenchResult[],
  row: string,
  cell: (row: Row) => BenchCell | null | undefined,
): { mean: number; half: number } {
  const means = results.map(({ rows }) => {
    const found = rows.find(({ id }) => id === row);
    return (found && cell(found)?.mean) ?? Number.NaN;
  });
  const mean = means.reduce((a, b) => a + b, 0) / means.length;
  return { mean, half: (Math.max(...means) - Math.min(...means)) / 2 };
}

/** For each column the order of the rows, best first, means over seeds with half their spread, and in how many seeds it is reliable. */
export function orderingOf(results: readonly BenchResult[]): string {
  const [first] = results;
  if (!first) return '';
  const listed = (better: 'higher' | 'lower', cell: (row: Row) => BenchCell | null | undefined) =>
    first.rows
      .map((row) => ({ name: row.name, ...overSeeds(results, row.id, cell) }))
      .filter(({ mean }) => Number.isFinite(mean))
      .sort((a, b) => (better === 'higher' ? b.mean - a.mean : a.mean - b.mean))
      .map((row) => `${row.name} ${number(row.mean)} ± ${number(row.half)}`)
      .join(', ');
  const columns = first.columns.map(({ id, name, better }) => {
    const held = results.filter((result) => result.columns.find((column) => column.id === id)?.reliable).length;
    const order = listed(better, ({ cells }) => cells[id]);
    return `- **${name}** (${better} is better; controls hold in ${held} of ${results.length}): ${order}`;
  });
  const shares = first.besides.map(
    ({ name }) => `- **share on the cue, ${name} network**: ${listed('higher', ({ beside }) => beside[name])}`,
  );
  return [...columns, ...shares].join('\n');
}
