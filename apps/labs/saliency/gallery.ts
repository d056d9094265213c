/** The gallery method × picture: the maps of the network, and beside them those of the same network with random weights at its top. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ImageStrip, StripDetail } from '../../components/image-strips/element.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { memoLast } from '../../shell/memo.ts';
import type { MethodMaps } from './explain.ts';
import { overlaid } from './overlays.ts';

export interface GalleryState {
  readonly pictures: ImageBatch;
  /** What the network says of each picture. */
  readonly captions: readonly string[];
  readonly maps: readonly MethodMaps[];
  /** Layers that are random in the control. */
  readonly depth: number;
  readonly opacity: number;
  readonly selected: number;
  readonly select: (index: number) => void;
}

/** CSS pixels of a picture's width. */
const SIZE = 72;

const cached = new WeakMap<Float32Array, { readonly key: string; readonly batch: ImageBatch }>();

/** The same batch for the same maps, pictures and opacity. */
function batch(maps: Float32Array, { height, width }: MethodMaps, pictures: ImageBatch, opacity: number): ImageBatch {
  const key = `${opacity} ${pictures.width}`;
  const known = cached.get(maps);
  if (known?.key === key) return known.batch;
  const made = overlaid(pictures, maps, height, width, opacity);
  cached.set(maps, { key, batch: made });
  return made;
}

const alike = (value: number): string => `ρ ${value.toFixed(2).replace('-', '−')}`;

const strips = memoLast(
  (maps: readonly MethodMaps[], pictures: ImageBatch, captions: readonly string[], opacity: number): readonly ImageStrip[] => [
    { label: 'says', images: pictures, captions },
    ...maps.map(
      (found): ImageStrip => ({
        label: found.method,
        images: batch(found.trained, found, pictures, opacity),
        captions: captions.map(() => ' '),
      }),
    ),
  ],
);
const controls = memoLast(
  (maps: readonly MethodMaps[], pictures: ImageBatch, captions: readonly string[], opacity: number): readonly ImageStrip[] => [
    { label: 'picture', images: pictures, captions: captions.map(() => ' ') },
    ...maps.map(
      (found): ImageStrip => ({
        label: found.method,
        images: batch(found.random, found, pictures, opacity),
        captions: found.similarity.map(alike),
      }),
    ),
  ],
);

/** Methods that are not defined here, and why. */
function undefinedHere(maps: readonly MethodMaps[]): TemplateResult | typeof nothing {
  const missing = maps.filter(({ why }) => why !== '');
  if (missing.length === 0) return nothing;
  const reasons = [...new Set(missing.map(({ why }) => why))];
  const of = (reason: string) => missing.filter(({ why }) => why === reason).map(({ method }) => method);
  return html`${reasons.map((reason) => html`<p class="facts">Not defined here: ${of(reason).join(', ')}. ${reason}</p>`)}`;
}

const definedOf = memoLast((maps: readonly MethodMaps[]) => maps.filter(({ why }) => why === ''));

export function renderGallery(state: GalleryState): TemplateResult {
  const { pictures, captions, maps, depth, opacity, selected, select } = state;
  const defined = definedOf(maps);
  const scale = SIZE / pictures.width;
  const pick = (event: CustomEvent<StripDetail>) => select(event.detail.index);
  const top = depth === 1 ? 'the top layer random' : `the top ${depth} layers random`;
  return html`<div class="sides">
      <div><h3>The network</h3>
        <chalk-image-strips label="Maps of the network" scale=${scale} selected=${selected} .strips=${strips(defined, pictures, captions, opacity)}
          @strip-select=${pick}></chalk-image-strips></div>
      <div><h3>Its control: ${top}</h3>
        <chalk-image-strips label="Maps with ${top}" scale=${scale} selected=${selected} .strips=${controls(defined, pictures, captions, opacity)}
          @strip-select=${pick}></chalk-image-strips></div>
    </div>
    ${undefinedHere(maps)}
    <p class="facts">Bright: where a map is strong, each on a scale of its own. ρ: Spearman’s correlation with the map on the left; a map that
      stays as it was although the weights behind it are random does not explain them.</p>`;
}
