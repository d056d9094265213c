import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import type { Theme } from '../../shell/tokens.ts';
import { Atlas, fitCanvas } from '../shared/canvas.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { pngOf } from '../shared/files.ts';
import { formatCount } from '../shared/format.ts';
import { type ImageBatch, imageRgba, largestMagnitude } from '../shared/images.ts';
import { SizeController } from '../shared/size-controller.ts';
import { ThemeController } from '../shared/theme-controller.ts';
import { cellAt, cellOrigin, type GridLayout, gridLayout, moveByKey } from './layout.ts';

/** Browsers refuse canvases much higher than this. */
const MAX_HEIGHT = 6000;
const TEXT_HEIGHT = 16;

/** How a picture is framed: right, wrong, or not at all. */
export type ImageMark = 'ok' | 'error' | 'note' | undefined;

/**
 * Many small pictures on one canvas, with labels, marks, hover and a keyboard cursor.
 *
 * @element chalk-image-grid
 * @attr {string} label - accessible name
 * @attr {number} scale - CSS pixels per picture pixel
 * @attr {number} columns - 0: as many as fit
 * @attr {boolean} fit - draws the pictures smaller where that many columns would not fit; for a grid whose width does not follow them
 * @attr {number} gap - CSS pixels between pictures
 * @attr {number} selected - index of the selected picture, -1 for none
 * @attr {number} cursor - index of the picture that is framed because its counterpart elsewhere is pointed at, -1 for none
 * @attr {boolean} smooth - interpolate instead of showing pixels
 * @attr {string} empty-text - shown where there are no pictures
 * @fires item-hover - the pointer or the keyboard cursor is on another picture; detail `{index}`, null when it left
 * @fires item-select - click, Enter or Space on a picture; detail `{index}`
 * @csspart grid - the focusable box around the canvas
 */
export class ChalkImageGrid extends LitElement {
  static override properties = {
    label: { type: String },
    scale: { type: Number },
    columns: { type: Number },
    fit: { type: Boolean },
    gap: { type: Number },
    selected: { type: Number },
    cursor: { type: Number },
    smooth: { type: Boolean },
    emptyText: { type: String, attribute: 'empty-text' },
    images: { attribute: false },
    labels: { attribute: false },
    marks: { attribute: false },
    active: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      .grid {
        display: block;
        width: fit-content;
        max-width: 100%;
        overflow-x: auto;
      }
      canvas {
        display: block;
        cursor: pointer;
      }
      p {
        margin: var(--chalk-space-1) 0 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare label: string;
  declare scale: number;
  declare columns: number;
  declare fit: boolean;
  declare gap: number;
  declare selected: number;
  declare cursor: number;
  declare smooth: boolean;
  declare emptyText: string;
  /** The pictures; null for none. */
  declare images: ImageBatch | null;
  /** Text below each picture; empty for no text at all. */
  declare labels: readonly string[];
  declare marks: readonly ImageMark[];
  declare private active: number;

  private readonly themed = new ThemeController(this);
  private readonly size = new SizeController(this);
  private layout: GridLayout = gridLayout(0, { width: 1, height: 1 }, 0, 1);
  private hovered: number | null = null;
  private atlas: { readonly of: ImageBatch; readonly theme: Theme; readonly count: number; readonly atlas: Atlas } | undefined;

  constructor() {
    super();
    this.label = 'Images';
    this.scale = 2;
    this.columns = 0;
    this.fit = false;
    this.gap = 4;
    this.selected = -1;
    this.cursor = -1;
    this.smooth = false;
    this.emptyText = 'No images';
    this.images = null;
    this.labels = [];
    this.marks = [];
    this.active = 0;
  }

  /** The grid as a PNG. */
  toPng(): Promise<Blob> {
    return pngOf(this.renderRoot.querySelector('canvas') as HTMLCanvasElement);
  }

  /** Pictures that are drawn: all, or as many as a canvas holds. */
  private get drawn(): number {
    const { images } = this;
    if (!images) return 0;
    const rows = Math.floor(MAX_HEIGHT / (images.height * this.drawnScale + this.textHeight + this.gap));
    const full = this.layoutFor(images.count);
    return Math.min(images.count, Math.max(1, rows) * full.columns);
  }

  private get textHeight(): number {
    return this.labels.length > 0 ? TEXT_HEIGHT : 0;
  }

  /** `scale`, or less where a fixed number of columns has to fit. */
  private get drawnScale(): number {
    const { images, columns, gap, scale } = this;
    if (!this.fit || !images || columns === 0 || this.size.width === 0) return scale;
    return Math.min(scale, (this.size.width + gap) / columns / images.width - gap / images.width);
  }

  private layoutFor(count: number): GridLayout {
    const { images } = this;
    const scale = this.drawnScale;
    const cell = { width: (images?.width ?? 1) * scale, height: (images?.height ?? 1) * scale + this.textHeight };
    return gridLayout(count, cell, this.gap, Math.max(this.size.width, 1), this.columns);
  }

  protected override willUpdate(): void {
    this.layout = this.layoutFor(this.drawn);
    if (this.active >= this.drawn) this.active = 0;
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const canvas = this.renderRoot.querySelector('canvas');
    // With a fixed number of columns the size is known from the start: what is below keeps its place.
    if (canvas && this.images && (this.columns > 0 || this.size.width > 0)) this.draw(canvas, this.images);
  }

  private draw(canvas: HTMLCanvasElement, images: ImageBatch): void {
    const { layout } = this;
    const { palette } = this.themed;
    const atlas = this.atlasOf(images);
    const context = fitCanvas(canvas, layout.width, layout.height);
    context.imageSmoothingEnabled = this.smooth;
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    const height = images.height * this.drawnScale;
    const marks = { ok: palette.ok, error: palette.error, note: palette.note };
    const focused = this.renderRoot.querySelector('.grid')?.matches(':focus-visible') ?? false;
    for (let i = 0; i < this.drawn; i++) {
      const [x, y] = cellOrigin(layout, i);
      atlas.draw(context, i, x, y, layout.cellWidth, height);
      const mark = this.marks[i];
      if (mark) this.frame(context, x, y, height, marks[mark], 2);
      if (i === this.selected) this.frame(context, x, y, height, palette.selected, 3);
      if (i === this.cursor) this.frame(context, x, y, height, palette.focus, 2);
      if (focused && i === this.active) this.frame(context, x, y, height, palette.focus, 3);
      const text = this.labels[i];
      if (text !== undefined) {
        context.fillStyle = mark === 'error' ? palette.error : palette['ink-soft'];
        context.fillText(text, x + layout.cellWidth / 2, y + layout.cellHeight, layout.cellWidth + this.gap);
      }
    }
  }

  /** The pictures as one canvas, made anew when they, their number or the theme change. */
  private atlasOf(images: ImageBatch): Atlas {
    const { theme } = this.themed;
    const { atlas: known, drawn } = this;
    if (known?.of === images && known.theme === theme && known.count === drawn) return known.atlas;
    const limited = images.map && images.limit === undefined ? { ...images, limit: largestMagnitude(images.data) } : images;
    const atlas = new Atlas(drawn, images.width, images.height, (i) => imageRgba(limited, i, theme));
    this.atlas = { of: images, theme, count: drawn, atlas };
    return atlas;
  }

  private frame(context: CanvasRenderingContext2D, x: number, y: number, height: number, color: string, width: number): void {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x + width / 2, y + width / 2, this.layout.cellWidth - width, height - width);
  }

  private indexOf(event: PointerEvent | MouseEvent): number {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return cellAt(this.layout, this.drawn, event.clientX - box.left, event.clientY - box.top);
  }

  private hover(index: number | null): void {
    if (index === this.hovered) return;
    this.hovered = index;
    this.dispatchEvent(chalkEvent('item-hover', { index }));
  }

  private choose(index: number): void {
    this.active = index;
    this.selected = index;
    this.dispatchEvent(chalkEvent('item-select', { index }));
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      event.stopPropagation();
      this.choose(this.active);
      return;
    }
    const next = moveByKey(event.key, this.active, this.drawn, this.layout.columns);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.active = next;
    this.hover(next);
  }

  protected override render() {
    const { images } = this;
    if (!images || images.count === 0) return html`<p>${this.emptyText}</p>`;
    const text = this.labels[this.active];
    const mark = this.marks[this.active];
    const described = [`Image ${this.active + 1}`, text, mark === 'error' ? 'wrong' : mark === 'ok' ? 'right' : '']
      .filter(Boolean)
      .join(', ');
    return html`
      <div
        class="grid"
        part="grid"
        role="listbox"
        tabindex="0"
        aria-label="${this.label}, ${formatCount(images.count)}"
        aria-activedescendant="active"
        @keydown=${this.onKey}
        @focus=${() => this.requestUpdate()}
        @blur=${() => {
          this.requestUpdate();
          this.hover(null);
        }}
      >
        <canvas
          aria-hidden="true"
          @pointermove=${(event: PointerEvent) => {
            const index = this.indexOf(event);
            this.hover(index < 0 ? null : index);
          }}
          @pointerleave=${() => this.hover(null)}
          @click=${(event: MouseEvent) => {
            const index = this.indexOf(event);
            if (index >= 0) this.choose(index);
          }}
        ></canvas>
        <div
          class="visually-hidden"
          role="option"
          id="active"
          aria-selected=${this.selected === this.active}
          aria-posinset=${this.active + 1}
          aria-setsize=${images.count}
        >${described}</div>
      </div>
      ${this.drawn < images.count ? html`<p>The first ${formatCount(this.drawn)} of ${formatCount(images.count)} images.</p>` : nothing}
    `;
  }
}

define('chalk-image-grid', ChalkImageGrid);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-image-grid': ChalkImageGrid;
  }
}
