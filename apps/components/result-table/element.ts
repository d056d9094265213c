import { css, html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { fileName, saveText } from '../shared/files.ts';
import { type CellFormat, cellText, formatNumber } from '../shared/format.ts';
import { type ColumnOrder, columnsOf, isNumeric, nextOrder, type ResultRow, rowsCsv, rowsJson, sortRows } from './rows.ts';

/** What stands at the head of a column beside its name. */
export interface ColumnHead {
  /** A sentence, told where the pointer rests. */
  readonly says?: string;
  /** Struck through: its numbers are not to be relied on; say below the table why. */
  readonly struck?: boolean;
}

/**
 * A table of results: sorted by a press on a column's head, numbers formatted as everywhere, and to be taken away as CSV or JSON in full
 * precision.
 *
 * @element chalk-result-table
 * @attr {string} label - caption, and name of the files
 * @attr {string} empty-text - shown where there are no rows; empty: nothing is shown
 * @attr {boolean} no-export
 * @attr {boolean} wide - more columns than fit: the first one stays while the others are scrolled
 * @fires table-sort - the reader sorted; detail `{column, descending}`, or null for the order in which the rows came
 * @slot - a remark below the table
 * @csspart table
 */
export class ChalkResultTable extends LitElement {
  static override properties = {
    label: { type: String },
    emptyText: { type: String, attribute: 'empty-text' },
    noExport: { type: Boolean, attribute: 'no-export' },
    rows: { attribute: false },
    columns: { attribute: false },
    formats: { attribute: false },
    spreads: { attribute: false },
    heads: { attribute: false },
    order: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
        container-type: inline-size;
      }
      .scroll {
        /* What is hidden from the eye but not from readers is placed within, not beside the page. */
        position: relative;
        overflow-x: auto;
      }
      table {
        border-collapse: collapse;
        font-size: var(--chalk-text-s);
        font-variant-numeric: tabular-nums;
      }
      /* Not the table's caption: that is as wide as the table, and scrolls away with it. */
      .caption {
        padding-bottom: var(--chalk-space-1);
        font-size: var(--chalk-text-m);
        font-weight: 600;
      }
      th,
      td {
        padding: 0.15rem 0.6rem 0.15rem 0;
        border-bottom: 1px solid var(--chalk-rule);
        text-align: start;
        white-space: nowrap;
      }
      .numbers {
        text-align: end;
      }
      /* A long head over short numbers takes two lines, and more columns are seen. */
      thead th {
        max-width: 8rem;
        vertical-align: bottom;
        white-space: normal;
      }
      thead button {
        min-height: 1.6rem;
        padding: 0;
        border-color: transparent;
        background: transparent;
        font-size: inherit;
        font-weight: inherit;
        text-align: inherit;
        white-space: normal;
      }
      @container (max-width: 30rem) {
        tbody th {
          max-width: 8rem;
          white-space: normal;
        }
      }
      :host([wide]) :is(thead th, tbody th) {
        min-width: 4.5rem;
        max-width: 8rem;
        white-space: normal;
      }
      :host([wide]) :is(thead th:first-child, tbody th) {
        position: sticky;
        left: 0;
        background: var(--chalk-paper);
      }
      .struck,
      td small {
        color: var(--chalk-ink-soft);
      }
      .struck button {
        text-decoration: line-through;
      }
      .foot {
        display: flex;
        gap: var(--chalk-space-2);
        margin-top: var(--chalk-space-1);
      }
      .foot button {
        min-height: 1.6rem;
        font-size: var(--chalk-text-xs);
      }
      p,
      ::slotted(*) {
        margin: 0;
        max-width: var(--chalk-measure);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare label: string;
  declare emptyText: string;
  declare noExport: boolean;
  declare rows: readonly ResultRow[];
  /** Columns that are shown, in this order; default: all, as they appear. Files have all. */
  declare columns: readonly string[] | null;
  /** How numbers of a column are written where four digits are not what is wanted. */
  declare formats: Readonly<Record<string, CellFormat>>;
  /** Columns that hold the ± of others, by the column they belong to: shown in its cells. */
  declare spreads: Readonly<Record<string, string>>;
  declare heads: Readonly<Record<string, ColumnHead>>;
  declare private order: ColumnOrder | null;

  constructor() {
    super();
    this.label = 'Results';
    this.emptyText = '';
    this.noExport = false;
    this.rows = [];
    this.columns = null;
    this.formats = {};
    this.spreads = {};
    this.heads = {};
    this.order = null;
  }

  /** All columns, in the order that is shown. */
  toCsv(): string {
    return rowsCsv(sortRows(this.rows, this.order));
  }

  toJson(): string {
    return rowsJson(sortRows(this.rows, this.order));
  }

  private sort(column: string): void {
    this.order = nextOrder(this.order, column);
    this.dispatchEvent(chalkEvent('table-sort', this.order));
  }

  private head(column: string, at: number) {
    const sorted = this.order?.column === column ? this.order : null;
    const direction = sorted ? (sorted.descending ? 'descending' : 'ascending') : 'none';
    const { says, struck } = this.heads[column] ?? {};
    // The first column names the rows, numbers or not.
    const classes = `${at > 0 && isNumeric(this.rows, column) ? 'numbers' : ''} ${struck ? 'struck' : ''}`;
    return html`<th scope="col" class=${classes} aria-sort=${direction}>
      <button title=${says ?? nothing} @click=${() => this.sort(column)}>${column}${
        struck ? html`<span class="visually-hidden">, struck through</span>` : nothing
      }<span aria-hidden="true">${sorted ? (sorted.descending ? ' ↓' : ' ↑') : ''}</span></button>
    </th>`;
  }

  private row(row: ResultRow, columns: readonly string[]) {
    return html`<tr>${columns.map((column, at) => {
      const text = cellText(row[column], this.formats[column]);
      if (at === 0) return html`<th scope="row">${text}</th>`;
      const spread = row[this.spreads[column] ?? ''];
      const classes = `${isNumeric(this.rows, column) ? 'numbers' : ''} ${this.heads[column]?.struck ? 'struck' : ''}`;
      return html`<td class=${classes}>${text}${
        typeof spread === 'number' ? html` <small>± ${formatNumber(spread, 2)}</small>` : nothing
      }</td>`;
    })}</tr>`;
  }

  private save(kind: 'csv' | 'json'): void {
    const csv = kind === 'csv';
    saveText(csv ? this.toCsv() : this.toJson(), `${fileName(this.label)}.${kind}`, csv ? 'text/csv' : 'application/json');
  }

  protected override render() {
    const { rows, label } = this;
    if (rows.length === 0) return this.emptyText ? html`<p>${this.emptyText}</p>` : nothing;
    const spreads = new Set(Object.values(this.spreads));
    const columns = this.columns ?? columnsOf(rows).filter((column) => !spreads.has(column));
    return html`<div class="caption" id="caption">${label}</div>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="caption">
        <table part="table" aria-labelledby="caption">
          <thead><tr>${columns.map((column, at) => this.head(column, at))}</tr></thead>
          <tbody>${sortRows(rows, this.order).map((row) => this.row(row, columns))}</tbody>
        </table>
      </div>
      <slot></slot>
      ${
        this.noExport
          ? nothing
          : html`<div class="foot">
              <button aria-label="Save ${label} as CSV" @click=${() => this.save('csv')}>CSV</button>
              <button aria-label="Save ${label} as JSON" @click=${() => this.save('json')}>JSON</button>
            </div>`
      }`;
  }
}

define('chalk-result-table', ChalkResultTable);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-result-table': ChalkResultTable;
  }
}
