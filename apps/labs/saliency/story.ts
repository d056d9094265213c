/** Right for the wrong reason, in four strips: scenes, where either network looks, and the same objects before the other background. */
import { html, type TemplateResult } from 'lit';
import type { ImageStrip } from '../../components/image-strips/element.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { memoLast } from '../../shell/memo.ts';
import type { Background, Which } from './experiment.ts';
import { overlaid } from './overlays.ts';

/** Side of a scene. */
const SIDE = 32;
const LABELS: Readonly<Record<Which, string>> = {
  with: 'where it looks: CAM',
  without: 'CAM, trained without the correlation',
};

const batchOf = (data: Uint8Array): ImageBatch => ({
  data,
  count: data.length / (SIDE * SIDE * 3),
  width: SIDE,
  height: SIDE,
  channels: 3,
});

const strips = memoLast(({ scenes, repainted, examples }: Background, opacity: number): readonly ImageStrip[] => {
  const pictures = batchOf(scenes);
  const own = examples.with ?? examples.without;
  const looks = (['with', 'without'] as const).flatMap((which): ImageStrip[] => {
    const found = examples[which];
    return found
      ? [
          {
            label: LABELS[which],
            images: overlaid(pictures, found.maps, SIDE, SIDE, opacity),
            captions: found.predictions.map(() => ' '),
          },
        ]
      : [];
  });
  return [
    { label: 'the network says', images: pictures, captions: own?.predictions ?? [] },
    ...looks,
    { label: 'the other background', images: batchOf(repainted), captions: own?.repainted ?? [] },
  ];
});

export function renderStory(background: Background, opacity: number): TemplateResult {
  return html`<div class="story" data-card>
    <chalk-image-strips label="Scenes, and where the networks look" scale="4.5" columns="4" .strips=${strips(background, opacity)}></chalk-image-strips>
  </div>`;
}
