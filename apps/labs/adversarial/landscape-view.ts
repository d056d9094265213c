import { css, html, LitElement, type PropertyValues } from 'lit';
import { fitCanvas, pictureCanvas } from '../../components/shared/canvas.ts';
import { colorLegend, legendStyles } from '../../components/shared/color-legend.ts';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { SizeController } from '../../components/shared/size-controller.ts';
import { ThemeController } from '../../components/shared/theme-controller.ts';
import { colorize } from '../../shell/colors.ts';
import { baseStyles } from '../../shell/styles.ts';
import type { Landscape } from './landscape.ts';

const LARGEST = 360;

/**
 * The loss around a picture as a map: the walk of an attack on it, the box of ε, and where the network's answer changes. A click, or the arrow
 * keys, choose a step of the walk.
 *
 * @element chalk-attack-landscape
 * @attr {string} label - accessible name
 * @attr {number} step - the step of the walk that is marked
 * @fires step-choose - detail `{step}`
 */
export class ChalkAttackLandscape extends LitElement {
  static override properties = {
    label: { type: String },
    step: { type: Number },
    landscape: { attribute: false },
    classes: { attribute: false },
  };
  static override styles = [
    baseStyles,
    legendStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      canvas,
      .room {
        display: block;
        box-sizing: border-box;
        width: min(100%, 360px);
        aspect-ratio: 1;
      }
      canvas {
        cursor: pointer;
      }
      p {
        margin: var(--chalk-space-1) 0 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
      .scale {
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare label: string;
  declare step: number;
  declare landscape: Landscape | null;
  /** Names of the classes. */
  declare classes: readonly string[];
  private readonly themed = new ThemeController(this);
  private readonly size = new SizeController(this);

  constructor() {
    super();
    this.label = 'Landscape of the loss';
    this.step = 0;
    this.landscape = null;
    this.classes = [];
  }

  override render() {
    const { landscape } = this;
    if (!landscape) return html`<p class="room">It is drawn when the walk has ended.</p>`;
    const top = landscape.loss.reduce((most, value) => Math.max(most, value), 0);
    return html`<canvas tabindex="0" role="img" aria-label=${`${this.label}, step ${this.step} marked; arrow keys choose another`}
        @click=${this.#click} @keydown=${this.#key}></canvas>
      <div class="scale">loss ${colorLegend('sequential', top)}</div>
      <p>From the picture (ring) along the walk to its end (dot). Thin lines: here the answer changes.
        ${landscape.inside ? 'Dashed: the box of ε, cut by this plane.' : ''}</p>`;
  }

  get #side(): number {
    return Math.max(120, Math.min(LARGEST, this.size.width || LARGEST));
  }

  /** Places of the walk in CSS pixels. */
  #places({ along, across, walk }: Landscape): (readonly [x: number, y: number])[] {
    const side = this.#side;
    const at = (value: number, cells: readonly number[]) => {
      const step = (cells[1] as number) - (cells[0] as number);
      return ((value - (cells[0] as number)) / step + 0.5) * (side / cells.length);
    };
    return walk.map(([a, b]) => [at(a, along), side - at(b, across)] as const);
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const { landscape } = this;
    const canvas = this.renderRoot.querySelector('canvas');
    if (!landscape || !canvas) return;
    const side = this.#side;
    const context = fitCanvas(canvas, side, side);
    const { along, across } = landscape;
    const [columns, rows] = [along.length, across.length];
    context.imageSmoothingEnabled = true;
    context.drawImage(this.#colours(landscape), 0, 0, columns, rows, 0, 0, side, side);
    const { palette } = this.themed;
    this.#borders(context, landscape, landscape.classes, palette.ink);
    if (landscape.inside) this.#borders(context, landscape, landscape.inside, palette.data, [4, 3]);
    const places = this.#places(landscape);
    const origin = this.#places({ ...landscape, walk: [[0, 0]] })[0] as readonly [number, number];
    for (const [width, colour] of [
      [4.5, palette.paper],
      [2, palette.ink],
    ] as const) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      places.forEach(([x, y]) => {
        context.lineTo(x, y);
      });
      context.stroke();
    }
    this.#mark(context, origin, 6, null, palette.data);
    this.#mark(context, places.at(-1) ?? origin, 4, palette.model, palette.paper);
    const now = places[Math.min(this.step, places.length - 1)];
    if (now) this.#mark(context, now, 8, null, palette.model);
  }

  /** Cells of the loss, from the bottom up; what is outside of the box is paler. */
  #colours({ along, across, loss, inside }: Landscape): HTMLCanvasElement {
    const [columns, rows] = [along.length, across.length];
    const upright = new Float32Array(loss.length);
    for (let row = 0; row < rows; row++)
      upright.set(loss.subarray((rows - 1 - row) * columns, (rows - row) * columns), row * columns);
    const rgba = new Uint8ClampedArray(4 * loss.length);
    const top = loss.reduce((most, value) => Math.max(most, value), 0);
    colorize(upright, 'sequential', top, this.themed.theme, rgba);
    if (inside)
      for (let i = 0; i < loss.length; i++) {
        const row = rows - 1 - Math.floor(i / columns);
        if (!inside[row * columns + (i % columns)]) rgba[4 * i + 3] = 150;
      }
    return pictureCanvas(rgba, columns, rows);
  }

  /** Lines between cells of different values. */
  #borders(
    context: CanvasRenderingContext2D,
    { along, across }: Landscape,
    values: ArrayLike<number>,
    colour: string,
    dash: number[] = [],
  ): void {
    const [columns, rows] = [along.length, across.length];
    const cell = this.#side / columns;
    const at = (column: number, row: number) => values[row * columns + column];
    context.strokeStyle = colour;
    context.setLineDash(dash);
    context.lineWidth = 1;
    context.beginPath();
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const [x, y] = [column * cell, (rows - 1 - row) * cell];
        if (column + 1 < columns && at(column, row) !== at(column + 1, row)) {
          context.moveTo(x + cell, y);
          context.lineTo(x + cell, y + cell);
        }
        if (row + 1 < rows && at(column, row) !== at(column, row + 1)) {
          context.moveTo(x, y);
          context.lineTo(x + cell, y);
        }
      }
    }
    context.stroke();
    context.setLineDash([]);
  }

  #mark(
    context: CanvasRenderingContext2D,
    [x, y]: readonly [number, number],
    radius: number,
    fill: string | null,
    line: string,
  ): void {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    context.lineWidth = 2;
    context.strokeStyle = line;
    context.stroke();
  }

  #click(event: MouseEvent): void {
    const { landscape } = this;
    if (!landscape) return;
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const distances = this.#places(landscape).map(([a, b]) => Math.hypot(a - x, b - y));
    this.#tell(distances.indexOf(Math.min(...distances)));
  }

  #key(event: KeyboardEvent): void {
    const move = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#tell(this.step + move);
  }

  #tell(step: number): void {
    const last = (this.landscape?.walk.length ?? 1) - 1;
    this.dispatchEvent(chalkEvent('step-choose', { step: Math.min(last, Math.max(0, step)) }));
  }
}

define('chalk-attack-landscape', ChalkAttackLandscape);
