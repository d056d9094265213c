import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import type { ExportItem } from '../export-menu/element.ts';
import '../export-menu/element.ts';
import { chalkEvent, define, prefersReducedMotion } from '../shared/define.ts';
import { fileName, pngOf } from '../shared/files.ts';
import { formatNumber } from '../shared/format.ts';
import { SizeController } from '../shared/size-controller.ts';
import { ThemeController } from '../shared/theme-controller.ts';
import { valueNear } from './columns.ts';
import { chartCsv } from './export.ts';
import type { ChartModel } from './model.ts';
import { legend, table } from './parts.ts';
import { Plot } from './plot.ts';
import { chartStyles } from './styles.ts';
import type { AxisScale, Band, ChartSeries, CursorDetail, Marker, ReferenceLine } from './types.ts';

/**
 * A line chart on a canvas: curves with their own x, smoothing over a faint raw curve, reference lines, bands, markers; with a
 * keyboard cursor, a spoken summary, a table and export.
 *
 * @element chalk-chart
 * @attr {string} label - title, and the chart's accessible name
 * @attr {string} x-label - label of the x axis
 * @attr {string} y-label - label of the y axis
 * @attr {linear|log} x-scale
 * @attr {linear|log} y-scale
 * @attr {number} height - height of the plot in CSS pixels
 * @attr {number} smoothing - weight of the moving average, 0 ≤ w < 1
 * @attr {boolean} smoothing-tool - offers a slider for the smoothing
 * @attr {string} sync-key - charts with the same key share their cursor; make it unique per lab instance
 * @attr {boolean} no-tools - leaves out the tool bar
 * @attr {string} empty-text - shown while there is nothing to draw
 * @fires cursor-move - the reader moved the cursor; detail {@link CursorDetail}
 * @fires series-toggle - the reader showed or hid a series; detail `{id, shown}`
 * @slot - caption below the chart, such as what it shows at the moment
 * @csspart plot - the box around the canvas
 * @csspart legend - the list of series
 */
export class ChalkChart extends LitElement {
  static override properties = {
    label: { type: String },
    xLabel: { type: String, attribute: 'x-label' },
    yLabel: { type: String, attribute: 'y-label' },
    xScale: { type: String, attribute: 'x-scale' },
    yScale: { type: String, attribute: 'y-scale' },
    height: { type: Number },
    smoothing: { type: Number },
    smoothingTool: { type: Boolean, attribute: 'smoothing-tool' },
    syncKey: { type: String, attribute: 'sync-key' },
    noTools: { type: Boolean, attribute: 'no-tools' },
    emptyText: { type: String, attribute: 'empty-text' },
    series: { attribute: false },
    bands: { attribute: false },
    lines: { attribute: false },
    markers: { attribute: false },
    showTable: { state: true },
    cursorX: { state: true },
    spoken: { state: true },
    toggled: { state: true },
  };
  static override styles = [baseStyles, chartStyles];

  declare label: string;
  declare xLabel: string;
  declare yLabel: string;
  declare xScale: AxisScale;
  declare yScale: AxisScale;
  declare height: number;
  declare smoothing: number;
  declare smoothingTool: boolean;
  declare syncKey: string;
  declare noTools: boolean;
  declare emptyText: string;
  declare series: readonly ChartSeries[];
  declare bands: readonly Band[];
  declare lines: readonly ReferenceLine[];
  declare markers: readonly Marker[];
  declare private showTable: boolean;
  declare private cursorX: number | null;
  declare private spoken: string;
  declare private toggled: ReadonlyMap<string, boolean>;

  private readonly themed = new ThemeController(this);
  private readonly size = new SizeController(this);
  private plot: Plot | undefined;
  private drawTimer = 0;
  private drawnAt = 0;
  private speakTimer: ReturnType<typeof setTimeout> | undefined;
  private pointerMoves = false;

  constructor() {
    super();
    this.label = '';
    this.xLabel = '';
    this.yLabel = '';
    this.xScale = 'linear';
    this.yScale = 'linear';
    this.height = 240;
    this.smoothing = 0;
    this.smoothingTool = false;
    this.syncKey = '';
    this.noTools = false;
    this.emptyText = 'No data yet';
    this.series = [];
    this.bands = [];
    this.lines = [];
    this.markers = [];
    this.showTable = false;
    this.cursorX = null;
    this.spoken = '';
    this.toggled = new Map();
  }

  /** Draws anew after the arrays of the series have grown in place: at most once per frame, twice a second with reduced motion. */
  refresh(): void {
    if (this.drawTimer) return;
    const wait = prefersReducedMotion() ? Math.max(0, 500 - (performance.now() - this.drawnAt)) : 0;
    const draw = () => {
      this.drawTimer = 0;
      if (this.isConnected) this.requestUpdate();
    };
    this.drawTimer = wait > 0 ? window.setTimeout(draw, wait) : requestAnimationFrame(draw);
  }

  /** The chart with title and legend as a PNG. */
  async toPng(): Promise<Blob> {
    const { plot, model } = this.onPage();
    const { composePicture } = await import('./pictures.ts');
    const shown = this.series.filter((s) => model.isShown(s.id));
    return pngOf(composePicture(plot.ctx.canvas, this.label, shown, model.palette));
  }

  /** The chart as SVG, with the ranges on screen and the smoothed curves. */
  async toSvg(): Promise<string> {
    const { plot, model } = this.onPage();
    const { axes } = plot;
    const { chartVectors } = await import('./pictures.ts');
    return chartVectors(this.label, model, axes);
  }

  private onPage(): { plot: Plot; model: ChartModel } {
    if (!this.plot) throw new Error('The chart is not on the page yet.');
    return { plot: this.plot, model: this.model() };
  }

  /** All values as CSV: one row per x, one column per series. */
  toCsv(): string {
    return chartCsv(this.series, this.xLabel);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.destroyPlot();
    clearTimeout(this.speakTimer);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const cursorOnly =
      changed.size > 0 && [...changed.keys()].every((key) => ['cursorX', 'spoken', 'showTable'].includes(key as string));
    if (cursorOnly) return;
    // A consumer that renders every frame must not make the chart flicker for those who asked for less motion.
    const dataOnly =
      changed.size > 0 && [...changed.keys()].every((key) => key === 'series' || key === 'bands' || key === 'markers');
    if (dataOnly && prefersReducedMotion() && performance.now() - this.drawnAt < 500) this.refresh();
    else this.draw();
  }

  private isShown(id: string): boolean {
    const series = this.series.find((s) => s.id === id);
    return this.toggled.has(id) ? !this.toggled.get(id) : !series?.hidden;
  }

  private model = (): ChartModel => ({
    series: this.series,
    bands: this.bands,
    lines: this.lines,
    markers: this.markers,
    smoothing: this.smoothing,
    xLabel: this.xLabel,
    yLabel: this.yLabel,
    xScale: this.xScale,
    yScale: this.yScale,
    syncKey: this.syncKey,
    palette: this.themed.palette,
    isShown: (id) => this.isShown(id),
  });

  private draw(): void {
    const target = this.renderRoot.querySelector<HTMLElement>('.canvas');
    if (!target || this.size.width === 0) return;
    this.plot ??= new Plot(this.model, target, (index) => this.onPlotCursor(index));
    this.plot.draw({ width: this.size.width, height: this.height });
    this.drawnAt = performance.now();
  }

  private destroyPlot(): void {
    this.plot?.destroy();
    this.plot = undefined;
  }

  private onPlotCursor(index: number | null): void {
    const x = index === null ? null : (this.plot?.xs[index] ?? null);
    if (x === this.cursorX) return;
    this.cursorX = x;
    // A synchronised neighbour moves the cursor too; only the reader's own move is an event.
    if (this.pointerMoves) this.announceCursor();
  }

  private announceCursor(): void {
    const x = this.cursorX;
    const values = this.series.map((s) => ({ id: s.id, y: x === null ? null : (valueNear(s, x)?.y ?? null) }));
    this.dispatchEvent(chalkEvent<CursorDetail>('cursor-move', { x, values }));
  }

  private onKey(event: KeyboardEvent): void {
    const plot = this.plot;
    const xs = plot?.xs ?? [];
    if (!plot || xs.length === 0) return;
    const at = this.cursorX === null ? -1 : xs.indexOf(this.cursorX);
    const stride = Math.max(1, Math.round(xs.length / 200)) * (event.shiftKey ? 10 : 1);
    const last = xs.length - 1;
    const targets: Record<string, number> = {
      ArrowLeft: at < 0 ? last : Math.max(0, at - stride),
      ArrowRight: at < 0 ? 0 : Math.min(last, at + stride),
      Home: 0,
      End: last,
    };
    if (event.key === 'Escape') {
      plot.point(null);
      return;
    }
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const x = xs[target] as number;
    plot.point(x);
    // Several points may share a pixel; the keyboard visits each.
    this.cursorX = x;
    this.announceCursor();
    this.speakSoon();
  }

  /** Speaks the values at the cursor once the reader rests: a live region that follows every key press is noise. */
  private speakSoon(): void {
    clearTimeout(this.speakTimer);
    this.speakTimer = setTimeout(() => {
      this.spoken = this.valuesAtCursor();
    }, 400);
  }

  private valuesAtCursor(): string {
    const x = this.cursorX;
    if (x === null) return '';
    const parts = this.series
      .filter((s) => this.isShown(s.id))
      .map((s) => `${s.label} ${formatNumber(valueNear(s, x)?.y ?? Number.NaN)}`);
    return `${this.xLabel || 'x'} ${formatNumber(x)}: ${parts.join(', ')}`;
  }

  /** One sentence on what the chart shows: the name of the plot for those who do not see it. */
  private summary(): string {
    const parts = this.series
      .filter((s) => this.isShown(s.id) && s.y.length > 0)
      .map(
        (s) =>
          `${s.label}: ${s.y.length} points, from ${formatNumber(s.y[0] as number)} to ${formatNumber(s.y[s.y.length - 1] as number)}`,
      );
    return `${this.label || 'Chart'}. ${parts.length > 0 ? parts.join('; ') : this.emptyText}.`;
  }

  private toggle(id: string): void {
    const shown = !this.isShown(id);
    this.toggled = new Map(this.toggled).set(id, !shown);
    this.dispatchEvent(chalkEvent('series-toggle', { id, shown }));
  }

  private exports(): ExportItem[] {
    const name = fileName('chalkgrad', this.label || 'chart');
    return [
      { id: 'png', label: 'Picture', format: 'png', name, provide: () => this.toPng() },
      { id: 'svg', label: 'Vectors', format: 'svg', name, provide: () => this.toSvg() },
      { id: 'csv', label: 'Numbers', format: 'csv', name, provide: () => this.toCsv() },
    ];
  }

  protected override render() {
    const empty = this.series.every((s) => s.y.length === 0) && this.bands.every((b) => b.x.length === 0);
    return html`
      <figure>
        <figcaption>
          <span class="title">${this.label}</span>
          ${this.noTools ? nothing : this.renderTools()}
        </figcaption>
        <div
          class="plot"
          part="plot"
          tabindex="0"
          role="group"
          aria-roledescription="chart"
          aria-label=${this.summary()}
          aria-describedby="keys"
          @keydown=${this.onKey}
          @pointerenter=${this.onPointerEnter}
          @pointerleave=${this.onPointerLeave}
        >
          <div class="canvas" aria-hidden="true"></div>
          ${empty ? html`<div class="empty">${this.emptyText}</div>` : nothing}
        </div>
        <span id="keys" hidden>Left and right arrow keys move the cursor, Shift for larger steps, Escape removes it.</span>
        <div class="visually-hidden" aria-live="polite">${this.spoken}</div>
        ${legend(this.model(), this.cursorX, (id) => this.toggle(id))} ${
          this.showTable
            ? table(
                this.series.filter((s) => this.isShown(s.id)),
                this.label,
                this.xLabel,
              )
            : nothing
        }
        <slot></slot>
      </figure>
    `;
  }

  private onPointerEnter(): void {
    this.pointerMoves = true;
  }

  private onPointerLeave(): void {
    this.pointerMoves = false;
    this.announceCursor();
  }

  private renderTools() {
    return html`
      <div class="tools">
        ${
          this.smoothingTool || this.smoothing > 0
            ? html`<label>
              smooth
              <input
                type="range"
                min="0"
                max="0.99"
                step="0.01"
                .value=${String(this.smoothing)}
                @input=${(event: Event) => {
                  this.smoothing = Number((event.target as HTMLInputElement).value);
                }}
              />
            </label>`
            : nothing
        }
        <button
          aria-pressed=${this.yScale === 'log'}
          @click=${() => {
            this.yScale = this.yScale === 'log' ? 'linear' : 'log';
          }}
        >log y</button>
        <button
          aria-pressed=${this.showTable}
          @click=${() => {
            this.showTable = !this.showTable;
          }}
        >table</button>
        <chalk-export-menu label="Save" align="end" .items=${this.exports()}></chalk-export-menu>
      </div>
    `;
  }
}

define('chalk-chart', ChalkChart);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-chart': ChalkChart;
  }
}
