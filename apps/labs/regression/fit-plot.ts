import { css, html, LitElement, svg } from 'lit';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { formatNumber } from '../../components/shared/format.ts';
import { styled } from '../../components/shared/styled.ts';
import { baseStyles } from '../../shell/styles.ts';
import { bandPath, fromX, fromY, HEIGHT, MARGIN, pathOf, type Range, rangeOf, ticksOf, toX, toY, WIDTH } from './fit-geometry.ts';
import type { Point } from './schema.ts';

export interface FitCurve {
  readonly name: string;
  /** Number of the category colour. */
  readonly color: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Half width of a band around it. */
  readonly band?: readonly number[];
}

const NUDGE = 0.02;
/** So far beside a point another one is added. */
const BESIDE = 0.05;
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/**
 * The points of a regression and the curves through them. Points can be dragged (arrow keys), added (double click, a button, or A on a
 * point), held out (double click on a point, or H) and removed (Delete).
 *
 * @element chalk-fit-plot
 * @attr {boolean} locked - the points cannot be changed
 * @fires points-change - the reader changed the points; detail `{points}`
 */
export class ChalkFitPlot extends LitElement {
  static override properties = {
    points: { attribute: false },
    curves: { attribute: false },
    locked: { type: Boolean },
    dragged: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        container-type: inline-size;
      }
      svg {
        display: block;
        width: 100%;
        height: auto;
        touch-action: pan-y;
        background: var(--chalk-surface);
        border: 1px solid var(--chalk-rule);
        border-radius: var(--chalk-radius-m);
      }
      .tick {
        fill: var(--chalk-ink-soft);
        font: 11px var(--chalk-font-ui);
      }
      .rule {
        stroke: var(--chalk-rule);
      }
      .curve {
        fill: none;
        stroke-width: 2.5;
        stroke-linejoin: round;
      }
      .curve.mean {
        stroke-width: 1;
      }
      .band {
        stroke: none;
        opacity: 0.16;
      }
      .point {
        fill: var(--chalk-data);
        stroke: var(--chalk-surface);
        stroke-width: 1.5;
        cursor: grab;
        touch-action: none;
      }
      .point.held {
        fill: var(--chalk-surface);
        stroke: var(--chalk-data);
        stroke-width: 2.5;
      }
      .point:focus-visible {
        outline: none;
        stroke: var(--chalk-focus);
        stroke-width: 4;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-3);
        align-items: center;
        margin-block-start: var(--chalk-space-2);
        font-size: var(--chalk-text-s);
        color: var(--chalk-ink-soft);
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-1) var(--chalk-space-3);
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .legend i {
        display: inline-block;
        width: 1.2em;
        height: 0.25em;
        margin-inline-end: 0.4em;
        vertical-align: middle;
        forced-color-adjust: none;
      }
      .legend .line {
        background: var(--color);
      }
      /* A thin line in its band. */
      .legend .mean {
        height: 0.7em;
        background: linear-gradient(transparent 44%, var(--color) 44% 56%, transparent 56%),
          color-mix(in oklab, var(--color) 22%, transparent);
      }
      .legend .dot {
        width: 0.75em;
        height: 0.75em;
        border: 2px solid var(--chalk-data);
        border-radius: 50%;
        background: var(--chalk-data);
      }
      .legend .dot.held {
        background: none;
      }
      /* The drawing shrinks with its box; what is read and grabbed shall not. */
      @container (max-width: 30rem) {
        .tick {
          font-size: 20px;
        }
        .curve {
          stroke-width: 4;
        }
        .curve.mean {
          stroke-width: 2;
        }
        .point {
          r: 13px;
          stroke-width: 3;
        }
        .point.held {
          stroke-width: 5;
        }
      }
    `,
  ];

  declare points: readonly Point[];
  declare curves: readonly FitCurve[];
  declare locked: boolean;
  declare private dragged: readonly Point[] | null;
  #frozen: Range | undefined;
  /** The point that is focused as soon as it is drawn. */
  #focused: number | undefined;

  constructor() {
    super();
    this.points = [];
    this.curves = [];
    this.locked = false;
    this.dragged = null;
  }

  /** The figure as an SVG file: colours are written out, so it looks the same elsewhere. */
  toSvg(): string {
    const copy = this.renderRoot.querySelector('svg')?.cloneNode(true) as SVGSVGElement;
    const originals = this.renderRoot.querySelectorAll('svg *');
    copy.querySelectorAll('*').forEach((element, index) => {
      const style = getComputedStyle(originals[index] as Element);
      for (const key of ['fill', 'stroke', 'stroke-width', 'opacity', 'font'] as const)
        element.setAttribute(key, style.getPropertyValue(key));
      element.removeAttribute('class');
      element.removeAttribute('tabindex');
    });
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    return new XMLSerializer().serializeToString(copy);
  }

  get #shown(): readonly Point[] {
    return this.dragged ?? this.points;
  }

  get #range(): Range {
    return (
      this.#frozen ??
      rangeOf(
        this.#shown.map(({ t }) => t),
        this.curves.map(({ y }) => y),
      )
    );
  }

  override render() {
    const range = this.#range;
    const bottom = HEIGHT - MARGIN.bottom;
    return html`
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="Points and fitted curves" @dblclick=${this.#add}>
        ${ticksOf(range).map(
          (
            t,
          ) => svg`<line class="rule" x1=${MARGIN.left} x2=${WIDTH - MARGIN.right} y1=${toY(t, range)} y2=${toY(t, range)}></line>
          <text class="tick" x=${MARGIN.left - 6} y=${toY(t, range) + 4} text-anchor="end">${formatNumber(t)}</text>`,
        )}
        <text class="tick" x=${MARGIN.left + 6} y=${MARGIN.top + 12}>t</text>
        <text class="tick" x=${WIDTH - MARGIN.right} y=${bottom - 6} text-anchor="end">x</text>
        ${[0, 0.2, 0.4, 0.6, 0.8, 1].map((x) => svg`<text class="tick" x=${toX(x)} y=${bottom + 18} text-anchor="middle">${x}</text>`)}
        ${this.curves.map(({ band, color, x, y }) => (band ? svg`<path class="band" fill="var(--chalk-cat-${color})" d=${bandPath(x, y, band, range)}></path>` : ''))}
        ${this.curves.map(({ band, color, x, y }) => svg`<path class="curve ${band ? 'mean' : ''}" stroke="var(--chalk-cat-${color})" d=${pathOf(x, y, range)}></path>`)}
        ${this.#shown.map((point, index) => this.#renderPoint(point, index, range))}
      </svg>
      <div class="tools">
        <ul class="legend">
          ${this.curves.map(
            ({ name, color, band }) =>
              html`<li><i class=${band ? 'mean' : 'line'} ${styled({ '--color': `var(--chalk-cat-${color})` })}></i>${name}</li>`,
          )}
          <li><i class="dot"></i>point</li>
          <li><i class="dot held"></i>held-out point</li>
        </ul>
        ${
          this.locked
            ? ''
            : html`<button type="button" @click=${this.#addInGap}>Add a point</button>
              <span>Drag a point. Double click: add, or hold out. Keys on a point: arrows, A adds one beside it, H, Delete.</span>`
        }
      </div>`;
  }

  #renderPoint({ x, t, held }: Point, index: number, range: Range) {
    const name = `point ${index + 1}: x ${x.toFixed(2)}, t ${t.toFixed(2)}${held ? ', held out' : ''}`;
    return svg`<circle class="point ${held ? 'held' : ''}" cx=${toX(x)} cy=${toY(t, range)} r="7" role="button" aria-label=${name}
      tabindex=${this.locked ? -1 : 0} @pointerdown=${(event: PointerEvent) => this.#grab(event, index)}
      @dblclick=${(event: Event) => {
        event.stopPropagation();
        this.#toggle(index);
      }} @keydown=${(event: KeyboardEvent) => this.#key(event, index)}></circle>`;
  }

  #position(event: MouseEvent): { x: number; t: number } {
    const box = (this.renderRoot.querySelector('svg') as SVGSVGElement).getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * WIDTH;
    const py = ((event.clientY - box.top) / box.height) * HEIGHT;
    return { x: clamp(fromX(px), 0, 1), t: clamp(fromY(py, this.#range), -3, 3) };
  }

  #grab(event: PointerEvent, index: number): void {
    if (this.locked || event.button !== 0) return;
    const target = event.currentTarget as Element;
    target.setPointerCapture(event.pointerId);
    this.#frozen = this.#range;
    let moved = false;
    const move = (next: Event) => {
      moved = true;
      this.dragged = this.#with(index, this.#position(next as PointerEvent));
    };
    const drop = () => {
      target.removeEventListener('pointermove', move);
      this.#frozen = undefined;
      const points = this.dragged;
      this.dragged = null;
      if (moved && points) this.#tell(points);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', drop, { once: true });
    target.addEventListener('pointercancel', drop, { once: true });
  }

  #key(event: KeyboardEvent, index: number): void {
    if (this.locked) return;
    const { x, t } = this.points[index] as Point;
    const steps: Record<string, Partial<Point>> = {
      ArrowLeft: { x: clamp(x - NUDGE, 0, 1) },
      ArrowRight: { x: clamp(x + NUDGE, 0, 1) },
      ArrowUp: { t: clamp(t + NUDGE * 2, -3, 3) },
      ArrowDown: { t: clamp(t - NUDGE * 2, -3, 3) },
    };
    const step = steps[event.key];
    if (step) this.#tell(this.#with(index, step));
    else if (event.key === 'h' || event.key === 'H') this.#toggle(index);
    else if (event.key === 'a' || event.key === 'A' || event.key === 'Insert') {
      this.#addPoint({ x: x + BESIDE <= 1 ? x + BESIDE : x - BESIDE, t, held: false });
    } else if ((event.key === 'Delete' || event.key === 'Backspace') && this.points.length > 2) {
      this.#tell(this.points.filter((_, i) => i !== index));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #add(event: MouseEvent): void {
    if (!this.locked) this.#tell([...this.points, { ...this.#position(event), held: false }]);
  }

  /** In the middle of the widest gap between neighbours, on the line from one to the other. */
  #addInGap(): void {
    const sorted = [...this.points].sort((a, b) => a.x - b.x);
    let [from, to] = [sorted[0], sorted[0]];
    sorted.forEach((point, n) => {
      const next = sorted[n + 1];
      if (next && (!from || !to || next.x - point.x > to.x - from.x)) [from, to] = [point, next];
    });
    if (from && to) this.#addPoint({ x: (from.x + to.x) / 2, t: (from.t + to.t) / 2, held: false });
  }

  /** Adds a point and gives it the focus, so that the next key moves it. */
  #addPoint(point: Point): void {
    if (this.locked) return;
    this.#focused = this.points.length;
    this.#tell([...this.points, point]);
  }

  protected override updated(): void {
    const points = this.renderRoot.querySelectorAll<SVGCircleElement>('.point');
    if (this.#focused === undefined || points.length <= this.#focused) return;
    points[this.#focused]?.focus();
    this.#focused = undefined;
  }

  #toggle(index: number): void {
    if (!this.locked) this.#tell(this.#with(index, { held: !(this.points[index] as Point).held }));
  }

  #with(index: number, change: Partial<Point>): readonly Point[] {
    return this.points.map((point, i) => (i === index ? { ...point, ...change } : point));
  }

  #tell(points: readonly Point[]): void {
    const round = (value: number) => Number(value.toFixed(3));
    this.dispatchEvent(chalkEvent('points-change', { points: points.map((p) => ({ ...p, x: round(p.x), t: round(p.t) })) }));
  }
}

define('chalk-fit-plot', ChalkFitPlot);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-fit-plot': ChalkFitPlot;
  }
}
