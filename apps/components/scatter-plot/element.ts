import { html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { fitCanvas, pictureCanvas } from '../shared/canvas.ts';
import { chalkEvent, define, prefersReducedMotion } from '../shared/define.ts';
import { pngOf, toCsv } from '../shared/files.ts';
import { formatCount, formatNumber } from '../shared/format.ts';
import { type ImageBatch, imageRgba } from '../shared/images.ts';
import { SizeController } from '../shared/size-controller.ts';
import { styled } from '../shared/styled.ts';
import { ThemeController } from '../shared/theme-controller.ts';
import { fitPoints, PointIndex, type Transform, toPixel } from './geometry.ts';
import { scatterStyles } from './styles.ts';

const PREVIEW = 84;

/**
 * Up to some ten thousand points in a plane, coloured by class; the point under the pointer or the keyboard cursor shows its image.
 *
 * @element chalk-scatter-plot
 * @attr {string} label - title and accessible name
 * @attr {number} height - CSS pixels; 0: square
 * @attr {number} radius - of a point, CSS pixels; 0: by the number of points
 * @attr {number} selected - index of the selected point, -1 for none
 * @attr {boolean} no-legend
 * @fires point-hover - detail `{index}`, null when the cursor left
 * @fires point-select - click or Enter; detail `{index}`
 * @slot - caption
 * @csspart plot - the focusable box around the canvas
 */
export class ChalkScatterPlot extends LitElement {
  static override properties = {
    label: { type: String },
    height: { type: Number },
    radius: { type: Number },
    selected: { type: Number },
    noLegend: { type: Boolean, attribute: 'no-legend' },
    x: { attribute: false },
    y: { attribute: false },
    labels: { attribute: false },
    predicted: { attribute: false },
    classes: { attribute: false },
    images: { attribute: false },
    marked: { attribute: false },
    active: { state: true },
    off: { state: true },
  };
  static override styles = [baseStyles, scatterStyles];

  declare label: string;
  declare height: number;
  declare radius: number;
  declare selected: number;
  declare noLegend: boolean;
  declare x: ArrayLike<number>;
  declare y: ArrayLike<number>;
  /** Class of each point; empty: one colour. */
  declare labels: ArrayLike<number>;
  /** Predicted class of each point; a ring marks points where it differs from the label. Empty: none. */
  declare predicted: ArrayLike<number>;
  declare classes: readonly string[];
  /** One image per point, shown beside the cursor. */
  declare images: ImageBatch | null;
  /** Indices of points to ring, such as the neighbours of the selected one. */
  declare marked: readonly number[];
  declare private active: number;
  declare private off: ReadonlySet<number>;

  private readonly themed = new ThemeController(this);
  private readonly measured = new SizeController(this);
  private transform: Transform = { scale: 1, offsetX: 0, offsetY: 0 };
  private index: PointIndex | undefined;
  private cloud: HTMLCanvasElement | undefined;
  private timer = 0;
  private drawnAt = 0;

  constructor() {
    super();
    this.label = '';
    this.height = 0;
    this.radius = 0;
    this.selected = -1;
    this.noLegend = false;
    this.x = [];
    this.y = [];
    this.labels = [];
    this.predicted = [];
    this.classes = [];
    this.images = null;
    this.marked = [];
    this.active = -1;
    this.off = new Set();
  }

  /** Draws anew after the coordinates changed in place: at most once per frame, twice a second with reduced motion. */
  refresh(): void {
    if (this.timer) return;
    const wait = prefersReducedMotion() ? Math.max(0, 500 - (performance.now() - this.drawnAt)) : 0;
    const draw = () => {
      this.timer = 0;
      if (this.isConnected) this.requestUpdate('x');
    };
    this.timer = wait > 0 ? window.setTimeout(draw, wait) : requestAnimationFrame(draw);
  }

  toPng(): Promise<Blob> {
    return pngOf(this.renderRoot.querySelector('canvas') as HTMLCanvasElement);
  }

  toCsv(): string {
    const rows = Array.from({ length: this.x.length }, (_, i) => [this.x[i], this.y[i], this.labels[i], this.predicted[i]]);
    return toCsv(['x', 'y', 'label', 'predicted'], rows);
  }

  private get plotHeight(): number {
    return this.height > 0 ? this.height : Math.min(this.measured.width, 640);
  }

  private shown = (i: number): boolean => !this.off.has(this.labels[i] ?? 0);

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const canvas = this.renderRoot.querySelector('canvas');
    if (!canvas || this.measured.width < 4) return;
    const cursorOnly =
      changed.size > 0 && [...changed.keys()].every((key) => key === 'active' || key === 'selected' || key === 'marked');
    if (!cursorOnly || !this.cloud) this.drawCloud();
    this.drawnAt = performance.now();
    this.compose(canvas);
  }

  /** Width inside the border. */
  private get inner(): number {
    return this.measured.width - 2;
  }

  private drawCloud(): void {
    const { x, y, labels } = this;
    const [width, height] = [this.inner, this.plotHeight];
    this.cloud ??= document.createElement('canvas');
    const context = fitCanvas(this.cloud, width, height);
    const { categories, ink } = this.themed.palette;
    const radius = this.radius || Math.min(3.4, Math.max(1.3, 95 / Math.sqrt(x.length + 1)));
    this.transform = fitPoints(x, y, width, height, 12);
    this.index = new PointIndex(x, y, this.transform, this.shown);
    const groups = new Map<number, Path2D>();
    const wrong = new Path2D();
    for (let i = 0; i < x.length; i++) {
      if (!this.shown(i)) continue;
      const [px, py] = toPixel(this.transform, x[i] as number, y[i] as number);
      const label = labels[i] ?? 0;
      let path = groups.get(label);
      if (!path) {
        path = new Path2D();
        groups.set(label, path);
      }
      path.moveTo(px + radius, py);
      path.arc(px, py, radius, 0, 2 * Math.PI);
      if (this.predicted.length > i && this.predicted[i] !== label) {
        wrong.moveTo(px + radius + 1, py);
        wrong.arc(px, py, radius + 1, 0, 2 * Math.PI);
      }
    }
    context.globalAlpha = x.length > 2000 ? 0.75 : 0.9;
    for (const [label, path] of groups) {
      context.fillStyle = categories[label % categories.length] as string;
      context.fill(path);
    }
    context.globalAlpha = 1;
    context.lineWidth = 1;
    context.strokeStyle = ink;
    context.stroke(wrong);
  }

  private compose(canvas: HTMLCanvasElement): void {
    const [width, height] = [this.inner, this.plotHeight];
    const { palette, theme } = this.themed;
    const context = fitCanvas(canvas, width, height);
    if (this.cloud) context.drawImage(this.cloud, 0, 0, width, height);
    for (const [i, color, radius] of [
      ...this.marked.map((index) => [index, palette.ink, 5] as const),
      [this.selected, palette.selected, 7] as const,
      [this.active, palette.ink, 7] as const,
    ]) {
      if (i < 0 || i >= this.x.length) continue;
      const [px, py] = toPixel(this.transform, this.x[i] as number, this.y[i] as number);
      context.strokeStyle = color;
      context.lineWidth = radius < 7 ? 1.5 : 2.5;
      context.beginPath();
      context.arc(px, py, radius, 0, 2 * Math.PI);
      context.stroke();
    }
    const { images, active } = this;
    if (!images || active < 0 || active >= images.count) return;
    const [px, py] = toPixel(this.transform, this.x[active] as number, this.y[active] as number);
    const left = px + PREVIEW + 20 < width ? px + 12 : px - PREVIEW - 12;
    const top = Math.min(Math.max(4, py - PREVIEW / 2), height - PREVIEW - 4);
    context.imageSmoothingEnabled = false;
    context.drawImage(pictureCanvas(imageRgba(images, active, theme), images.width, images.height), left, top, PREVIEW, PREVIEW);
    context.strokeStyle = palette.ink;
    context.lineWidth = 1.5;
    context.strokeRect(left, top, PREVIEW, PREVIEW);
  }

  private activate(index: number): void {
    if (index === this.active) return;
    this.active = index;
    this.dispatchEvent(chalkEvent('point-hover', { index: index < 0 ? null : index }));
  }

  private onMove(event: PointerEvent): void {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.activate(this.index?.nearest(event.clientX - box.left, event.clientY - box.top) ?? -1);
  }

  private choose(): void {
    if (this.active < 0) return;
    this.selected = this.active;
    this.dispatchEvent(chalkEvent('point-select', { index: this.active }));
  }

  private onKey(event: KeyboardEvent): void {
    const directions: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const direction = directions[event.key];
    if (event.key === 'Enter' || event.key === ' ') this.choose();
    else if (event.key === 'Escape') this.activate(-1);
    else if (direction && this.index && this.x.length > 0) {
      this.activate(this.active < 0 ? 0 : this.index.towards(this.active, ...direction));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private nameOf(label: number): string {
    return this.classes[label] ?? String(label);
  }

  private reading(): string {
    const i = this.active;
    if (i < 0 || i >= this.x.length) return '';
    const label = this.labels[i];
    const predicted = this.predicted[i];
    return [
      `point ${i}`,
      label === undefined ? '' : this.nameOf(label),
      predicted === undefined || predicted === label ? '' : `predicted ${this.nameOf(predicted)}`,
      `(${formatNumber(this.x[i] as number, 3)}, ${formatNumber(this.y[i] as number, 3)})`,
    ]
      .filter(Boolean)
      .join(', ');
  }

  protected override render() {
    const present = [...new Set(Array.from(this.labels))].sort((a, b) => a - b);
    return html`<figure>
      ${this.label ? html`<figcaption>${this.label}</figcaption>` : nothing}
      <div
        class="plot"
        part="plot"
        tabindex="0"
        role="group"
        aria-roledescription="scatter plot"
        aria-label="${this.label || 'Scatter plot'}, ${formatCount(this.x.length)} points. Arrow keys walk from point to point."
        @keydown=${this.onKey}
        @blur=${() => this.activate(-1)}
      >
        <canvas aria-hidden="true" @pointermove=${this.onMove} @pointerdown=${this.onMove} @pointerleave=${() => this.activate(-1)} @click=${this.choose}></canvas>
        ${this.x.length === 0 ? html`<div class="empty">No points yet</div>` : nothing}
      </div>
      ${
        this.noLegend || present.length < 2
          ? nothing
          : html`<ul aria-label="Classes">
            ${present.map(
              (label) => html`<li>
                <button
                  aria-pressed=${!this.off.has(label)}
                  @click=${() => {
                    const off = new Set(this.off);
                    if (!off.delete(label)) off.add(label);
                    this.off = off;
                  }}
                >
                  <span class="swatch" ${styled({ '--swatch': this.themed.palette.categories[label % 10] })}></span>${this.nameOf(label)}
                </button>
              </li>`,
            )}
          </ul>`
      }
      <output aria-live="polite">${this.reading()}</output>
      <slot></slot>
    </figure>`;
  }
}

define('chalk-scatter-plot', ChalkScatterPlot);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-scatter-plot': ChalkScatterPlot;
  }
}
