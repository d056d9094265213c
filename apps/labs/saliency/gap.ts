/** The identity behind CAM: where a global average is all that follows, the mean of the map is the logit. */
import { cam, headBehind } from '../../../engine/explain/cam.ts';
import { lastMaps, whyUndefined } from '../../../engine/explain/methods.ts';
import { scope } from '../../../engine/index.ts';
import type { Explainer } from './explain.ts';
import type { Picture } from './subject.ts';

export interface GapIdentity {
  /** Path of the layer whose maps are weighted. */
  readonly layer: string;
  /** Largest |mean(CAM) + b − logit| over pictures and classes. */
  readonly error: number;
  /** Numbers that were compared. */
  readonly compared: number;
  /** The first picture's predicted class: its logit, and the mean of its map plus the bias. */
  readonly logit: number;
  readonly mean: number;
  /** The bias of the head; 0 where the maps are the classes. */
  readonly bias: number;
}

/** Classes of each picture that are compared where a network has many. */
const MOST_CLASSES = 10;

/** Compares; null where the network has another head or no maps. */
export async function gapIdentity(explainer: Explainer, pictures: readonly Picture[]): Promise<GapIdentity | null> {
  const { network } = explainer;
  const layer = lastMaps(network)?.path;
  if (layer === undefined || whyUndefined(network, 'CAM', layer)) return null;
  const head = headBehind(network, layer);
  const biases = head?.bias ? await head.bias.tensor.data() : undefined;
  const scores = await explainer.scores(pictures);
  const ranked = scores.map((row) => Array.from(row, (_, c) => c).sort((a, b) => (row[b] as number) - (row[a] as number)));
  const classes = Math.min(MOST_CLASSES, network.outputShape.at(-1) as number);
  let [error, logit, mean, bias] = [0, 0, 0, 0];
  for (let k = 0; k < classes; k++) {
    const targets = ranked.map((row) => row[k] as number);
    const map = scope(() => cam(network, explainer.input(pictures), targets, layer));
    const values = await map.data();
    map.dispose();
    const cells = values.length / pictures.length;
    targets.forEach((target, n) => {
      const own = values.subarray(n * cells, (n + 1) * cells);
      const b = biases?.[target] ?? 0;
      const average = own.reduce((sum, value) => sum + value, 0) / cells + b;
      const expected = scores[n]?.[target] as number;
      error = Math.max(error, Math.abs(average - expected));
      if (n === 0 && k === 0) [logit, mean, bias] = [expected, average, b];
    });
  }
  return { layer, error, compared: classes * pictures.length, logit, mean, bias };
}
