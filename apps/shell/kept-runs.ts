import { css, html, LitElement, nothing } from 'lit';
import { chalkEvent, define } from '../components/shared/define.ts';
import { cellText, formatNumber } from '../components/shared/format.ts';
import type { Schema } from '../runtime/schema.ts';
import type { KeptRun } from './run-history.ts';
import { baseStyles } from './styles.ts';

/**
 * The runs of a lab that came to their end: the settings in which they differ, what came out, and a way back to each.
 * @summary Runs side by side, also of earlier visits.
 * @element chalk-kept-runs
 * @fires run-restore - the reader wants the settings of a run; detail `{config}`
 * @fires runs-clear - the reader wants the list empty
 */
export class ChalkKeptRuns extends LitElement {
  static override properties = { runs: { attribute: false }, schema: { attribute: false } };
  static override styles = [
    baseStyles,
    css`
      summary {
        min-height: 1.5rem;
        cursor: pointer;
        font-weight: 600;
      }
      .scroll {
        overflow-x: auto;
        margin-top: var(--chalk-space-2);
      }
      table {
        border-collapse: collapse;
        font-size: var(--chalk-text-s);
        font-variant-numeric: tabular-nums;
      }
      th,
      td {
        padding: 0.3rem 0.9rem 0.3rem 0;
        border-bottom: 1px solid var(--chalk-rule);
        text-align: start;
        vertical-align: top;
        white-space: nowrap;
      }
      td.finding {
        min-width: 18rem;
        white-space: normal;
      }
      p {
        margin: var(--chalk-space-2) 0 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare runs: readonly KeptRun[];
  declare schema: Schema;

  constructor() {
    super();
    this.runs = [];
    this.schema = {};
  }

  /** Parameters that are not the same in all runs. */
  get #differing(): readonly string[] {
    const text = (run: KeptRun, key: string) => JSON.stringify(run.config[key]);
    return Object.keys(this.schema).filter((key) => new Set(this.runs.map((run) => text(run, key))).size > 1);
  }

  override render() {
    const { runs, schema } = this;
    if (runs.length === 0) return nothing;
    const settings = this.#differing;
    const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))];
    const value = (given: unknown) =>
      typeof given === 'object' ? `${JSON.stringify(given)?.slice(0, 24)}…` : cellText(given as string);
    return html`<details>
      <summary>${runs.length === 1 ? 'One run so far' : `${runs.length} runs so far, side by side`}</summary>
      <div class="scroll" tabindex="0" role="group" aria-label="Runs so far"><table>
        <thead><tr><th scope="col">run</th>${settings.map((key) => html`<th scope="col">${schema[key]?.label}</th>`)}
          ${metrics.map((name) => html`<th scope="col">${name}, last</th>`)}<th scope="col">finding</th><th scope="col">device</th><td></td></tr></thead>
        <tbody>${[...runs].reverse().map(
          (run) => html`<tr><th scope="row">${run.id}</th>${settings.map((key) => html`<td>${value(run.config[key])}</td>`)}
            ${metrics.map((name) => html`<td>${run.metrics[name] === undefined ? '–' : formatNumber(run.metrics[name], 4)}</td>`)}
            <td class="finding">${run.finding}</td><td>${run.device}</td>
            <td><button @click=${() => this.dispatchEvent(chalkEvent('run-restore', { config: run.config }))} aria-label="Settings of run ${run.id}">take its settings</button></td></tr>`,
        )}</tbody>
      </table></div>
      <p>Kept in this browser only. <button @click=${() => this.dispatchEvent(chalkEvent('runs-clear', {}))}>Forget them</button></p>
    </details>`;
  }
}

define('chalk-kept-runs', ChalkKeptRuns);
