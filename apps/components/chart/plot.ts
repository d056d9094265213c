/** The canvas of a chart: axes with round numbers, curves, overlays, and a cursor that the charts of one key share. */
import { formatNumber } from '../shared/format.ts';
import { lonePoints, nearestIndex } from './columns.ts';
import { type ChartModel, type Columns, columnsOf, type DrawnCurve, isCounted, xAxis, yAxis } from './model.ts';
import { drawBelow, drawMarkers, resolveColor, type Surface } from './overlays.ts';
import { type Axis, share, ticksWithin, valueAt } from './ticks.ts';

/** CSS pixels around the plot: above and to its right, for the numbers of the x axis, and for the name of an axis. */
const [ABOVE, RIGHT, BELOW, NAME] = [17, 25, 26, 22];
const FONT = 'px system-ui, sans-serif';
const TICK = 4;
/** From an axis to its numbers. */
const GAP = TICK + 5;

/** On a page; for the cursor that charts share. */
const plots = new Set<Plot>();

export class Plot {
  readonly ctx: CanvasRenderingContext2D;
  #x: Axis = { min: 0, max: 1, scale: 'linear' };
  #y: Axis = this.#x;
  readonly #model: () => ChartModel;
  readonly #onCursor: (index: number | null) => void;
  readonly #over = document.createElement('div');
  readonly #cursor = document.createElement('div');
  #size = { width: 0, height: 0 };
  #xs: readonly number[] = [];
  /** Of the cursor, in CSS pixels from the left of the plot. */
  #left: number | null = null;
  #plotWidth = 0;
  #density: MediaQueryList | undefined;

  /** @param onCursor told of the x the cursor is at, as an index of `xs` */
  constructor(model: () => ChartModel, target: HTMLElement, onCursor: (index: number | null) => void) {
    this.#model = model;
    this.#onCursor = onCursor;
    const canvas = document.createElement('canvas');
    this.ctx = canvas.getContext('2d') as CanvasRenderingContext2D;
    this.#over.className = 'over';
    this.#cursor.className = 'cursor';
    this.#cursor.hidden = true;
    this.#over.append(this.#cursor);
    this.#over.addEventListener('mousemove', ({ offsetX }) => this.#move(offsetX));
    this.#over.addEventListener('mouseleave', () => this.#move(null));
    target.replaceChildren(canvas, this.#over);
    plots.add(this);
  }

  /** The ranges on screen. */
  get axes(): { readonly x: Axis; readonly y: Axis } {
    return { x: this.#x, y: this.#y };
  }

  /** The x of all curves, ascending. */
  get xs(): readonly number[] {
    return this.#xs;
  }

  destroy(): void {
    plots.delete(this);
    this.#density?.removeEventListener('change', this.#redraw);
    this.ctx.canvas.remove();
    this.#over.remove();
  }

  /** Puts the cursor at an x, or away. */
  point(x: number | null): void {
    this.#move(x === null ? null : share(this.#x, x) * this.#plotWidth);
  }

  #move(left: number | null): void {
    this.#put(left);
    const { syncKey } = this.#model();
    if (!syncKey) return;
    const x = left === null ? null : valueAt(this.#x, left / this.#plotWidth);
    for (const other of plots) {
      if (other === this || other.#model().syncKey !== syncKey) continue;
      const at = x === null ? -1 : share(other.#x, x);
      other.#put(at >= 0 && at <= 1 ? at * other.#plotWidth : null);
    }
  }

  #put(left: number | null): void {
    this.#left = left;
    this.#cursor.hidden = left === null;
    if (left !== null) this.#cursor.style.transform = `translateX(${left}px)`;
    const away = left === null || this.#xs.length === 0;
    this.#onCursor(away ? null : nearestIndex(this.#xs, valueAt(this.#x, left / this.#plotWidth)));
  }

  readonly #redraw = (): void => this.draw(this.#size);

  /** @param size in CSS pixels */
  draw(size: { readonly width: number; readonly height: number }): void {
    this.#size = size;
    const model = this.#model();
    const ratio = this.#watchDensity();
    const data = columnsOf(model);
    const [x, y] = [xAxis(model), yAxis(model)];
    const { canvas } = this.ctx;
    const height = size.height - ABOVE - BELOW - (model.xLabel ? NAME : 0);
    const rows = ticksWithin(y, height, size.height < 180 ? 22 : 34).map((at) => ({ at, text: formatNumber(at, 3) }));
    const numbers = 14 + 7 * Math.max(2, ...rows.map(({ text }) => text.length));
    const left = numbers + (model.yLabel ? NAME : 0);
    const width = size.width - left - RIGHT;
    const columns = ticksWithin(x, width, 60, isCounted(model)).map((at) => ({ at, text: formatNumber(at, 3) }));
    [this.#x, this.#y, this.#xs, this.#plotWidth] = [x, y, data.x, width];
    Object.assign(this.#over.style, { left: `${left}px`, top: `${ABOVE}px`, width: `${width}px`, height: `${height}px` });
    // A size that is set, even the same one, empties the canvas.
    [canvas.width, canvas.height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    Object.assign(canvas.style, { width: `${size.width}px`, height: `${size.height}px` });
    const [l, t, w, h] = [left, ABOVE, width, height].map((length) => Math.round(length * ratio)) as [
      number,
      number,
      number,
      number,
    ];
    const on: Surface = {
      ctx: this.ctx,
      box: { left: l, top: t, width: w, height: h },
      ratio,
      x: data.x,
      columns: data.columns,
      px: (value) => l + share(x, value) * w,
      py: (value) => t + (1 - share(y, value)) * h,
    };
    drawAxes(on, model, columns, rows, Math.round((left - numbers) * ratio));
    drawBelow(on, model.bands, model.lines, model.palette);
    for (const [k, one] of data.curves.entries()) if (model.isShown(one.series.id)) drawCurve(on, model, one, data, k);
    drawMarkers(on, model.markers, model.palette);
    // What lies below the cursor may be another point now.
    if (this.#left !== null) this.#put(this.#left);
  }

  /** A window that moves to another screen keeps its size, not its pixels. @returns pixels of the canvas for one of CSS */
  #watchDensity(): number {
    const ratio = devicePixelRatio || 1;
    this.#density?.removeEventListener('change', this.#redraw);
    this.#density = matchMedia(`(resolution: ${ratio}dppx)`);
    this.#density.addEventListener('change', this.#redraw, { once: true });
    return ratio;
  }
}

type Tick = { readonly at: number; readonly text: string };

/** @param nameAt right end of the y axis' name */
function drawAxes(on: Surface, model: ChartModel, columns: readonly Tick[], rows: readonly Tick[], nameAt: number): void {
  const { ctx, box, ratio } = on;
  const [bottom, right] = [box.top + box.height, box.left + box.width];
  const sharp = (ratio % 2) / 2;
  const px = columns.map(({ at }) => Math.round(on.px(at)));
  const py = rows.map(({ at }) => Math.round(on.py(at)));
  ctx.strokeStyle = model.palette.rule;
  ctx.lineWidth = ratio;
  ctx.beginPath();
  for (const x of px) {
    ctx.moveTo(x + sharp, box.top);
    ctx.lineTo(x + sharp, bottom + TICK * ratio);
  }
  for (const y of py) {
    ctx.moveTo(box.left - TICK * ratio, y + sharp);
    ctx.lineTo(right, y + sharp);
  }
  ctx.stroke();
  ctx.fillStyle = model.palette['ink-soft'];
  ctx.font = 12 * ratio + FONT;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  for (const [i, { text }] of columns.entries()) ctx.fillText(text, px[i] as number, bottom + GAP * ratio);
  ctx.fillText(model.xLabel, box.left + box.width / 2, bottom + BELOW * ratio);
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  for (const [i, { text }] of rows.entries()) ctx.fillText(text, box.left - GAP * ratio, py[i] as number);
  ctx.save();
  ctx.textAlign = 'center';
  ctx.textBaseline = 'bottom';
  ctx.translate(nameAt, box.top + box.height / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.fillText(model.yLabel, 0, 0);
  ctx.restore();
}

function drawCurve(on: Surface, model: ChartModel, one: DrawnCurve, { columns }: Columns, k: number): void {
  const { ctx, box, ratio } = on;
  const { series, index, faint } = one;
  const column = columns[k] ?? [];
  const width = (series.width ?? (faint ? 1 : 2)) * ratio;
  const dots = series.draw === 'points';
  ctx.save();
  ctx.globalAlpha = faint ? 0.28 : 1;
  ctx.strokeStyle = resolveColor(series.color, index, model.palette);
  ctx.fillStyle = ctx.strokeStyle;
  // What touches the edge of the plot is seen whole.
  const air = dots ? 9 * ratio : width;
  ctx.beginPath();
  ctx.rect(box.left - air, box.top - air, box.width + 2 * air, box.height + 2 * air);
  ctx.clip();
  ctx.beginPath();
  ctx.lineWidth = width;
  ctx.lineJoin = 'round';
  if (dots) {
    ctx.lineWidth = 1.5 * ratio;
    ctx.strokeStyle = model.palette.surface;
    addDots(on, column, column.keys(), 3.75 * ratio);
    ctx.fill();
  } else {
    if (series.dash && !faint) ctx.setLineDash(series.dash.map((length) => length * ratio));
    addLine(on, column, series.draw === 'steps', (width % 2) / 2);
  }
  ctx.stroke();
  if (!dots) {
    ctx.beginPath();
    addDots(on, column, lonePoints(column), (width + 3 * ratio) / 2);
    ctx.fill();
  }
  ctx.restore();
}

function addDots(on: Surface, column: Columns['columns'][number], at: Iterable<number>, radius: number): void {
  for (const i of at) {
    const value = column[i];
    if (value === null || value === undefined) continue;
    const [x, y] = [Math.round(on.px(on.x[i] as number)), Math.round(on.py(value))];
    on.ctx.moveTo(x + radius, y);
    on.ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

/** A line from point to point, or with `steps` along each value until the next. Of many points over one pixel it visits the extremes and the last. */
function addLine({ ctx, px, py, x }: Surface, column: Columns['columns'][number], steps: boolean, sharp: number): void {
  let open = false;
  let [atX, atY, low, high] = [0, 0, 0, 0];
  for (const [i, value] of column.entries()) {
    if (value === undefined) continue;
    if (value === null) {
      if (open) ctx.lineTo(atX, atY);
      open = false;
      continue;
    }
    const [nextX, nextY] = [Math.round(px(x[i] as number)) + sharp, Math.round(py(value)) + sharp];
    if (!open) ctx.moveTo(nextX, nextY);
    else if (steps) {
      ctx.lineTo(nextX, atY);
      ctx.lineTo(nextX, nextY);
    } else if (nextX === atX) {
      if (nextY < low || nextY > high) ctx.lineTo(nextX, nextY);
      [low, high, atY] = [Math.min(low, nextY), Math.max(high, nextY), nextY];
      continue;
    } else {
      ctx.lineTo(atX, atY);
      ctx.lineTo(nextX, nextY);
    }
    open = true;
    [atX, atY, low, high] = [nextX, nextY, nextY, nextY];
  }
  if (open) ctx.lineTo(atX, atY);
}
