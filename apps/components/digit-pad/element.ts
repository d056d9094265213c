import { css, html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import '../image-grid/element.ts';
import { normaliseDigit, SIDE } from './normalise.ts';

const PIXELS = 280;
const CELL = PIXELS / SIDE;
const PEN = 20;

type Stroke = [x: number, y: number][];

/** Detail of `digit-change`. */
export interface DigitDetail {
  /** 28 · 28 bytes, white on black, centred like MNIST; all 0 for an empty pad. */
  readonly pixels: Uint8Array;
  readonly empty: boolean;
}

/**
 * A pad to draw a digit on. Strokes become 28 × 28 bytes prepared like MNIST's images, which stand beside the pad. With the keyboard:
 * arrow keys move the pen, Space puts it down and lifts it, Backspace takes the last stroke back, Delete clears.
 *
 * @element chalk-digit-pad
 * @attr {string} label - accessible name
 * @attr {boolean} no-preview - leaves out the prepared image
 * @attr {boolean} disabled - nothing can be drawn
 * @fires digit-change - the drawing changed; detail {@link DigitDetail}
 * @slot - what stands beside the pad, such as the prediction
 * @csspart pad - the focusable drawing surface
 * @cssproperty --chalk-digit-pad-size - side of the pad, 280px by default
 */
export class ChalkDigitPad extends LitElement {
  static override properties = {
    label: { type: String },
    noPreview: { type: Boolean, attribute: 'no-preview' },
    disabled: { type: Boolean },
    pixels: { state: true },
    pen: { state: true },
    penDown: { state: true },
    strokes: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-3);
      }
      .pad {
        width: min(100%, var(--chalk-digit-pad-size, 280px));
        border: 1px solid var(--chalk-rule-strong);
        border-radius: var(--chalk-radius-s);
      }
      canvas {
        display: block;
        width: 100%;
        height: auto;
        border-radius: inherit;
        cursor: crosshair;
        touch-action: none;
      }
      .side {
        display: flex;
        flex-direction: column;
        align-items: flex-start;
        gap: var(--chalk-space-2);
      }
      .tools {
        display: flex;
        gap: var(--chalk-space-1);
      }
      .hint {
        max-width: 16rem;
        margin: 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare label: string;
  declare noPreview: boolean;
  declare disabled: boolean;
  declare private pixels: Uint8Array<ArrayBuffer>;
  /** Cell of the keyboard's pen; null until the keyboard is used. */
  declare private pen: [x: number, y: number] | null;
  declare private penDown: boolean;
  declare private strokes: readonly Stroke[];

  private drawing: Stroke | undefined;
  private frame = 0;

  constructor() {
    super();
    this.label = 'Draw a digit';
    this.noPreview = false;
    this.disabled = false;
    this.pixels = new Uint8Array(SIDE * SIDE);
    this.pen = null;
    this.penDown = false;
    this.strokes = [];
  }

  /** Takes all strokes back. */
  clear(): void {
    this.strokes = [];
    this.penDown = false;
    this.drawing = undefined;
    this.change();
  }

  private undo(): void {
    this.strokes = this.strokes.slice(0, -1);
    this.penDown = false;
    this.drawing = undefined;
    this.change();
  }

  protected override updated(): void {
    this.paint();
  }

  private get canvas(): HTMLCanvasElement {
    return this.renderRoot.querySelector('canvas') as HTMLCanvasElement;
  }

  private paint(withPen = true): CanvasRenderingContext2D {
    const context = this.canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    context.fillStyle = '#000';
    context.fillRect(0, 0, PIXELS, PIXELS);
    context.strokeStyle = '#fff';
    context.fillStyle = '#fff';
    context.lineWidth = PEN;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const stroke of this.strokes) {
      const [first] = stroke;
      if (!first) continue;
      context.beginPath();
      context.moveTo(...first);
      for (const point of stroke) context.lineTo(...point);
      if (stroke.length === 1) context.lineTo(first[0] + 0.1, first[1]);
      context.stroke();
    }
    if (withPen && this.pen) {
      context.lineWidth = 2;
      context.strokeStyle = this.penDown ? '#ff8a4d' : '#6ab2f5';
      context.strokeRect(this.pen[0] * CELL, this.pen[1] * CELL, CELL, CELL);
    }
    return context;
  }

  /** Prepares the image and tells, at most once per frame. */
  private change(): void {
    this.requestUpdate();
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.isConnected) return;
      const { data } = this.paint(false).getImageData(0, 0, PIXELS, PIXELS);
      this.paint();
      const ink = Uint8Array.from({ length: PIXELS * PIXELS }, (_, i) => data[i * 4] as number);
      this.pixels = normaliseDigit(ink, PIXELS, PIXELS);
      this.dispatchEvent(chalkEvent<DigitDetail>('digit-change', { pixels: this.pixels, empty: this.strokes.length === 0 }));
    });
  }

  private pointOf(event: PointerEvent): [number, number] {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PIXELS, ((event.clientY - box.top) / box.height) * PIXELS];
  }

  private onDown(event: PointerEvent): void {
    if (event.button !== 0 || this.disabled) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing = [this.pointOf(event)];
    this.strokes = [...this.strokes, this.drawing];
    this.change();
  }

  private onMove(event: PointerEvent): void {
    if (!this.drawing || this.penDown) return;
    this.drawing.push(this.pointOf(event));
    this.change();
  }

  private onUp(): void {
    if (!this.penDown) this.drawing = undefined;
  }

  private onKey(event: KeyboardEvent): void {
    if (this.disabled) return;
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const step = steps[event.key];
    if (step) this.movePen(step);
    else if (event.key === ' ') this.togglePen();
    else if (event.key === 'Backspace') this.undo();
    else if (event.key === 'Delete') this.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private movePen([dx, dy]: readonly [number, number]): void {
    const clamp = (value: number) => Math.min(SIDE - 1, Math.max(0, value));
    this.pen = this.pen ? [clamp(this.pen[0] + dx), clamp(this.pen[1] + dy)] : [SIDE / 2, SIDE / 2];
    if (!this.penDown || !this.drawing) return;
    this.drawing.push(this.penPoint());
    this.change();
  }

  private togglePen(): void {
    this.pen ??= [SIDE / 2, SIDE / 2];
    this.penDown = !this.penDown;
    this.drawing = this.penDown ? [this.penPoint()] : undefined;
    if (this.drawing) {
      this.strokes = [...this.strokes, this.drawing];
      this.change();
    }
  }

  private penPoint(): [number, number] {
    const [x, y] = this.pen ?? [0, 0];
    return [(x + 0.5) * CELL, (y + 0.5) * CELL];
  }

  protected override render() {
    const state = this.pen ? `Pen ${this.penDown ? 'down' : 'up'} at column ${this.pen[0]}, row ${this.pen[1]}` : '';
    const images = { data: this.pixels, count: 1, width: SIDE, height: SIDE, channels: 1 as const };
    return html`<div class="row">
      <div
        class="pad"
        part="pad"
        tabindex="0"
        role="application"
        aria-label=${this.label}
        aria-disabled=${this.disabled}
        aria-describedby="keys"
        @keydown=${this.onKey}
      >
        <canvas
          width=${PIXELS}
          height=${PIXELS}
          aria-hidden="true"
          @pointerdown=${this.onDown}
          @pointermove=${this.onMove}
          @pointerup=${this.onUp}
          @pointercancel=${this.onUp}
        ></canvas>
      </div>
      <div class="side">
        <div class="tools">
          <button ?disabled=${this.disabled || this.strokes.length === 0} @click=${this.undo}>Undo</button>
          <button ?disabled=${this.disabled || this.strokes.length === 0} @click=${this.clear}>Clear</button>
        </div>
        ${
          this.noPreview
            ? nothing
            : html`<chalk-image-grid label="Prepared like MNIST" .images=${images} scale="3"></chalk-image-grid>
              <p class="hint">As the network gets it: centred, 28 × 28 pixels.</p>`
        }
        <p class="hint" id="keys">Keyboard: arrow keys move the pen, Space puts it down or lifts it, Backspace takes a stroke back.</p>
        <div class="visually-hidden" aria-live="polite">${state}</div>
        <slot></slot>
      </div>
    </div>`;
  }
}

define('chalk-digit-pad', ChalkDigitPad);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-digit-pad': ChalkDigitPad;
  }
}
