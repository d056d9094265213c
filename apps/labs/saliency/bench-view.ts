/** The result of the bench of explanations: a row for each method or control, a column for each measure, with intervals over images. */
import { html, nothing, type TemplateResult } from 'lit';
// Types alone: the page needs no engine for a table.
import type { BenchCell, BenchResult } from '../../../engine/explain/bench/index.ts';
import '../../components/result-table/element.ts';
import type { ColumnHead } from '../../components/result-table/element.ts';
import type { ResultRow } from '../../components/result-table/rows.ts';
import { type CellFormat, formatNumber, formatPercent } from '../../components/shared/format.ts';
import { memoLast } from '../../shell/memo.ts';
import { TRAININGS, type Training } from './trainings.ts';

/** Half of an interval; nothing where it is the rounding of equal numbers. */
const half = ({ mean, low, high }: BenchCell): number => {
  const found = (high - low) / 2;
  return found > 1e-6 * Math.abs(mean) ? found : 0;
};
const around = (cell: BenchCell) => `${formatNumber(cell.mean, 3)} ± ${formatNumber(half(cell), 2)}`;
const spreadOf = (column: string): string => `${column} ±`;
const KINDS = { truth: 'truth', method: 'method', control: 'control' } as const;
const shareIn = (name: string): string => `share, ${name} network`;

/** What the shared table takes. */
const tableOf = memoLast(({ columns, rows, besides }: BenchResult) => {
  const measures = [
    ...columns.map(({ id, name }) => ({ name, of: ({ cells }: BenchResult['rows'][number]) => cells[id] })),
    ...besides.map(({ name }) => ({ name: shareIn(name), of: ({ beside }: BenchResult['rows'][number]) => beside[name] })),
  ];
  const cellsOf = (row: BenchResult['rows'][number]) =>
    measures.flatMap(({ name, of }) => {
      const cell = of(row);
      return [[name, cell?.mean ?? null] as const, [spreadOf(name), cell ? half(cell) : null] as const];
    });
  const heads = columns.map(({ name, says, better, reliable }): [string, ColumnHead] => [
    name,
    { says: `${says} ${better === 'higher' ? 'Higher' : 'Lower'} is better.`, struck: !reliable },
  ]);
  const shares = besides.map(({ name }): [string, ColumnHead] => [
    shareIn(name),
    { says: `The same share in the maps of the network that ${TRAININGS[name as Training]}.` },
  ]);
  return {
    rows: rows.map((row): ResultRow => ({ explanation: row.name, is: KINDS[row.kind], ...Object.fromEntries(cellsOf(row)) })),
    heads: Object.fromEntries([...heads, ...shares]),
    spreads: Object.fromEntries(measures.map(({ name }) => [name, spreadOf(name)])),
    formats: Object.fromEntries(measures.map(({ name }): [string, CellFormat] => [name, 'short'])),
  };
});

export function renderBench(result: BenchResult): TemplateResult {
  const { columns, chance, effect, besides, completeness, images } = result;
  const failed = columns.filter(({ reliable }) => !reliable);
  const { rows, heads, spreads, formats } = tableOf(result);
  return html`<chalk-result-table wide label="The bench of explanations: ${images} pairs of images" .rows=${rows} .heads=${heads} .spreads=${spreads}
      .formats=${formats}></chalk-result-table>
    <p>The cue has ${formatPercent(chance, 2)} of the area: a map without knowledge puts that share on it. ± is a 95 % interval over images.</p>
    <ul>
      <li>Taking the cue away costs the network ${around(effect.change)} of its score, ${formatPercent(effect.part)} of all that the image does to it.</li>
      ${besides.map(
        ({ name, change, part }) =>
          html`<li>The ${name} network, which ${TRAININGS[name as Training]}: ${around(change)}, ${formatPercent(part)}.</li>`,
      )}
      ${
        completeness.length > 0
          ? html`<li>Completeness error of integrated gradients: ${completeness.map(({ nodes, error }) => `${around(error)} with ${nodes} nodes`).join(', ')}.</li>`
          : nothing
      }
    </ul>
    ${
      failed.length > 0
        ? html`<p>Struck through are columns that fail their own controls: they do not put the ground truth first and a random map last.</p>
            <ul>${failed.map(({ name, reason }) => html`<li>${name}: ${reason}.</li>`)}</ul>`
        : html`<p>Every column puts the ground truth first and the random map last.</p>`
    }`;
}
