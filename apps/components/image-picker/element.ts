import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import '../dataset-picker/element.ts';
import type { OwnImages } from '../dataset-picker/files.ts';
import '../digit-pad/element.ts';
import type { DigitDetail } from '../digit-pad/element.ts';
import '../image-grid/element.ts';
import { chalkEvent, define } from '../shared/define.ts';
import type { ImageBatch } from '../shared/images.ts';
import { tabByKey } from '../shared/tabs.ts';
import { bytesOf, OwnPictures, type PickedSize } from './pictures.ts';

/** Where pictures come from: a batch that the lab has (images of a data set, photographs), a drawing, the reader's own files. */
export type ImageSource =
  | {
      readonly kind: 'pictures';
      readonly id: string;
      readonly title: string;
      readonly images: ImageBatch | null;
      /** Below each picture. */
      readonly labels?: readonly string[];
    }
  | { readonly kind: 'draw' | 'own'; readonly id: string; readonly title: string };

/** Detail of `image-pick`. */
export interface PickedImage {
  /** Id of the source. */
  readonly source: string;
  /** Place in the source; 0 for a drawing. */
  readonly index: number;
  /** [height, width, channels]; null when a drawing was cleared. */
  readonly pixels: Uint8Array | null;
}

/**
 * Picks one picture: an image of a data set, a photograph, a drawing, or a picture of the reader's own, which stays on the reader's machine.
 * Sources are tabs; with one source there are none.
 *
 * @element chalk-image-picker
 * @attr {string} label - accessible name
 * @attr {string} value - id of the source that is shown
 * @attr {number} width - of the pictures, in pixels: own files are stretched to it
 * @attr {number} height
 * @attr {number} channels - 1 or 3
 * @attr {number} scale - CSS pixels per picture pixel
 * @attr {boolean} disabled
 * @fires image-pick - the reader picked or drew a picture; detail {@link PickedImage}
 * @fires source-change - the reader looks at another source; detail `{source}`
 * @csspart source
 */
export class ChalkImagePicker extends LitElement {
  static override properties = {
    label: { type: String },
    value: { type: String, reflect: true },
    width: { type: Number },
    height: { type: Number },
    channels: { type: Number },
    scale: { type: Number },
    disabled: { type: Boolean },
    sources: { attribute: false },
    picked: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .tabs {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-1);
        margin-bottom: var(--chalk-space-2);
        border-bottom: 1px solid var(--chalk-rule);
      }
      .tabs button {
        border: 0;
        border-bottom: 2px solid transparent;
        border-radius: 0;
        background: transparent;
        font-size: var(--chalk-text-s);
      }
      .tabs button[aria-selected='true'] {
        border-bottom-color: var(--chalk-accent);
        font-weight: 600;
      }
      .failure {
        margin: 0;
        color: var(--chalk-error);
        font-size: var(--chalk-text-s);
      }
      @media (forced-colors: active) {
        .tabs button {
          border-bottom-color: Canvas;
        }
        .tabs button[aria-selected='true'] {
          border-bottom-color: Highlight;
        }
      }
    `,
  ];

  declare label: string;
  declare value: string;
  declare width: number;
  declare height: number;
  declare channels: number;
  declare scale: number;
  declare disabled: boolean;
  declare sources: readonly ImageSource[];
  readonly #own = new OwnPictures(() => this.requestUpdate());
  /** The picture that was picked last: source and place. */
  declare private picked: Pick<PickedImage, 'source' | 'index'> | null;

  constructor() {
    super();
    this.label = 'Picture';
    this.value = '';
    this.width = 28;
    this.height = 28;
    this.channels = 1;
    this.scale = 2;
    this.disabled = false;
    this.sources = [];
    this.picked = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.hasUpdated && (changed.has('width') || changed.has('height') || changed.has('channels'))) {
      if (this.sources.some(({ id, kind }) => kind === 'own' && id === this.picked?.source)) this.picked = null;
      void this.#own.resize(this.#size);
    }
    if (!this.sources.some(({ id }) => id === this.value)) this.value = this.sources[0]?.id ?? '';
  }

  private show(source: string): void {
    this.value = source;
    this.dispatchEvent(chalkEvent('source-change', { source }));
  }

  private onTabKey(event: KeyboardEvent): void {
    const at = this.sources.findIndex(({ id }) => id === this.value);
    const next = this.sources[tabByKey(event.key, at, this.sources.length) ?? -1];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    this.show(next.id);
    this.renderRoot.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  }

  private pick(source: string, index: number, pixels: Uint8Array | null): void {
    if (this.disabled) return;
    this.picked = pixels ? { source, index } : null;
    this.dispatchEvent(chalkEvent<PickedImage>('image-pick', { source, index, pixels }));
  }

  get #size(): PickedSize {
    return { width: this.width, height: this.height, channels: this.channels === 3 ? 3 : 1 };
  }

  private take(event: CustomEvent<OwnImages>): void {
    event.stopPropagation();
    const { images, archives } = event.detail;
    const files = images.map(({ file }) => file);
    void this.#own.give(files, archives.length, this.#size);
  }

  private grid(source: string, title: string, images: ImageBatch | null, labels: readonly string[]) {
    return html`<chalk-image-grid label=${title} scale=${this.scale} .images=${images} .labels=${labels}
      selected=${this.picked?.source === source ? this.picked.index : -1} empty-text="No pictures yet."
      @item-hover=${(event: Event) => event.stopPropagation()}
      @item-select=${(event: CustomEvent<{ index: number }>) => {
        event.stopPropagation();
        if (images) this.pick(source, event.detail.index, bytesOf(images, event.detail.index));
      }}></chalk-image-grid>`;
  }

  private content(source: ImageSource) {
    const { id, title, kind } = source;
    if (kind === 'draw') {
      return html`<chalk-digit-pad ?disabled=${this.disabled} @digit-change=${(event: CustomEvent<DigitDetail>) => {
        event.stopPropagation();
        this.pick(id, 0, event.detail.empty ? null : event.detail.pixels);
      }}></chalk-digit-pad>`;
    }
    if (kind === 'pictures') return this.grid(id, title, source.images, source.labels ?? []);
    const { batch, names, failure } = this.#own;
    return html`<chalk-dataset-picker own label=${title} ?disabled=${this.disabled} @files-add=${this.take}></chalk-dataset-picker>
      ${failure ? html`<p class="failure" role="alert">${failure}</p>` : nothing}
      ${batch ? this.grid(id, title, batch, names) : nothing}`;
  }

  protected override render() {
    const several = this.sources.length > 1;
    const tab = ({ id, title }: ImageSource) => html`<button role="tab" id="tab-${id}" aria-controls="panel-${id}"
      aria-selected=${id === this.value} tabindex=${id === this.value ? 0 : -1} @click=${() => this.show(id)}>${title}</button>`;
    return html`<div role="group" aria-label=${this.label}>
      ${several ? html`<div class="tabs" role="tablist" aria-label=${this.label} @keydown=${this.onTabKey}>${this.sources.map(tab)}</div>` : nothing}
      ${this.sources.map(
        // Hidden ones stay: a drawing survives a look at other pictures.
        (source) => html`<div part="source" id="panel-${source.id}" role=${several ? 'tabpanel' : nothing}
          aria-labelledby=${several ? `tab-${source.id}` : nothing} ?hidden=${source.id !== this.value}>${this.content(source)}</div>`,
      )}
    </div>`;
  }
}

define('chalk-image-picker', ChalkImagePicker);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-image-picker': ChalkImagePicker;
  }
}
