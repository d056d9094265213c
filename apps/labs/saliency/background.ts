/** Right for the wrong reason, measured: where the class activation maps of a network lie, and what the other background does to it. */
import { enlargeMap } from '../../../engine/explain/display.ts';
import type { Explainer } from './explain.ts';
import { SCENE, type Scenes, withOtherBackground } from './scenes.ts';
import type { Config, Picture } from './subject.ts';

/** Scenes that are shown of those that are measured. */
const SHOWN = 4;

/** What was found of one network. */
export interface BackgroundMeasure {
  /** Share of the test scenes that it gets right. */
  readonly accuracy: number;
  /** Mean share of the mass of ReLU(CAM) of the predicted class that lies on the background. */
  readonly share: number;
  /** The same less the background's share of the area, in percentage points. */
  readonly excess: number;
  /** Share of the scenes whose prediction changes with the background, the object staying as it is. */
  readonly flips: number;
}

/** Scenes as the page shows them. */
export interface BackgroundExamples {
  readonly predictions: readonly string[];
  readonly repainted: readonly string[];
  /** ReLU(CAM) of the predicted class, enlarged, [n, 32, 32]. */
  readonly maps: Float32Array;
}

export function picturesOfScenes(scenes: Scenes): Picture[] {
  const [area, size] = [SCENE * SCENE, SCENE * SCENE * 3];
  return Array.from(scenes.labels, (label, n) => ({
    pixels: scenes.images.subarray(n * size, (n + 1) * size),
    label,
    name: scenes.classNames[label] as string,
    object: scenes.objects.subarray(n * area, (n + 1) * area),
  }));
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Measures one network on scenes and on the same scenes with the other background. */
export async function measureBackground(
  explainer: Explainer,
  scenes: Scenes,
  config: Config,
): Promise<{ readonly measure: BackgroundMeasure; readonly examples: BackgroundExamples }> {
  const pictures = picturesOfScenes(scenes);
  const others = picturesOfScenes(withOtherBackground(scenes, config.seed));
  const [before, after] = [await explainer.verdicts(pictures), await explainer.verdicts(others)];
  const predicted = before.map((verdict) => verdict.predicted);
  const settings = { ...config, layer: '', rectify: true };
  const { values, shape } = await explainer.raw(explainer.network, 'CAM', pictures, predicted, settings);
  const [h, w] = shape.slice(1) as [number, number];
  const one = (n: number) => values.subarray(n * h * w, (n + 1) * h * w);
  const shares = pictures.map(({ object }, n) => explainer.outside(one(n), h, w, object as Uint8Array));
  const share = mean(shares);
  const maps = new Float32Array(SHOWN * SCENE * SCENE);
  for (let n = 0; n < SHOWN; n++) maps.set(enlargeMap(one(n), h, w, SCENE, SCENE), n * SCENE * SCENE);
  const said = (list: typeof before) => list.slice(0, SHOWN).map(({ name, probability }) => `${name} ${percent(probability)}`);
  return {
    measure: {
      accuracy: mean(pictures.map(({ label }, n) => Number(predicted[n] === label))),
      share,
      excess: 100 * (share - backgroundArea(scenes)),
      flips: mean(after.map((verdict, n) => Number(verdict.predicted !== predicted[n]))),
    },
    examples: { predictions: said(before), repainted: said(after), maps },
  };
}

/** Mean share of the pictures that is background. */
export const backgroundArea = ({ objects }: Scenes): number => 1 - mean(Array.from(objects));

/** The scenes that are shown, [n, 32, 32, 3], and the same with the other background. */
export function shownScenes(scenes: Scenes, seed: number): { readonly scenes: Uint8Array; readonly repainted: Uint8Array } {
  const size = SHOWN * SCENE * SCENE * 3;
  return { scenes: scenes.images.slice(0, size), repainted: withOtherBackground(scenes, seed).images.slice(0, size) };
}
