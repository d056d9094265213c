import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import '../heat-map/element.ts';
import { colorLegend, legendStyles } from '../shared/color-legend.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { toCsv } from '../shared/files.ts';
import { formatPercent } from '../shared/format.ts';
import type { ImageBatch } from '../shared/images.ts';
import { styled } from '../shared/styled.ts';
import { type AttributionMap, limitsOf } from './scale.ts';

export type { AttributionMap } from './scale.ts';

/** A map and the picture that it explains. */
export interface ShownMap extends AttributionMap {
  /** Its first picture lies below the map; null: none. */
  readonly image: ImageBatch | null;
}

/** `captum`: the size over the picture and the size alone, as Captum’s “heat_map” and “blended_heat_map” show it. */
export type GalleryView = 'both' | 'overlay' | 'map' | 'captum';

/** The size over the picture, the size alone, or the signed values alone. */
type Kind = 'over' | 'size' | 'signed';

/**
 * Attribution maps of several methods, networks or pictures side by side. They share one scale, with its numbers in the legend, unless the
 * reader gives each its own; a map lies over its picture, with an opacity for all; pointing at a pixel shows its value in every map.
 *
 * @element chalk-attribution-gallery
 * @attr {string} label - accessible name
 * @attr {both|overlay|map|captum} view - the map over its picture, the signed map alone, or both; captum: size over the picture and alone
 * @attr {boolean} own-scale - each map has a scale of its own
 * @attr {number} kept - share of the attribution within the scale; the rest are outliers and clipped; 1: nothing is clipped
 * @attr {number} opacity - of the maps over their pictures, 0–1
 * @attr {number} size - width of a map in CSS pixels
 * @attr {number} columns - figures beside each other at most; 0: as many as fit
 * @attr {string} empty-text
 * @fires cell-link - the pointer or the keyboard's cursor is on another pixel; detail `{row, column}`, or null when it left
 * @slot caption-<id> - below the map of that id
 * @csspart map - one figure
 */
export class ChalkAttributionGallery extends LitElement {
  static override properties = {
    label: { type: String },
    view: { type: String },
    ownScale: { type: Boolean, attribute: 'own-scale' },
    kept: { type: Number },
    opacity: { type: Number },
    size: { type: Number },
    columns: { type: Number },
    emptyText: { type: String, attribute: 'empty-text' },
    maps: { attribute: false },
    cursor: { state: true },
  };
  static override styles = [
    baseStyles,
    legendStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--chalk-space-1) var(--chalk-space-4);
        margin-bottom: var(--chalk-space-3);
        font-size: var(--chalk-text-s);
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: var(--chalk-space-1);
        color: var(--chalk-ink-soft);
      }
      label input {
        min-height: 1.5rem;
      }
      input[type='range'] {
        width: 6rem;
      }
      select {
        min-height: 1.75rem;
        font-size: inherit;
      }
      .maps {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(max(min(100%, 18rem), var(--share, 0px)), 1fr));
        gap: var(--chalk-space-4);
      }
      .scale {
        display: inline-flex;
        gap: var(--chalk-space-1);
        align-items: center;
        margin-inline-end: var(--chalk-space-3);
        white-space: nowrap;
      }
      figure {
        min-width: 0;
        margin: 0;
      }
      .both {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 7rem), 1fr));
        gap: var(--chalk-space-2);
      }
      figcaption {
        margin-bottom: var(--chalk-space-1);
        font-size: var(--chalk-text-m);
        font-weight: 600;
      }
      p {
        margin: 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare label: string;
  declare view: GalleryView;
  declare ownScale: boolean;
  declare kept: number;
  declare opacity: number;
  declare size: number;
  declare columns: number;
  declare emptyText: string;
  /** Maps of one size. The same array is prepared once, however often it is given. */
  declare maps: readonly ShownMap[];
  /** The linked pixel, -1 for none. */
  declare private cursor: number;

  private limits: readonly number[] = [];
  private magnitudes: readonly Float32Array[] = [];

  constructor() {
    super();
    this.label = 'Attribution';
    this.view = 'both';
    this.ownScale = false;
    this.kept = 0.98;
    this.opacity = 0.8;
    this.size = 168;
    this.columns = 0;
    this.emptyText = '';
    this.maps = [];
    this.cursor = -1;
  }

  /** All maps as they are shown, each below its title. */
  async toPng(): Promise<Blob> {
    const maps = [...this.renderRoot.querySelectorAll('chalk-heat-map')];
    // Loaded when a picture is saved.
    const { sheetPng } = await import('../shared/picture-sheet.ts');
    return sheetPng(
      this,
      maps.map((map) => ({ label: map.label, toPng: () => map.toPng() })),
      Math.max(1, Math.round(maps.length / Math.max(1, this.maps.length))) * 2,
    );
  }

  /** One line per pixel and map. */
  toCsv(): string {
    return toCsv(
      ['map', 'row', 'column', 'attribution'],
      this.maps.flatMap(({ title, values, width }) =>
        Array.from(values, (value, i) => [title, Math.floor(i / width), i % width, value]),
      ),
    );
  }

  /** `[{title, width, height, values}]`: the values in full precision, row by row. */
  toJson(): string {
    const maps = this.maps.map(({ title, width, values }) => ({
      ...{ title, width, height: values.length / width, values: Array.from(values) },
    }));
    return JSON.stringify(maps, undefined, 1);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('maps')) {
      this.magnitudes = this.maps.map(({ values }) => Float32Array.from(values, Math.abs));
      this.cursor = -1;
    }
    if (changed.has('maps') || changed.has('ownScale') || changed.has('kept')) {
      this.limits = limitsOf(this.maps, this.ownScale ? 'own' : 'shared', this.kept);
    }
  }

  private link(event: CustomEvent<{ row: number; column: number } | null>, width: number): void {
    event.stopPropagation();
    const { detail } = event;
    this.cursor = detail ? detail.row * width + detail.column : -1;
    this.dispatchEvent(chalkEvent('cell-link', detail && { row: detail.row, column: detail.column }));
  }

  private heat(map: ShownMap, at: number, kind: Kind) {
    const overlay = kind === 'over';
    const signed = kind === 'signed';
    return html`<chalk-heat-map
      label="${map.title}, ${overlay ? 'over the picture' : signed ? 'alone' : 'size alone'}"
      columns=${map.width}
      map=${signed ? 'diverging' : 'sequential'}
      size=${this.size}
      limit=${this.limits[at] ?? 0}
      opacity=${this.opacity}
      cursor=${this.cursor}
      ?fade=${overlay}
      no-legend
      .values=${signed ? map.values : (this.magnitudes[at] ?? [])}
      .image=${overlay ? map.image : null}
      @cell-hover=${(event: CustomEvent<{ row: number; column: number } | null>) => this.link(event, map.width)}
    ></chalk-heat-map>`;
  }

  private legend(limit: number, over: boolean, alone: boolean) {
    return html`${over ? html`<span class="scale">size ${colorLegend('sequential', limit)}</span>` : nothing}
      ${alone ? html`<span class="scale">against ${colorLegend('diverging', limit)} for</span>` : nothing}`;
  }

  private map(map: ShownMap, at: number) {
    const over = this.view !== 'map' && map.image !== null;
    const size = this.view === 'captum';
    const signed = (this.view !== 'overlay' && !size) || map.image === null;
    return html`<figure part="map">
      <figcaption>${map.title}</figcaption>
      <div class="both">
        ${over ? this.heat(map, at, 'over') : nothing} ${size ? this.heat(map, at, 'size') : nothing} ${signed ? this.heat(map, at, 'signed') : nothing}
      </div>
      ${this.ownScale ? html`<p>${this.legend(this.limits[at] ?? 0, over || size, signed)}</p>` : nothing}
      <slot name="caption-${map.id}"></slot>
    </figure>`;
  }

  private head() {
    const pictures = this.maps.some(({ image }) => image !== null);
    const choose = (event: Event) => {
      this.view = (event.target as HTMLSelectElement).value as GalleryView;
    };
    const views = { both: 'both', overlay: 'over the picture', map: 'the map alone', captum: 'size, over and alone' } as const;
    return html`<div class="head">
      ${this.ownScale ? html`<span>a scale for each map</span>` : this.legend(this.limits[0] ?? 0, pictures && this.view !== 'map', this.view === 'both' || this.view === 'map')}
      <label><input type="checkbox" .checked=${!this.ownScale} @change=${(event: Event) => {
        this.ownScale = !(event.target as HTMLInputElement).checked;
      }} />one scale</label>
      <label><input type="checkbox" .checked=${this.kept < 1} @change=${(event: Event) => {
        this.kept = (event.target as HTMLInputElement).checked ? 0.98 : 1;
      }} />clip the strongest ${formatPercent(0.02, 0)}</label>
      ${
        pictures
          ? html`<label>show <select @change=${choose}>${Object.entries(views).map(
              ([value, name]) => html`<option value=${value} .selected=${value === this.view}>${name}</option>`,
            )}</select></label>
            <label>opacity <input type="range" min="0" max="1" step="0.05" .value=${String(this.opacity)} @input=${(
              event: Event,
            ) => {
              this.opacity = (event.target as HTMLInputElement).valueAsNumber;
            }} /></label>`
          : nothing
      }
    </div>`;
  }

  protected override render() {
    if (this.maps.length === 0) return this.emptyText ? html`<p>${this.emptyText}</p>` : nothing;
    const share = this.columns > 0 ? `calc((100% - ${this.columns - 1} * var(--chalk-space-4)) / ${this.columns})` : '0px';
    return html`<div role="group" aria-label=${this.label}>
      ${this.head()}
      <div class="maps" ${styled({ '--share': share })}>${this.maps.map((map, at) => this.map(map, at))}</div>
    </div>`;
  }
}

define('chalk-attribution-gallery', ChalkAttributionGallery);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-attribution-gallery': ChalkAttributionGallery;
  }
}
