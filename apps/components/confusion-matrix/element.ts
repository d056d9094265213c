import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { mapColor, parseHex } from '../../shell/colors.ts';
import { baseStyles } from '../../shell/styles.ts';
import '../image-grid/element.ts';
import { moveByKey } from '../image-grid/layout.ts';
import { colorLegend, legendStyles } from '../shared/color-legend.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { toCsv } from '../shared/files.ts';
import { formatCount, formatPercent } from '../shared/format.ts';
import type { ImageBatch } from '../shared/images.ts';
import { styled } from '../shared/styled.ts';
import { ThemeController } from '../shared/theme-controller.ts';
import { accuracy, type ConfusionCounts, rowShares, rowTotals, shareDifference } from './matrix.ts';
import { matrixStyles } from './styles.ts';

export type MatrixMode = 'percent' | 'counts' | 'difference';

/** Detail of `cell-select`. */
export interface CellDetail {
  readonly truth: number;
  readonly predicted: number;
  readonly count: number;
}

/** Relative luminance of `rgb(r g b)`; decides between dark and light text. */
function luminance(color: string): number {
  const channels = (color.match(/\d+/g) ?? []).map((part) => {
    const c = Number(part) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = channels;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * A confusion matrix: rows are true classes, columns predictions; as shares of the row, as counts, or as the difference of two
 * matrices. A cell answers a click or Enter with an event, and shows the images behind it when they are given.
 *
 * @element chalk-confusion-matrix
 * @attr {string} label - title and accessible name
 * @attr {percent|counts|difference} mode
 * @attr {string} other-label - name of the matrix that is subtracted in the difference
 * @attr {boolean} no-modes - leaves out the buttons that switch the mode
 * @attr {boolean} totals - cells on the diagonal also say count/row total
 * @fires cell-select - the reader chose a cell; detail {@link CellDetail}
 * @fires image-select - the reader chose an image behind the cell; detail `{index}`
 * @slot - what stands behind the selected cell, instead of `cellImages`
 * @csspart table
 */
export class ChalkConfusionMatrix extends LitElement {
  static override properties = {
    label: { type: String },
    mode: { type: String },
    otherLabel: { type: String, attribute: 'other-label' },
    noModes: { type: Boolean, attribute: 'no-modes' },
    matrix: { attribute: false },
    other: { attribute: false },
    classes: { attribute: false },
    cellImages: { attribute: false },
    cellLabels: { attribute: false },
    selected: { attribute: false },
    totals: { type: Boolean },
    active: { state: true },
  };
  static override styles = [baseStyles, legendStyles, matrixStyles];

  declare label: string;
  declare mode: MatrixMode;
  declare otherLabel: string;
  declare noModes: boolean;
  /** Cells on the diagonal say their count and their row's total too. */
  declare totals: boolean;
  /** Counts by true and predicted class; null before an evaluation. */
  declare matrix: ConfusionCounts | null;
  /** The matrix that mode `difference` subtracts. */
  declare other: ConfusionCounts | null;
  /** Names of the classes; default: their numbers. */
  declare classes: readonly string[];
  /** Images behind the selected cell, set by the consumer after `cell-select`. */
  declare cellImages: ImageBatch | null;
  declare cellLabels: readonly string[];
  declare selected: { readonly truth: number; readonly predicted: number } | null;
  declare private active: number;

  private readonly themed = new ThemeController(this);
  private moved = false;

  constructor() {
    super();
    this.label = 'Confusion matrix';
    this.mode = 'percent';
    this.otherLabel = '';
    this.noModes = false;
    this.totals = false;
    this.matrix = null;
    this.other = null;
    this.classes = [];
    this.cellImages = null;
    this.cellLabels = [];
    this.selected = null;
    this.active = 0;
  }

  /** Header: predicted classes; one line per true class, counts. */
  toCsv(): string {
    const { matrix } = this;
    if (!matrix) return '';
    const names = Array.from({ length: matrix.classes }, (_, c) => this.nameOf(c));
    return toCsv(
      ['true \\ predicted', ...names],
      names.map((name, t) => [name, ...names.map((_, p) => matrix.counts[t * matrix.classes + p])]),
    );
  }

  /** `{classes, counts}`: names, and counts by true class, then by predicted class. */
  toJson(): string {
    const { matrix } = this;
    if (!matrix) return '';
    const all = Array.from({ length: matrix.classes }, (_, c) => c);
    const counts = all.map((t) => all.map((p) => matrix.counts[t * matrix.classes + p]));
    return JSON.stringify({ classes: all.map((c) => this.nameOf(c)), counts }, undefined, 1);
  }

  /** The table as it is shown. @throws Error before an evaluation */
  async toPng(): Promise<Blob> {
    const table = this.renderRoot.querySelector('table');
    if (!table) throw new Error('There is no matrix yet.');
    // Loaded when a picture is saved.
    const { tablePng } = await import('../shared/picture-sheet.ts');
    return tablePng(table, this.label);
  }

  protected override updated(_changed: PropertyValues<this>): void {
    if (!this.moved) return;
    this.moved = false;
    this.renderRoot.querySelector<HTMLElement>('td[tabindex="0"]')?.focus();
  }

  private nameOf(label: number): string {
    return this.classes[label] ?? String(label);
  }

  private get shownMode(): MatrixMode {
    return this.mode === 'difference' && !this.other ? 'percent' : this.mode;
  }

  private select(index: number): void {
    const { matrix } = this;
    if (!matrix) return;
    const [truth, predicted] = [Math.floor(index / matrix.classes), index % matrix.classes];
    this.active = index;
    this.selected = { truth, predicted };
    this.cellImages = null;
    this.dispatchEvent(chalkEvent<CellDetail>('cell-select', { truth, predicted, count: matrix.counts[index] as number }));
  }

  private onKey(event: KeyboardEvent): void {
    const { matrix } = this;
    if (!matrix) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      event.stopPropagation();
      this.select(this.active);
      return;
    }
    const next = moveByKey(event.key, this.active, matrix.classes ** 2, matrix.classes);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.active = next;
    this.moved = true;
  }

  /** Ink with enough contrast on a cell's colour. */
  private inkOn(color: string): string {
    const { palette } = this.themed;
    const background = luminance(color);
    const ratio = (ink: string) => {
      const [r, g, b] = parseHex(ink);
      const other = luminance(`rgb(${r} ${g} ${b})`);
      return (Math.max(background, other) + 0.05) / (Math.min(background, other) + 0.05);
    };
    // On middle tones only pure black or white has enough.
    const inks = [palette.ink, palette.surface, '#000000', '#ffffff'];
    return inks.find((ink) => ratio(ink) >= 4.5) ?? (inks[0] as string);
  }

  protected override render() {
    const { matrix } = this;
    return html`<figure>
      <figcaption>
        <span class="title">${this.label}</span>
        ${matrix ? html`<span class="accuracy">accuracy ${formatPercent(accuracy(matrix))}</span>` : nothing}
        ${this.noModes || !matrix ? nothing : this.renderModes()}
      </figcaption>
      ${matrix ? this.renderTable(matrix) : html`<p class="accuracy">Not evaluated yet.</p>`}
      ${matrix && this.selected ? this.renderBehind(matrix, this.selected) : nothing}
    </figure>`;
  }

  private renderModes() {
    const modes: [MatrixMode, string][] = [
      ['percent', '% of row'],
      ['counts', 'counts'],
    ];
    if (this.other) modes.push(['difference', this.otherLabel ? `− ${this.otherLabel}` : 'difference']);
    return html`<span class="modes" role="group" aria-label="Show">
      ${modes.map(
        ([mode, text]) => html`<button
          aria-pressed=${this.shownMode === mode}
          @click=${() => {
            this.mode = mode;
          }}
        >${text}</button>`,
      )}
    </span>`;
  }

  private renderTable(matrix: ConfusionCounts) {
    const n = matrix.classes;
    const mode = this.shownMode;
    const shares = rowShares(matrix);
    const totals = rowTotals(matrix);
    const difference = mode === 'difference' && this.other ? shareDifference(matrix, this.other) : undefined;
    const values = difference ?? shares;
    const limit = difference ? Math.max(0.01, ...difference.map(Math.abs)) : 1;
    const map = difference ? 'diverging' : 'sequential';
    const cell = (truth: number, predicted: number) => {
      const index = truth * n + predicted;
      const value = values[index] as number;
      const count = matrix.counts[index] as number;
      const color = mapColor(value, map, limit, this.themed.theme);
      const percent =
        `${value > 0 && difference ? '+' : ''}${(value * 100).toFixed(Math.abs(value) >= 0.0995 && !(Math.abs(value) < 1 && Math.abs(value) >= 0.995) ? 0 : 1)}`.replace(
          '-',
          '−',
        );
      const text = mode === 'counts' ? (count > 0 ? formatCount(count) : '') : Math.abs(value) < 0.0005 ? '' : percent;
      const amount = difference ? `${percent} points difference` : `${percent} %, ${formatCount(count)} of ${totals[truth]}`;
      const place = `true ${this.nameOf(truth)}, predicted ${this.nameOf(predicted)}`;
      // What is read aloud holds what is written: who speaks to the page says that.
      const fraction = mode === 'percent' && truth === predicted && this.totals ? `${formatCount(count)}/${totals[truth]}` : '';
      const written = fraction ? `${text} ${fraction}` : text;
      const spoken = `${place}: ${written && !amount.includes(written) ? `${written}, ` : ''}${amount}`;
      const selected = this.selected?.truth === truth && this.selected.predicted === predicted;
      return html`<td
        role="gridcell"
        class=${truth === predicted ? 'diagonal' : ''}
        tabindex=${index === this.active ? 0 : -1}
        aria-selected=${selected}
        aria-label=${spoken}
        title=${spoken}
        ${styled({ '--cell': color, '--cell-ink': this.inkOn(color) })}
        @click=${() => this.select(index)}
      >${text}${fraction ? html` <small>${fraction}</small>` : nothing}</td>`;
    };
    const all = Array.from({ length: n }, (_, i) => i);
    const longest = Math.min(7, Math.max(...all.map((c) => this.nameOf(c).length)));
    return html`
      <div class="scroll">
        <table part="table" role="grid" aria-label=${this.label} @keydown=${this.onKey}>
          <thead>
            <tr role="row">
              <td role="presentation" ${styled({ cursor: 'auto', '--names': `${longest + 1.5}ch` })} class="axis">true ↓ predicted →</td>
              ${all.map((c) => html`<th scope="col" role="columnheader" title=${this.nameOf(c)}>${this.nameOf(c)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${all.map(
              (t) => html`<tr role="row">
                <th scope="row" role="rowheader" title=${this.nameOf(t)}>${this.nameOf(t)}</th>${all.map((p) => cell(t, p))}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <div class="foot">
        ${colorLegend(map, limit * 100)} <span class="accuracy">${difference ? 'percentage points' : '% of the true class'}. Rows: true class, columns: predicted.</span>
      </div>
    `;
  }

  private renderBehind(matrix: ConfusionCounts, { truth, predicted }: { truth: number; predicted: number }) {
    const count = matrix.counts[truth * matrix.classes + predicted] as number;
    return html`<div class="behind" aria-live="polite">
      <p class="heading">true ${this.nameOf(truth)}, predicted ${this.nameOf(predicted)}: ${formatCount(count)} images</p>
      <slot>
        ${
          this.cellImages
            ? html`<chalk-image-grid
              label="Images behind the cell"
              .images=${this.cellImages}
              .labels=${this.cellLabels}
              scale=${this.cellImages.width > 64 ? 0.5 : 1.5}
              @item-select=${(event: CustomEvent<{ index: number }>) => {
                event.stopPropagation();
                this.dispatchEvent(chalkEvent('image-select', event.detail));
              }}
            ></chalk-image-grid>`
            : nothing
        }
      </slot>
    </div>`;
  }
}

define('chalk-confusion-matrix', ChalkConfusionMatrix);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-confusion-matrix': ChalkConfusionMatrix;
  }
}
