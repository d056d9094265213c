import { css, html, LitElement, nothing } from 'lit';
// Types alone: the page needs no engine for a table.
import type { BenchCell, BenchResult, BenchResultRow } from '../../../engine/explain/bench/index.ts';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { fileName, saveText, toCsv } from '../../components/shared/files.ts';
import { formatNumber, formatPercent } from '../../components/shared/format.ts';
import { baseStyles } from '../../shell/styles.ts';

type Column = BenchResult['columns'][number];

/**
 * The bench of explanations as a table: rows are methods and controls, columns what is measured of them, with intervals over images. A column that
 * does not put the ground truth first and the random map last is struck through, and the reason stands below.
 *
 * @element chalk-explanation-bench
 * @attr {string} label - caption
 * @fires bench-sort - the reader sorted by another column; detail `{column}`
 * @csspart table
 */
export class ChalkExplanationBench extends LitElement {
  static override properties = {
    label: { type: String },
    result: { attribute: false },
    column: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        border-collapse: collapse;
        font-size: var(--chalk-text-s);
        font-variant-numeric: tabular-nums;
      }
      caption {
        padding-bottom: var(--chalk-space-1);
        font-size: var(--chalk-text-m);
        font-weight: 600;
        text-align: start;
      }
      th,
      td {
        padding: 0.15rem 0.7rem 0.15rem 0;
        border-bottom: 1px solid var(--chalk-rule);
        text-align: end;
        white-space: nowrap;
      }
      th[scope='row'],
      thead th:first-child {
        position: sticky;
        left: 0;
        background: var(--chalk-paper);
        text-align: start;
      }
      thead th {
        max-width: 6.5rem;
        vertical-align: bottom;
        white-space: normal;
      }
      thead button {
        min-height: 1.6rem;
        padding: 0;
        border-color: transparent;
        background: transparent;
        font: inherit;
        font-weight: inherit;
        text-align: end;
      }
      .failed {
        color: var(--chalk-ink-faint);
      }
      .failed button {
        text-decoration: line-through;
      }
      .truth th {
        color: var(--chalk-data);
      }
      .control th {
        color: var(--chalk-ink-soft);
        font-style: italic;
        font-weight: 400;
      }
      small {
        color: var(--chalk-ink-soft);
      }
      p,
      ul {
        margin: var(--chalk-space-1) 0 0;
        max-width: var(--chalk-measure);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
      ul {
        padding-inline-start: 1.2rem;
      }
      .foot {
        margin-top: var(--chalk-space-2);
      }
    `,
  ];

  declare label: string;
  /** Null: nothing is shown. */
  declare result: BenchResult | null;
  /** Id of the column that the rows are ordered by; empty: as they came. */
  declare private column: string;

  constructor() {
    super();
    this.label = 'The bench of explanations';
    this.result = null;
    this.column = '';
  }

  /** One line per row and column, with intervals. */
  toCsv(): string {
    const { columns = [], rows = [] } = this.result ?? {};
    return toCsv(
      ['row', 'column', 'mean', 'low', 'high', 'column is reliable'],
      rows.flatMap(({ name, cells }) =>
        columns.map(({ id, name: column, reliable }) => {
          const cell = cells[id];
          return [name, column, cell?.mean ?? '', cell?.low ?? '', cell?.high ?? '', reliable ? 'yes' : 'no'];
        }),
      ),
    );
  }

  #sort(column: string): void {
    this.column = this.column === column ? '' : column;
    this.dispatchEvent(chalkEvent('bench-sort', { column: this.column }));
  }

  #rows({ rows, columns }: BenchResult): readonly BenchResultRow[] {
    const by = columns.find(({ id }) => id === this.column);
    if (!by) return rows;
    const sign = by.better === 'higher' ? -1 : 1;
    const of = ({ cells }: BenchResultRow) => sign * (cells[by.id]?.mean ?? Number.POSITIVE_INFINITY * sign);
    return rows.toSorted((a, b) => of(a) - of(b));
  }

  #head({ id, name, better, says, reliable }: Column) {
    const sorted = this.column === id;
    return html`<th scope="col" class=${reliable ? '' : 'failed'} aria-sort=${sorted ? (better === 'higher' ? 'descending' : 'ascending') : 'none'}>
      <button title=${`${says} ${better === 'higher' ? 'Higher' : 'Lower'} is better.`} @click=${() => this.#sort(id)}>${name}
        <span aria-hidden="true">${better === 'higher' ? '↑' : '↓'}</span>${reliable ? nothing : html`<span class="visually-hidden">, fails its control</span>`}</button></th>`;
  }

  #cell(cell: BenchCell | null | undefined, failed: boolean) {
    if (!cell) return html`<td>–</td>`;
    const half = (cell.high - cell.low) / 2;
    return html`<td class=${failed ? 'failed' : ''}>${formatNumber(cell.mean, 3)} <small>± ${formatNumber(half, 2)}</small></td>`;
  }

  protected override render() {
    const { result } = this;
    if (!result) return nothing;
    const { columns, chance, effect, cleanEffect, completeness } = result;
    const failed = columns.filter(({ reliable }) => !reliable);
    const around = ({ mean, low, high }: BenchCell) => `${formatNumber(mean, 3)} ± ${formatNumber((high - low) / 2, 2)}`;
    const clean = result.rows.some(({ cleanShare }) => cleanShare);
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${this.label}>
        <table part="table">
          <caption>${this.label}: ${result.images} pairs of images</caption>
          <thead><tr><th scope="col">explanation</th>${columns.map((column) => this.#head(column))}${clean ? html`<th scope="col">share, clean network</th>` : nothing}</tr></thead>
          <tbody>${this.#rows(result).map(
            ({ name, kind, cells, cleanShare }) => html`<tr class=${kind}><th scope="row">${name}</th>
              ${columns.map(({ id, reliable }) => this.#cell(cells[id], !reliable))}${clean ? this.#cell(cleanShare, false) : nothing}</tr>`,
          )}</tbody>
        </table>
      </div>
      <p>The cue has ${formatPercent(chance, 2)} of the area: a map without knowledge puts that share on it. Taking the cue away costs the network
        ${around(effect)} of its score${cleanEffect ? html`, and the network that never saw it ${around(cleanEffect)}` : nothing}. ± is a 95 % interval over images.
        ${completeness.length > 0 ? html`Completeness error of integrated gradients: ${completeness.map(({ nodes, error }) => `${around(error)} with ${nodes} nodes`).join(', ')}.` : nothing}</p>
      ${
        failed.length > 0
          ? html`<p>Struck through are columns that fail their own controls: they do not put the ground truth first and a random map last.</p>
            <ul>${failed.map(({ name, reason }) => html`<li>${name}: ${reason}.</li>`)}</ul>`
          : html`<p>Every column puts the ground truth first and the random map last.</p>`
      }
      <div class="foot"><button @click=${() => saveText(this.toCsv(), `${fileName(this.label)}.csv`, 'text/csv')}>CSV</button></div>`;
  }
}

define('chalk-explanation-bench', ChalkExplanationBench);
