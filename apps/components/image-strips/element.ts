import { css, html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import '../image-grid/element.ts';
import { chalkEvent, define } from '../shared/define.ts';
import type { ImageBatch } from '../shared/images.ts';

/** One strip: the same pictures as the other strips, seen otherwise (clean, noisy, denoised by …). */
export interface ImageStrip {
  readonly label: string;
  /** Null: not yet there. The same batch object is drawn once, however often the strips are rendered. */
  readonly images: ImageBatch | null;
  /** Stands above the strip, for a group that begins here. */
  readonly heading?: string;
  /** Below each picture. */
  readonly captions?: readonly string[];
}

const NO_CAPTIONS: readonly never[] = [];

/** Detail of `strip-select`. */
export interface StripDetail {
  /** Which strip, and which of its pictures. */
  readonly row: number;
  readonly index: number;
}

/**
 * Strips of pictures below each other, picture by picture the same subject: pointing at one frames its counterparts in all strips.
 *
 * @element chalk-image-strips
 * @attr {string} label - accessible name
 * @attr {number} scale - CSS pixels per picture pixel
 * @attr {number} columns - pictures in a line; 0: as many as fit
 * @attr {number} selected - index of the selected picture, -1 for none
 * @attr {string} empty-text - stands in a strip whose pictures are not there yet
 * @fires strip-select - click, Enter or Space on a picture; detail {@link StripDetail}
 * @csspart strip
 */
export class ChalkImageStrips extends LitElement {
  static override properties = {
    label: { type: String },
    scale: { type: Number },
    columns: { type: Number },
    selected: { type: Number },
    emptyText: { type: String, attribute: 'empty-text' },
    strips: { attribute: false },
    cursor: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
        container-type: inline-size;
      }
      .strip {
        display: grid;
        grid-template-columns: 7.5rem minmax(0, 1fr);
        gap: var(--chalk-space-2);
        align-items: center;
        margin-bottom: var(--chalk-space-1);
        font-size: var(--chalk-text-s);
      }
      p {
        margin: var(--chalk-space-2) 0 var(--chalk-space-1);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
      @container (max-width: 24rem) {
        .strip {
          grid-template-columns: minmax(0, 1fr);
          gap: 0;
        }
      }
    `,
  ];

  declare label: string;
  declare scale: number;
  declare columns: number;
  declare selected: number;
  declare emptyText: string;
  declare strips: readonly ImageStrip[];
  /** Index of the picture under the pointer or the keyboard's cursor in any strip, -1 for none. */
  declare private cursor: number;

  constructor() {
    super();
    this.label = 'Images';
    this.scale = 1;
    this.columns = 0;
    this.selected = -1;
    this.emptyText = '–';
    this.strips = [];
    this.cursor = -1;
  }

  /** All strips below one another. */
  async toPng(): Promise<Blob> {
    const grids = [...this.renderRoot.querySelectorAll('chalk-image-grid')];
    const shown = grids.filter((_, row) => this.strips[row]?.images);
    // Loaded when a picture is saved.
    const { sheetPng } = await import('../shared/picture-sheet.ts');
    return sheetPng(
      this,
      shown.map((grid) => ({ label: grid.label, toPng: () => grid.toPng() })),
      1,
    );
  }

  private strip({ label, images, heading, captions = NO_CAPTIONS }: ImageStrip, row: number) {
    return html`${heading ? html`<p>${heading}</p>` : nothing}
      <div class="strip" part="strip">
        <span>${label}</span>
        <chalk-image-grid
          label="${this.label}, ${label}"
          scale=${this.scale}
          columns=${this.columns}
          fit
          gap="2"
          selected=${this.selected}
          cursor=${this.cursor}
          empty-text=${this.emptyText}
          .images=${images}
          .labels=${captions}
          @item-hover=${(event: CustomEvent<{ index: number | null }>) => {
            event.stopPropagation();
            this.cursor = event.detail.index ?? -1;
          }}
          @item-select=${(event: CustomEvent<{ index: number }>) => {
            event.stopPropagation();
            this.selected = event.detail.index;
            this.dispatchEvent(chalkEvent<StripDetail>('strip-select', { row, index: event.detail.index }));
          }}
        ></chalk-image-grid>
      </div>`;
  }

  protected override render() {
    return html`<div role="group" aria-label=${this.label}>${this.strips.map((strip, row) => this.strip(strip, row))}</div>`;
  }
}

define('chalk-image-strips', ChalkImageStrips);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-image-strips': ChalkImageStrips;
  }
}
