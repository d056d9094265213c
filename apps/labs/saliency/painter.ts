/** A picture to paint on: a brush that marks the object, and paint for what is around it. */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { bytesOf } from '../../components/image-picker/pictures.ts';
import { pictureCanvas } from '../../components/shared/canvas.ts';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { type ImageBatch, imageRgba } from '../../components/shared/images.ts';
import { baseStyles } from '../../shell/styles.ts';
import { disc, FILLS, type Fill, filled, marked, outsideOf } from './painting.ts';

/** Detail of `picture-paint`. */
export interface PaintedPicture {
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
  /** 1 where the object is marked; null where nothing is. */
  readonly object: Uint8Array | null;
}

type Tool = 'paint' | 'mark' | 'unmark';
const TOOLS: Readonly<Record<Tool, string>> = { paint: 'paint', mark: 'mark the object', unmark: 'take marks away' };
const FILL_NAMES: Readonly<Record<Fill, string>> = {
  sky: 'sky',
  meadow: 'meadow',
  grey: 'grey',
  black: 'black',
  white: 'white',
  blurred: 'the picture, blurred',
};
/** Steps that can be taken back. */
const MOST_STEPS = 30;

interface State {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly mask: Uint8Array<ArrayBuffer>;
}

/**
 * Paints on a picture and marks the object on it. With the keyboard: arrow keys move the brush, Space applies it, Backspace takes a step back.
 *
 * @element chalk-picture-painter
 * @fires picture-paint - a stroke ended, or the background was painted; detail {@link PaintedPicture}
 */
export class ChalkPicturePainter extends LitElement {
  static override properties = {
    image: { attribute: false },
    object: { attribute: false },
    disabled: { type: Boolean },
    tool: { state: true },
    fill: { state: true },
    radius: { state: true },
    brush: { state: true },
    steps: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .pad {
        width: min(100%, 20rem);
        border: 1px solid var(--chalk-rule-strong);
        border-radius: var(--chalk-radius-s);
      }
      canvas {
        display: block;
        width: 100%;
        height: auto;
        border-radius: inherit;
        cursor: crosshair;
        image-rendering: pixelated;
        touch-action: none;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-2);
        align-items: center;
        margin: var(--chalk-space-2) 0 0;
        font-size: var(--chalk-text-s);
      }
      label {
        display: inline-flex;
        gap: var(--chalk-space-1);
        align-items: center;
        color: var(--chalk-ink-soft);
      }
      input[type='range'] {
        width: 5rem;
      }
      p {
        max-width: 30rem;
        margin: var(--chalk-space-1) 0 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  /** Its first picture is painted on. */
  declare image: ImageBatch | null;
  /** The object where it is known, 1 inside. */
  declare object: Uint8Array | null;
  declare disabled: boolean;
  declare private tool: Tool;
  declare private fill: Fill;
  /** As a share of the picture's width. */
  declare private radius: number;
  /** Pixel under the brush of the keyboard; null until it is used. */
  declare private brush: readonly [x: number, y: number] | null;
  /** The picture as it is, and before each step. */
  declare private steps: readonly State[];
  #drawing = false;

  constructor() {
    super();
    this.image = null;
    this.object = null;
    this.disabled = false;
    this.tool = 'paint';
    this.fill = 'sky';
    this.radius = 0.08;
    this.brush = null;
    this.steps = [];
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('image') && !changed.has('object')) return;
    const { image } = this;
    const pixels = image ? bytesOf(image, 0) : new Uint8Array(0);
    const mask = Uint8Array.from(this.object ?? new Uint8Array(image ? image.width * image.height : 0));
    this.steps = image ? [{ pixels, mask }] : [];
  }

  get #state(): State | undefined {
    return this.steps.at(-1);
  }

  protected override updated(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const { image } = this;
    const state = this.#state;
    const context = canvas?.getContext('2d');
    if (!canvas || !context || !image || !state) return;
    const { width, height } = image;
    const rgba = imageRgba({ ...image, data: state.pixels, count: 1 }, 0, 'light');
    const some = state.mask.includes(1);
    for (let i = 0; some && i < state.mask.length; i++) {
      // Outside the marked object the picture is shown paler.
      if (state.mask[i]) continue;
      for (let c = 0; c < 3; c++) rgba[4 * i + c] = 255 - (255 - (rgba[4 * i + c] as number)) * 0.6;
    }
    context.drawImage(pictureCanvas(rgba, width, height), 0, 0);
    if (!this.brush) return;
    context.strokeStyle = '#ff8a4d';
    context.lineWidth = Math.max(1, width / 160);
    context.beginPath();
    context.arc(this.brush[0], this.brush[1], this.#pixels, 0, 2 * Math.PI);
    context.stroke();
  }

  /** Radius of the brush in pixels. */
  get #pixels(): number {
    return Math.max(0.75, this.radius * (this.image?.width ?? 0));
  }

  #change(make: (state: State) => State, replace = false): void {
    const state = this.#state;
    if (!state || this.disabled) return;
    this.steps = [...(replace ? this.steps.slice(0, -1) : this.steps), make(state)].slice(-MOST_STEPS);
  }

  #dab([x, y]: readonly [number, number], replace: boolean): void {
    const { image, tool, fill } = this;
    if (!image) return;
    const where = disc(image, x, y, this.#pixels);
    const original = bytesOf(image, 0);
    this.#change(
      ({ pixels, mask }) =>
        tool === 'paint'
          ? { pixels: filled(pixels, where, fill, image, original), mask }
          : { pixels, mask: marked(mask, where, tool === 'mark' ? 1 : 0) },
      replace,
    );
  }

  #tell(): void {
    const state = this.#state;
    if (!state) return;
    const object = state.mask.includes(1) ? state.mask : null;
    this.dispatchEvent(chalkEvent<PaintedPicture>('picture-paint', { pixels: state.pixels, object }));
  }

  #around(): void {
    const { image, fill } = this;
    if (!image) return;
    const original = bytesOf(image, 0);
    this.#change(({ pixels, mask }) => ({ pixels: filled(pixels, outsideOf(mask), fill, image, original), mask }));
    this.#tell();
  }

  #undo(): void {
    if (this.steps.length < 2) return;
    this.steps = this.steps.slice(0, -1);
    this.#tell();
  }

  #reset(): void {
    this.steps = this.steps.slice(0, 1);
    this.#tell();
  }

  #point(event: PointerEvent & { currentTarget: HTMLCanvasElement }): readonly [number, number] {
    const box = event.currentTarget.getBoundingClientRect();
    const { width = 1, height = 1 } = this.image ?? {};
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  }

  #down(event: PointerEvent & { currentTarget: HTMLCanvasElement }): void {
    if (event.button !== 0 || this.disabled) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    this.#drawing = true;
    this.#dab(this.#point(event), false);
  }

  #move(event: PointerEvent & { currentTarget: HTMLCanvasElement }): void {
    if (this.#drawing) this.#dab(this.#point(event), true);
  }

  #up(): void {
    if (!this.#drawing) return;
    this.#drawing = false;
    this.#tell();
  }

  #key(event: KeyboardEvent): void {
    const { image } = this;
    if (!image || this.disabled) return;
    const step = Math.max(1, Math.round(image.width / 32));
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const move = moves[event.key];
    if (move) {
      const [x, y] = this.brush ?? [image.width / 2 - move[0], image.height / 2 - move[1]];
      this.brush = [Math.min(image.width, Math.max(0, x + move[0])), Math.min(image.height, Math.max(0, y + move[1]))];
    } else if (event.key === ' ' && this.brush) {
      this.#dab(this.brush, false);
      this.#tell();
    } else if (event.key === 'Backspace') this.#undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  protected override render() {
    const { image, disabled } = this;
    if (!image) return nothing;
    const choose = (event: Event & { currentTarget: HTMLSelectElement }) => {
      this.tool = (Object.keys(TOOLS) as Tool[]).find((tool) => tool === event.currentTarget.value) ?? 'paint';
    };
    const paint = (event: Event & { currentTarget: HTMLSelectElement }) => {
      this.fill = FILLS.find((fill) => fill === event.currentTarget.value) ?? 'sky';
    };
    const some = this.#state?.mask.includes(1) ?? false;
    return html`<div class="pad" tabindex="0" role="application" aria-label="Picture to paint on" aria-disabled=${disabled} aria-describedby="keys"
        @keydown=${this.#key}>
        <canvas width=${image.width} height=${image.height} aria-hidden="true" @pointerdown=${this.#down} @pointermove=${this.#move}
          @pointerup=${this.#up} @pointercancel=${this.#up}></canvas></div>
      <div class="tools">
        <label>brush <select @change=${choose} ?disabled=${disabled}>${Object.entries(TOOLS).map(
          ([value, name]) => html`<option value=${value} .selected=${value === this.tool}>${name}</option>`,
        )}</select></label>
        <label>with <select @change=${paint} ?disabled=${disabled}>${FILLS.map(
          (value) => html`<option value=${value} .selected=${value === this.fill}>${FILL_NAMES[value]}</option>`,
        )}</select></label>
        <label>size <input type="range" min="0.02" max="0.25" step="0.01" .value=${String(this.radius)} ?disabled=${disabled} @input=${(
          event: Event & { currentTarget: HTMLInputElement },
        ) => {
          this.radius = event.currentTarget.valueAsNumber;
        }} /></label>
      </div>
      <div class="tools">
        <button type="button" ?disabled=${disabled || !some} @click=${this.#around}>Paint all around the object</button>
        <button type="button" class="quiet" ?disabled=${disabled || this.steps.length < 2} @click=${this.#undo}>Undo</button>
        <button type="button" class="quiet" ?disabled=${disabled || this.steps.length < 2} @click=${this.#reset}>Reset</button>
      </div>
      <p id="keys">${some ? 'Paler: outside the marked object.' : 'Mark the object to paint all around it, and to count where the maps lie.'} Keyboard:
        arrow keys move the brush, Space applies it, Backspace takes a step back.</p>
      <div class="visually-hidden" aria-live="polite">${this.brush ? `Brush at column ${Math.round(this.brush[0])}, row ${Math.round(this.brush[1])}` : ''}</div>`;
  }
}

define('chalk-picture-painter', ChalkPicturePainter);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-picture-painter': ChalkPicturePainter;
  }
}
