import { css, html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { valueNear } from '../chart/columns.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { toCsv } from '../shared/files.ts';
import { cellText, formatNumber } from '../shared/format.ts';
import { styled } from '../shared/styled.ts';
import { ThemeController } from '../shared/theme-controller.ts';
import { differing, metricNames, type Run, type SortOrder, sortRuns } from './runs.ts';

/**
 * Runs side by side: only the settings that differ, what came out, and which curves are overlaid. With a cursor on a chart the metrics
 * show the values at that place.
 *
 * @element chalk-runs-table
 * @attr {string} label - caption
 * @attr {string} selected - id of the selected run
 * @attr {string} empty-text
 * @attr {boolean} locked - runs can be looked at, but neither restored nor removed
 * @fires run-toggle - the reader showed or hid a run's curves; detail `{id, shown}`
 * @fires run-select - the reader chose a run; detail `{id}`
 * @fires run-restore - the reader wants the run's settings back; detail `{id}`
 * @fires run-remove - the reader took a run off the table; detail `{id}`
 * @csspart table
 */
export class ChalkRunsTable extends LitElement {
  static override properties = {
    label: { type: String },
    selected: { type: String },
    emptyText: { type: String, attribute: 'empty-text' },
    runs: { attribute: false },
    cursorX: { attribute: false },
    locked: { type: Boolean },
    order: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        min-width: 0;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
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
        padding: 0.15rem 0.5rem;
        border-bottom: 1px solid var(--chalk-rule);
        text-align: start;
        white-space: nowrap;
      }
      thead button,
      tbody button {
        min-height: 1.6rem;
        padding: 0 var(--chalk-space-1);
        border-color: transparent;
        background: transparent;
        font-size: inherit;
        font-weight: inherit;
      }
      .metric {
        text-align: end;
      }
      tr.selected {
        background: var(--chalk-accent-soft);
      }
      tbody th {
        font-weight: 500;
      }
      .name {
        display: inline-flex;
        align-items: center;
        gap: var(--chalk-space-2);
      }
      .swatch {
        width: 1rem;
        height: 0;
        border-top: 3px solid var(--swatch);
        forced-color-adjust: none;
      }
      .hidden .swatch {
        opacity: 0.25;
      }
      input[type='checkbox'] {
        min-height: 1.5rem;
      }
      .running {
        color: var(--chalk-model);
      }
      .at {
        color: var(--chalk-ink-soft);
        font-style: italic;
      }
      p {
        margin: 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare label: string;
  declare selected: string;
  declare emptyText: string;
  declare runs: readonly Run[];
  /** Place of a chart's cursor (its `cursor-move`), null for none. */
  declare cursorX: number | null;
  declare locked: boolean;
  declare private order: SortOrder | null;

  private readonly themed = new ThemeController(this);

  constructor() {
    super();
    this.label = 'Runs';
    this.selected = '';
    this.emptyText = 'Runs appear here as they end.';
    this.runs = [];
    this.cursorX = null;
    this.locked = false;
    this.order = null;
  }

  /** All settings and metrics of all runs. */
  toCsv(): string {
    const keys = [...new Set(this.runs.flatMap((run) => Object.keys(run.config)))];
    const metrics = metricNames(this.runs);
    return toCsv(
      ['run', ...keys, ...metrics],
      this.runs.map((run) => [run.label, ...keys.map((key) => run.config[key]), ...metrics.map((key) => run.metrics[key])]),
    );
  }

  private sortBy(of: SortOrder['of'], key: string): void {
    const same = this.order?.of === of && this.order.key === key;
    if (same && this.order?.descending) this.order = null;
    else this.order = { of, key, descending: same };
  }

  private fire(name: string, detail: Record<string, unknown>): void {
    this.dispatchEvent(chalkEvent(name, detail));
  }

  protected override render() {
    if (this.runs.length === 0) return html`<p>${this.emptyText}</p>`;
    const settings = differing(this.runs);
    const metrics = metricNames(this.runs);
    return html`<div class="scroll" tabindex="0" role="group" aria-label=${this.label}>
      <table part="table">
        <caption>
          ${this.label}${this.cursorX === null ? nothing : html` <span class="at">at ${formatNumber(this.cursorX)}</span>`}
        </caption>
        <thead>
          <tr>
            <td></td>
            ${this.header('label', 'run', 'run')} ${settings.map((key) => this.header('config', key, key))}
            ${metrics.map((key) => this.header('metrics', key, key))}
            <td></td>
          </tr>
        </thead>
        <tbody>${sortRuns(this.runs, this.order).map((run, i) => this.renderRun(run, i, settings, metrics))}</tbody>
      </table>
    </div>`;
  }

  private header(of: SortOrder['of'], key: string, text: string) {
    const sorted = this.order?.of === of && this.order.key === key;
    const arrow = sorted ? (this.order?.descending ? ' ↓' : ' ↑') : '';
    return html`<th
      scope="col"
      class=${of === 'metrics' ? 'metric' : ''}
      aria-sort=${sorted ? (this.order?.descending ? 'descending' : 'ascending') : 'none'}
    ><button @click=${() => this.sortBy(of, key)}>${text}${arrow}</button></th>`;
  }

  private metric(run: Run, key: string) {
    const curve = run.curves?.[key];
    const here = this.cursorX !== null && curve ? valueNear(curve, this.cursorX) : undefined;
    const value = here?.y ?? run.metrics[key];
    return html`<td class="metric number ${here ? 'at' : ''}">${cellText(value)}</td>`;
  }

  private renderRun(run: Run, index: number, settings: readonly string[], metrics: readonly string[]) {
    const { categories } = this.themed.palette;
    const color = categories[(run.color ?? index) % categories.length];
    return html`<tr class="${run.id === this.selected ? 'selected' : ''} ${run.shown ? '' : 'hidden'}" aria-current=${run.id === this.selected}>
      <td>
        <input
          type="checkbox"
          aria-label="Overlay ${run.label}"
          .checked=${run.shown}
          @change=${(event: Event) => this.fire('run-toggle', { id: run.id, shown: (event.target as HTMLInputElement).checked })}
        />
      </td>
      <th scope="row">
        <button class="name" @click=${() => this.fire('run-select', { id: run.id })}>
          <span class="swatch" ${styled({ '--swatch': color })}></span>${run.label}
        </button>
        ${run.running ? html`<span class="running">running</span>` : nothing}
      </th>
      ${settings.map((key) => html`<td class="number">${cellText(run.config[key])}</td>`)} ${metrics.map((key) => this.metric(run, key))}
      <td>
        <button aria-label="Use the settings of ${run.label}" title="use these settings" ?disabled=${this.locked} @click=${() => this.fire('run-restore', { id: run.id })}>↺</button>
        <button
          aria-label="Remove ${run.label}"
          title="remove"
          ?disabled=${this.locked || (run.running ?? false)}
          @click=${() => this.fire('run-remove', { id: run.id })}
        >×</button>
      </td>
    </tr>`;
  }
}

define('chalk-runs-table', ChalkRunsTable);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-runs-table': ChalkRunsTable;
  }
}
