import { html, LitElement, nothing } from 'lit';
import { type ColorMap, colorize } from '../../shell/colors.ts';
import { baseStyles } from '../../shell/styles.ts';
import { cellAt, cellOrigin, type GridLayout, gridLayout, moveByKey } from '../image-grid/layout.ts';
import { Atlas, fitCanvas } from '../shared/canvas.ts';
import { colorLegend, legendStyles } from '../shared/color-legend.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { pngOf } from '../shared/files.ts';
import { formatNumber, formatShape, unravel } from '../shared/format.ts';
import { SizeController } from '../shared/size-controller.ts';
import { type Statistics, statistics } from '../shared/statistics.ts';
import { ThemeController } from '../shared/theme-controller.ts';
import { tensorStyles } from './styles.ts';
import { defaultLayout, type TensorLayout, type Tiling, tile } from './tiles.ts';

const TILE = 56;
const GAP = 3;

/**
 * A tensor to look at: its tiles, shape, smallest, largest and mean value, and the value under the cursor. Signed tensors are shown
 * on the diverging map, others on the sequential one.
 *
 * @element chalk-tensor-view
 * @attr {string} name - the tensor's name, such as `conv1.weight`
 * @attr {string} symbol - its symbol in the equation
 * @attr {nhwc|hwio|matrix} layout - default: by rank
 * @attr {number} sample - which image of an activation is shown
 * @attr {number} max-tiles - tiles shown before the *all* button
 * @attr {number} tile-size - CSS pixels of a tile's longer side
 * @attr {number} limit - end of the colour scale; 0: the largest magnitude
 * @fires value-hover - detail `{index, position, value}`; null when the cursor left
 * @csspart tiles - the focusable box around the canvas
 * @csspart header - name, shape and statistics
 */
export class ChalkTensorView extends LitElement {
  static override properties = {
    name: { type: String },
    symbol: { type: String },
    layout: { type: String },
    sample: { type: Number },
    maxTiles: { type: Number, attribute: 'max-tiles' },
    tileSize: { type: Number, attribute: 'tile-size' },
    limit: { type: Number },
    shape: { attribute: false },
    data: { attribute: false },
    all: { state: true },
    active: { state: true },
  };
  static override styles = [baseStyles, legendStyles, tensorStyles];

  declare name: string;
  declare symbol: string;
  declare layout: TensorLayout | '';
  declare sample: number;
  declare maxTiles: number;
  declare tileSize: number;
  declare limit: number;
  declare shape: readonly number[];
  /** Row-major values; the view reads them when the property is set, so new values need a new array. */
  declare data: ArrayLike<number>;
  declare private all: boolean;
  declare private active: number;

  private readonly themed = new ThemeController(this);
  private readonly measured = new SizeController(this);
  private tiling: Tiling = tile([0], 'matrix');
  private grid: GridLayout = gridLayout(0, { width: 1, height: 1 }, GAP, 1);
  private stats: Statistics = statistics([]);
  private statsOf: ArrayLike<number> | undefined;
  private atlas: { readonly key: readonly unknown[]; readonly atlas: Atlas } | undefined;

  constructor() {
    super();
    this.name = '';
    this.symbol = '';
    this.layout = '';
    this.sample = 0;
    this.maxTiles = 64;
    this.tileSize = TILE;
    this.limit = 0;
    this.shape = [];
    this.data = [];
    this.all = false;
    this.active = -1;
  }

  toPng(): Promise<Blob> {
    return pngOf(this.renderRoot.querySelector('canvas') as HTMLCanvasElement);
  }

  private get shown(): number {
    return this.all ? this.tiling.tiles : Math.min(this.tiling.tiles, this.maxTiles);
  }

  private get map(): ColorMap {
    return this.stats.min < 0 ? 'diverging' : 'sequential';
  }

  private get shownLimit(): number {
    if (this.limit > 0) return this.limit;
    const size = Math.max(Math.abs(this.stats.min), Math.abs(this.stats.max));
    return Number.isFinite(size) ? size : 0;
  }

  protected override willUpdate(): void {
    const layout = this.layout || defaultLayout(this.shape);
    this.tiling = tile(this.shape, layout, Math.min(this.sample, Math.max(0, (this.shape[0] ?? 1) - 1)));
    if (this.statsOf !== this.data) {
      this.stats = statistics(this.data);
      this.statsOf = this.data;
    }
    const { width, height, perRow, tiles } = this.tiling;
    const available = Math.max(1, this.measured.width);
    // One tile alone takes the room there is; many are thumbnails.
    const side = tiles === 1 ? Math.min(available, Math.max(this.tileSize, Math.max(width, height) * 12)) : this.tileSize;
    const pixel = side / Math.max(width, height, 1);
    const size = { width: Math.max(1, width * pixel), height: Math.max(1, height * pixel) };
    const fits = perRow > 0 && perRow * (size.width + GAP) <= available ? perRow : 0;
    this.grid = gridLayout(this.shown, size, GAP, available, fits);
  }

  protected override updated(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    if (canvas && this.measured.width > 0) this.draw(canvas);
  }

  private draw(canvas: HTMLCanvasElement): void {
    const { tiling, grid } = this;
    const { palette } = this.themed;
    const context = fitCanvas(canvas, grid.width, grid.height);
    context.imageSmoothingEnabled = false;
    if (tiling.tiles === 0) return;
    const atlas = this.atlasOf(tiling);
    for (let t = 0; t < this.shown; t++) {
      const [x, y] = cellOrigin(grid, t);
      atlas.draw(context, t, x, y, grid.cellWidth, grid.cellHeight);
      context.strokeStyle = palette.rule;
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, y + 0.5, grid.cellWidth - 1, grid.cellHeight - 1);
    }
    if (this.active >= 0) this.markActive(context);
  }

  /** The tiles as one canvas, made anew when what they show changes. */
  private atlasOf(tiling: Tiling): Atlas {
    const { theme } = this.themed;
    const key = [this.data, this.shape, this.layout, this.sample, this.shown, this.shownLimit, theme];
    if (this.atlas && key.every((value, i) => value === this.atlas?.key[i])) return this.atlas.atlas;
    const size = tiling.width * tiling.height;
    const values = new Float32Array(size);
    const atlas = new Atlas(this.shown, tiling.width, tiling.height, (t) => {
      for (let y = 0, i = 0; y < tiling.height; y++) {
        for (let x = 0; x < tiling.width; x++, i++) values[i] = this.data[tiling.index(t, y, x)] ?? 0;
      }
      const rgba = new Uint8ClampedArray(size * 4);
      colorize(values, this.map, this.shownLimit, theme, rgba);
      return rgba;
    });
    this.atlas = { key, atlas };
    return atlas;
  }

  private markActive(context: CanvasRenderingContext2D): void {
    const { tiling, grid } = this;
    const size = tiling.width * tiling.height;
    const [x, y] = cellOrigin(grid, Math.floor(this.active / size));
    const pixel = grid.cellWidth / tiling.width;
    const within = this.active % size;
    context.strokeStyle = this.themed.palette.focus;
    context.lineWidth = 2;
    context.strokeRect(
      x + (within % tiling.width) * pixel - 1,
      y + Math.floor(within / tiling.width) * pixel - 1,
      pixel + 2,
      pixel + 2,
    );
  }

  /** `active` counts tile by tile, row by row. */
  private flat(active: number): number {
    const { tiling } = this;
    const size = tiling.width * tiling.height;
    const within = active % size;
    return tiling.index(Math.floor(active / size), Math.floor(within / tiling.width), within % tiling.width);
  }

  private activate(active: number): void {
    if (active === this.active) return;
    this.active = active;
    const index = active < 0 ? -1 : this.flat(active);
    const detail = index < 0 ? null : { index, position: unravel(index, this.shape), value: this.data[index] as number };
    this.dispatchEvent(chalkEvent('value-hover', detail));
  }

  private onMove(event: PointerEvent): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const at = cellAt(this.grid, this.shown, x, y);
    if (at < 0) {
      this.activate(-1);
      return;
    }
    const [left, top] = cellOrigin(this.grid, at);
    const { width, height } = this.tiling;
    const column = Math.min(width - 1, Math.floor(((x - left) / this.grid.cellWidth) * width));
    const row = Math.min(height - 1, Math.floor(((y - top) / this.grid.cellHeight) * height));
    this.activate((at * height + row) * width + column);
  }

  private onKey(event: KeyboardEvent): void {
    if (!/^(Arrow|Home|End|Page)/.test(event.key)) return;
    const { width, height } = this.tiling;
    const next = this.active < 0 ? 0 : moveByKey(event.key, this.active, this.shown * width * height, width);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.activate(next);
  }

  private reading(): string {
    if (this.active < 0) return '';
    const index = this.flat(this.active);
    const value = this.data[index];
    if (value === undefined) return '';
    return `[${unravel(index, this.shape).join(', ')}] = ${formatNumber(value, 5)}`;
  }

  protected override render() {
    const { stats, tiling } = this;
    const title = [this.symbol, this.name].filter(Boolean).join(' · ');
    const numbers = `min ${formatNumber(stats.min)}, max ${formatNumber(stats.max)}, mean ${formatNumber(stats.mean)}`;
    return html`
      <header part="header">
        <span class="name">${title}</span>
        <span class="number soft">${formatShape(this.shape)}</span>
        <span class="number soft">${numbers}</span>
      </header>
      ${
        tiling.tiles === 0
          ? html`<p class="soft">No values yet.</p>`
          : html`<div
            class="tiles"
            part="tiles"
            tabindex="0"
            role="group"
            aria-roledescription="tensor"
            aria-label="${title || 'Tensor'}, shape ${formatShape(this.shape)}, ${numbers}"
            @keydown=${this.onKey}
            @blur=${() => this.activate(-1)}
          >
            <canvas aria-hidden="true" @pointermove=${this.onMove} @pointerleave=${() => this.activate(-1)}></canvas>
          </div>`
      }
      <footer>
        ${colorLegend(this.map, this.shownLimit, stats.nonFinite)}
        ${
          this.shown < tiling.tiles
            ? html`<button
              @click=${() => {
                this.all = true;
              }}
            >all ${tiling.tiles} tiles</button>`
            : nothing
        }
        <output aria-live="polite">${this.reading()}</output>
      </footer>
    `;
  }
}

define('chalk-tensor-view', ChalkTensorView);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-tensor-view': ChalkTensorView;
  }
}
