/** Rows of the tables of models and of masks. */
import type { Row } from '../../runtime/store.ts';
import { CLASSES } from './classes.ts';
import type { MaskFacts } from './masking.ts';
import { PUBLISHED } from './published.ts';
import type { ModelScores } from './scores.ts';
import { worstGroup } from './worst-group.ts';

/**
 * @param carrier see `carrierOf`
 * @param compared beside what is published of a model of that name
 */
export function modelRow({ name, raw, biased, groups }: ModelScores, carrier: 0 | 1, compared: boolean): Row {
  const [rawZero = null, rawOne = null] = raw.perClass;
  const against = 1 - carrier;
  const published = compared ? PUBLISHED[name] : undefined;
  return {
    model: name,
    raw: raw.accuracy,
    'published raw': published?.[0] ?? null,
    biased: biased.accuracy,
    'published biased': published?.[1] ?? null,
    '0–4, no square': rawZero,
    '5–9, no square': rawOne,
    [`${CLASSES[against]}, square`]: biased.perClass[against] ?? null,
    'worst group': groups.worst,
    'worst group is': worstGroup(groups),
    'raw precision': raw.precision,
    'raw recall': raw.recall,
    'raw F1': raw.f1,
    'biased precision': biased.precision,
    'biased recall': biased.recall,
    'biased F1': biased.f1,
    'raw loss': raw.loss,
    'biased loss': biased.loss,
  };
}

export const maskRow = ({ rule, hidden, squares, squareArea, untouched, blank }: MaskFacts, carrier: 0 | 1): Row => ({
  rule,
  'hidden of an image': hidden,
  [`squares of ${CLASSES[carrier]} hidden`]: squares,
  'area of these squares hidden': squareArea,
  'images untouched': untouched,
  'images blank': blank,
});
