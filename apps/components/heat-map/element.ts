import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { type ColorMap, colorize } from '../../shell/colors.ts';
import { baseStyles } from '../../shell/styles.ts';
import { moveByKey } from '../image-grid/layout.ts';
import { fitCanvas, pictureCanvas } from '../shared/canvas.ts';
import { colorLegend, legendStyles } from '../shared/color-legend.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { pngOf, toCsv } from '../shared/files.ts';
import { formatNumber } from '../shared/format.ts';
import { type ImageBatch, imageRgba, largestMagnitude } from '../shared/images.ts';
import { SizeController } from '../shared/size-controller.ts';
import { ThemeController } from '../shared/theme-controller.ts';

/**
 * A matrix as colours: signed values on a map centred at zero, magnitudes on a sequential one, values that are not finite in a loud
 * colour. The scale follows the data unless it is locked, and the legend says which numbers its ends are.
 *
 * @element chalk-heat-map
 * @attr {string} label - accessible name
 * @attr {number} columns - width of the matrix
 * @attr {diverging|sequential|gray} map - colour map
 * @attr {number} limit - end of the scale; 0: the largest magnitude
 * @attr {boolean} lock-scale - keeps the scale when the values change
 * @attr {number} opacity - of the map over an image, 0–1
 * @attr {boolean} fade - over an image: the smaller the magnitude, the more of the image shows through
 * @attr {boolean} smooth - interpolate between cells
 * @attr {number} size - width in CSS pixels; 0: as wide as the element allows
 * @attr {boolean} no-legend
 * @attr {number} cursor - a cell that is framed and read because it is pointed at in another map; -1 for none
 * @fires cell-hover - detail `{row, column, value}`, or null when the cursor left
 * @fires scale-lock - the reader locked or unlocked the scale; detail `{locked, limit}`
 * @slot - caption
 * @csspart map - the focusable box around the canvas
 */
export class ChalkHeatMap extends LitElement {
  static override properties = {
    label: { type: String },
    columns: { type: Number },
    map: { type: String },
    limit: { type: Number },
    lockScale: { type: Boolean, attribute: 'lock-scale', reflect: true },
    opacity: { type: Number },
    fade: { type: Boolean },
    smooth: { type: Boolean },
    size: { type: Number },
    noLegend: { type: Boolean, attribute: 'no-legend' },
    cursor: { type: Number },
    values: { attribute: false },
    image: { attribute: false },
    active: { state: true },
  };
  static override styles = [
    baseStyles,
    legendStyles,
    css`
      figure {
        margin: 0;
      }
      .map {
        width: fit-content;
        max-width: 100%;
      }
      canvas {
        display: block;
        max-width: 100%;
        cursor: crosshair;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--chalk-space-1) var(--chalk-space-3);
        margin-top: var(--chalk-space-1);
        font-size: var(--chalk-text-s);
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: var(--chalk-space-1);
        color: var(--chalk-ink-soft);
      }
      label input {
        min-height: 1.5rem;
      }
      input[type='range'] {
        width: 5rem;
      }
      output {
        min-height: 1.4em;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare label: string;
  declare columns: number;
  declare map: ColorMap;
  declare limit: number;
  declare lockScale: boolean;
  declare opacity: number;
  declare fade: boolean;
  declare smooth: boolean;
  declare size: number;
  declare noLegend: boolean;
  declare cursor: number;
  /** Row-major values, a multiple of `columns` long. */
  declare values: ArrayLike<number>;
  /** A picture below the map (its first one), or null. */
  declare image: ImageBatch | null;
  declare private active: number;

  private readonly themed = new ThemeController(this);
  private readonly measured = new SizeController(this);
  private shownLimit = 0;

  constructor() {
    super();
    this.label = 'Heat map';
    this.columns = 1;
    this.map = 'diverging';
    this.limit = 0;
    this.lockScale = false;
    this.opacity = 0.5;
    this.fade = false;
    this.smooth = false;
    this.size = 0;
    this.noLegend = false;
    this.cursor = -1;
    this.values = [];
    this.image = null;
    this.active = -1;
  }

  get rows(): number {
    return Math.floor(this.values.length / Math.max(1, this.columns));
  }

  toPng(): Promise<Blob> {
    return pngOf(this.renderRoot.querySelector('canvas') as HTMLCanvasElement);
  }

  /** One line per row of the matrix. */
  toCsv(): string {
    const { columns } = this;
    const line = (row: number) => Array.from({ length: columns }, (_, c) => this.values[row * columns + c]);
    return toCsv(
      Array.from({ length: columns }, (_, c) => String(c)),
      Array.from({ length: this.rows }, (_, row) => line(row)),
    );
  }

  /** `{columns, rows, values}`: the values row by row; what is not finite is null, as JSON has it. */
  toJson(): string {
    return JSON.stringify({ columns: this.columns, rows: this.rows, values: Array.from(this.values) });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.active >= this.values.length) this.active = -1;
    const keep = this.lockScale && this.shownLimit > 0 && !changed.has('limit');
    if (!keep) this.shownLimit = this.limit > 0 ? this.limit : largestMagnitude(this.values);
  }

  protected override updated(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    if (canvas && this.measured.width > 0 && this.rows > 0) this.draw(canvas);
  }

  private get shownWidth(): number {
    const available = this.measured.width;
    return this.size > 0 ? Math.min(this.size, available) : Math.min(available, Math.max(this.columns, 1) * 24);
  }

  private draw(canvas: HTMLCanvasElement): void {
    const { columns, rows, image } = this;
    const { theme, palette } = this.themed;
    const width = this.shownWidth;
    const height = (width * rows) / columns;
    const context = fitCanvas(canvas, width, height);
    const rgba = new Uint8ClampedArray(columns * rows * 4);
    colorize(this.values, this.map, this.shownLimit, theme, rgba);
    if (image) {
      const picture = pictureCanvas(imageRgba(image, 0, theme), image.width, image.height);
      context.imageSmoothingEnabled = image.width > 64;
      context.drawImage(picture, 0, 0, width, height);
      for (let i = 0; i < columns * rows; i++) {
        const value = this.values[i] as number;
        const weight = this.fade && Number.isFinite(value) ? Math.min(1, Math.abs(value) / (this.shownLimit || 1)) : 1;
        rgba[i * 4 + 3] = 255 * this.opacity * weight;
      }
    }
    context.imageSmoothingEnabled = this.smooth;
    context.drawImage(pictureCanvas(rgba, columns, rows), 0, 0, width, height);
    const focused = this.renderRoot.querySelector('.map')?.matches(':focus-visible');
    const framed = focused && this.active >= 0 ? this.active : this.cursor;
    if (framed >= 0 && framed < this.values.length) {
      const cell = width / columns;
      context.strokeStyle = palette.focus;
      context.lineWidth = 2;
      context.strokeRect((framed % columns) * cell, Math.floor(framed / columns) * cell, cell, cell);
    }
  }

  private activate(index: number): void {
    if (index === this.active) return;
    this.active = index;
    const detail =
      index < 0
        ? null
        : { row: Math.floor(index / this.columns), column: index % this.columns, value: this.values[index] as number };
    this.dispatchEvent(chalkEvent('cell-hover', detail));
  }

  private onMove(event: PointerEvent): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.rows);
    const inside = column >= 0 && row >= 0 && column < this.columns && row < this.rows;
    this.activate(inside ? row * this.columns + column : -1);
  }

  private onKey(event: KeyboardEvent): void {
    const next = this.active < 0 ? 0 : moveByKey(event.key, this.active, this.values.length, this.columns);
    if (next === undefined || !/^(Arrow|Home|End|Page)/.test(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    this.activate(next);
  }

  private onLock(event: Event): void {
    this.lockScale = (event.target as HTMLInputElement).checked;
    this.dispatchEvent(chalkEvent('scale-lock', { locked: this.lockScale, limit: this.shownLimit }));
  }

  private nonFinite(): number {
    let count = 0;
    for (let i = 0; i < this.values.length; i++) if (!Number.isFinite(this.values[i])) count++;
    return count;
  }

  protected override render() {
    const { active, columns } = this;
    const read = active < 0 ? this.cursor : active;
    const value = this.values[read];
    const reading =
      value === undefined ? '' : `row ${Math.floor(read / columns)}, column ${read % columns}: ${formatNumber(value)}`;
    return html`<figure>
      <div
        class="map"
        part="map"
        tabindex="0"
        role="group"
        aria-roledescription="heat map"
        aria-label="${this.label}, ${this.rows} rows, ${columns} columns, scale to ${formatNumber(this.shownLimit, 3)}"
        @keydown=${this.onKey}
        @focus=${() => this.requestUpdate()}
        @blur=${() => this.activate(-1)}
      >
        <canvas aria-hidden="true" @pointermove=${this.onMove} @pointerleave=${() => this.activate(-1)}></canvas>
      </div>
      ${
        this.noLegend
          ? nothing
          : html`<div class="foot">
            ${colorLegend(this.map, this.shownLimit, this.nonFinite())}
            <label><input type="checkbox" .checked=${this.lockScale} @change=${this.onLock} />lock scale</label>
            ${
              this.image
                ? html`<label>
                  opacity
                  <input
                    type="range"
                    min="0"
                    max="1"
                    step="0.05"
                    .value=${String(this.opacity)}
                    @input=${(event: Event) => {
                      this.opacity = Number((event.target as HTMLInputElement).value);
                    }}
                  />
                </label>`
                : nothing
            }
          </div>`
      }
      <output aria-live=${active < 0 ? 'off' : 'polite'}>${reading}</output>
      <slot></slot>
    </figure>`;
  }
}

define('chalk-heat-map', ChalkHeatMap);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-heat-map': ChalkHeatMap;
  }
}
