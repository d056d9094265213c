import { css, html, LitElement, type PropertyValues } from 'lit';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { ThemeController } from '../../components/shared/theme-controller.ts';
import { baseStyles } from '../../shell/styles.ts';

const SIDE = 28;
const SCALE = 6;

/**
 * An image on which the place of the dot is chosen: click, or arrow keys.
 *
 * @element chalk-dot-picker
 * @attr {number} row
 * @attr {number} column
 * @attr {number} dot - side of the dot in pixels
 * @attr {boolean} locked - shows the place without letting it be changed
 * @fires dot-change - detail `{row, column}`
 */
export class ChalkDotPicker extends LitElement {
  static override properties = {
    image: { attribute: false },
    row: { type: Number },
    column: { type: Number },
    dot: { type: Number },
    locked: { type: Boolean },
  };
  static override styles = [
    baseStyles,
    css`
      canvas {
        display: block;
        width: ${SIDE * SCALE}px;
        max-width: 100%;
        border: 1px solid var(--chalk-rule);
        image-rendering: pixelated;
        cursor: crosshair;
      }
      canvas.locked {
        cursor: default;
      }
      h4 {
        margin: var(--chalk-space-3) 0 var(--chalk-space-1);
        font-size: var(--chalk-text-s);
      }
      p {
        margin: var(--chalk-space-1) 0 var(--chalk-space-3);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  /** Bytes [28, 28] of a clean image, or null. */
  declare image: Uint8Array | null;
  declare row: number;
  declare column: number;
  declare dot: number;
  declare locked: boolean;
  private readonly themed = new ThemeController(this);

  constructor() {
    super();
    this.image = null;
    this.row = 25;
    this.column = 25;
    this.dot = 1;
    this.locked = false;
  }

  override render() {
    const place = `row ${this.row}, column ${this.column}`;
    if (this.locked) {
      return html`<h4>Place of the dot</h4>
        <canvas width=${SIDE} height=${SIDE} class="locked" role="img" aria-label=${`Place of the dot: ${place}`}></canvas>
        <p>The dot: ${place}.</p>`;
    }
    return html`<h4>Place of the dot</h4>
      <canvas width=${SIDE} height=${SIDE} tabindex="0" role="application" aria-label=${`Place of the dot: ${place}. Arrow keys move it.`}
        @click=${this.#click} @keydown=${this.#key}></canvas>
      <p>Click to move the dot: ${place}.</p>`;
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const canvas = this.renderRoot.querySelector('canvas') as HTMLCanvasElement;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    const picture = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < SIDE * SIDE; i++) {
      const value = this.image?.[i] ?? 0;
      picture.data.set([value, value, value, 255], 4 * i);
    }
    context.putImageData(picture, 0, 0);
    context.fillStyle = this.themed.palette.model;
    context.fillRect(this.column, this.row, this.dot, this.dot);
  }

  #click(event: MouseEvent): void {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    this.#tell(
      Math.floor(((event.clientY - box.top) / box.height) * SIDE),
      Math.floor(((event.clientX - box.left) / box.width) * SIDE),
    );
  }

  #key(event: KeyboardEvent): void {
    const moves: Record<string, readonly [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    this.#tell(this.row + move[0], this.column + move[1]);
  }

  #tell(row: number, column: number): void {
    const clamp = (value: number) => Math.min(SIDE - 1, Math.max(0, value));
    this.dispatchEvent(chalkEvent('dot-change', { row: clamp(row), column: clamp(column) }));
  }
}

define('chalk-dot-picker', ChalkDotPicker);
