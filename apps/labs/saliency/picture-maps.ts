/** The maps of one picture in large, and how much of each lies outside the object where that is known. */
import { html, nothing, type TemplateResult } from 'lit';
import '../../components/attribution-gallery/element.ts';
import { METHOD_NAMES } from '../../../engine/explain/method-names.ts';
import type { ShownMap } from '../../components/attribution-gallery/element.ts';
import { formatPercent } from '../../components/shared/format.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { memoLast } from '../../shell/memo.ts';
import type { MethodMaps } from './explain.ts';

const shownMaps = memoLast((maps: readonly MethodMaps[], at: number, image: ImageBatch | null): readonly ShownMap[] =>
  maps
    .filter(({ why }) => why === '')
    .map(({ method, trained, width, height }) => ({
      id: METHOD_NAMES.indexOf(method).toString(),
      title: method,
      values: trained.subarray(at * width * height, (at + 1) * width * height),
      width,
      image,
    })),
);

/** Recordings of earlier versions know nothing of `lit`. */
type Told = Omit<MethodMaps, 'lit'> & Partial<Pick<MethodMaps, 'lit'>>;

function outside(maps: Told, at: number) {
  const [share, area, lit] = [maps.outside[at], maps.area[at], maps.lit?.[at]];
  if (share == null || area == null) return nothing;
  return html`<p class="facts" slot="caption-${METHOD_NAMES.indexOf(maps.method)}">${formatPercent(share, 0)} of its mass is outside the object, which is
      ${formatPercent(area, 0)} of the area${lit == null ? nothing : html`; of what is above half of its largest value, ${formatPercent(lit, 0)}`}</p>`;
}

/** @param at which of the pictures of the maps */
export function renderPictureMaps(maps: readonly MethodMaps[], at: number, image: ImageBatch | null): TemplateResult {
  return html`<chalk-attribution-gallery label="Maps of this picture" own-scale size="150" .maps=${shownMaps(maps, at, image)}
    empty-text="No maps of this picture yet.">${maps.map((found) => outside(found, at))}</chalk-attribution-gallery>`;
}
