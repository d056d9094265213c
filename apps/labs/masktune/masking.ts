/** Masks of the whole training set: which rule, and what they hide. */

import { add, mul, scope, sub, tensor } from '../../../engine/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import type { SaliencyMaps } from '../../../engine/repair/data.ts';
import { ruleName, type SaliencyMapsOptions, saliencyMaps } from '../../../engine/repair/mask-tune.ts';
import { type MaskRule, saliencyMask } from '../../../engine/repair/masks.ts';
import type { TrainingData } from '../../../engine/train/data.ts';
import { formatPercent } from '../../components/shared/format.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import { paced } from '../../runtime/paced.ts';
import { CAM_LAYER, SIDE } from './network.ts';
import type { Config, Studio } from './studio.ts';

export type MaskSettings = Pick<Config, 'rule' | 'strength' | 'hard' | 'mapOf'>;
export type TuneSettings = MaskSettings & Pick<Config, 'tuneWith' | 'tuneRate' | 'tuneEpochs'>;

export function ruleOf({ rule, strength }: Pick<Config, 'rule' | 'strength'>): MaskRule {
  if (rule === 'paper') return { rule };
  return rule === 'threshold' ? { rule, threshold: strength } : { rule, k: strength };
}

/** What masks are called: their rule, and whatever of the other settings is not the re-implementation's. */
export function maskName({ hard, mapOf, ...rule }: MaskSettings): string {
  const marks = [hard && rule.rule !== 'paper' && 'hard', mapOf === 'predicted' && 'predicted class'];
  return [ruleName(ruleOf(rule)), ...marks.filter((mark) => mark !== false)].join(', ');
}

/** What a fine-tuned model is called: its masks, and how it is fine-tuned where that is not the re-implementation's way. */
export function modelName({ tuneWith, tuneRate, tuneEpochs, ...masks }: TuneSettings): string {
  const marks = [
    tuneWith !== 'adam' && (tuneWith === 'sgd' ? 'SGD' : 'SGD with its state'),
    tuneWith === 'adam' && tuneRate !== PUBLISHED_RATE && `η = ${tuneRate}`,
    tuneEpochs > 1 && `${tuneEpochs} epochs`,
  ];
  return [maskName(masks), ...marks.filter((mark) => mark !== false)].join(', ');
}

const PUBLISHED_RATE = 1e-3;

/** Rounds that a study makes of MaskTune, and of its control. */
export const roundsOf = ({ study, rounds }: Pick<Config, 'study' | 'rounds'>): number => (study === 'one rule' ? rounds : 1);

/** What the network of a round is called. @param round from 1 */
export const roundName = (name: string, round: number): string => (round === 1 ? name : `${name}, round ${round}`);

export const mapOptions = ({ mapOf }: Pick<Config, 'mapOf'>): Pick<SaliencyMapsOptions, 'layer' | 'of'> => ({
  layer: CAM_LAYER,
  of: mapOf,
});

/** XGrad-CAM of all samples, with the seconds it took. */
export async function* mapsOf(
  network: Network,
  data: TrainingData,
  settings: Pick<Config, 'mapOf'>,
  detail: string,
): AsyncGenerator<PlainEvent, { readonly maps: SaliencyMaps; readonly seconds: number }> {
  const started = performance.now();
  const shares = paced<number, SaliencyMaps>((onProgress) =>
    saliencyMaps(network, data, { ...mapOptions(settings), onProgress }),
  );
  for (;;) {
    const { done, value } = await shares.next();
    if (done) return { maps: value, seconds: (performance.now() - started) / 1000 };
    yield { type: 'phase', name: 'explain', progress: value, detail };
  }
}

/** What the masks of a rule hide. */
export interface MaskFacts {
  readonly rule: string;
  /** Mean share of an image that is hidden. */
  readonly hidden: number;
  /** Share of the images with a square, of the class that carries it more often, of which at least half of each square that they carry is hidden; null: there are none. */
  readonly squares: number | null;
  /** Mean hidden share of these squares; null: there are none. */
  readonly squareArea: number | null;
  /** Share of the images of which nothing is hidden, and of which at least 90 % is: the coldest cell of a map is never hidden. */
  readonly untouched: number;
  readonly blank: number;
}

const CHUNK = 500;
const NOTHING = 1e-6;
const BLANK = 0.9;

/** What a range of the maps of all rounds hides together: shares [count, 28, 28]. */
async function masksOf(rounds: readonly SaliencyMaps[], from: number, to: number, settings: MaskSettings): Promise<Float32Array> {
  const made = scope(() => {
    const masks = rounds.map(({ height, width, values }) => {
      const cells = height * width;
      const maps = tensor(values.slice(from * cells, to * cells), [to - from, height, width]);
      return saliencyMask(maps, ruleOf(settings), { size: [SIDE, SIDE], hard: settings.hard });
    });
    // a + b − ab: of what one leaves, the other hides its share.
    return masks.reduce((a, b) => sub(add(a, b), mul(a, b)));
  });
  try {
    return await made.data();
  } finally {
    made.dispose();
  }
}

/**
 * Counts what the masks hide.
 * @param rounds maps of the samples: of several rounds all so far, as what was hidden stays hidden
 */
export async function maskFacts(
  rounds: readonly SaliencyMaps[],
  settings: MaskSettings,
  { groups, regions, carries, carrier }: Pick<Studio, 'groups' | 'regions' | 'carries' | 'carrier'>,
): Promise<MaskFacts> {
  const count = groups.length;
  let [hidden, untouched, blank, carrying, covered, area] = [0, 0, 0, 0, 0, 0];
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK);
    const masks = await masksOf(rounds, from, to, settings);
    for (let n = from; n < to; n++) {
      const mask = masks.subarray((n - from) * SIDE * SIDE, (n - from + 1) * SIDE * SIDE);
      const share = mask.reduce((a, b) => a + b, 0) / mask.length;
      hidden += share;
      if (share < NOTHING) untouched++;
      if (share >= BLANK) blank++;
      if (groups[n] !== 2 * carrier + 1) continue;
      const own = regions.filter((_, r) => ((carries[n] as number) >> r) & 1);
      const shares = own.map((region) => shareWithin(mask, region));
      carrying++;
      area += shares.reduce((a, b) => a + b, 0) / shares.length;
      if (Math.min(...shares) >= 0.5) covered++;
    }
  }
  return {
    rule: roundName(maskName(settings), rounds.length),
    hidden: hidden / count,
    squares: carrying === 0 ? null : covered / carrying,
    squareArea: carrying === 0 ? null : area / carrying,
    untouched: untouched / count,
    blank: blank / count,
  };
}

function shareWithin(mask: Float32Array, { top, left, height, width }: Studio['regions'][number]): number {
  let total = 0;
  for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) total += mask[y * SIDE + x] as number;
  return total / (height * width);
}

/** From this share of blank images on, a reader is told of them. */
const MANY = 0.05;

/** Warnings about masks that hide nothing or everything. */
export function* maskRemarks({ rule, untouched, blank }: MaskFacts): IterableIterator<PlainEvent> {
  const percent = (share: number) => formatPercent(share, 0);
  if (blank > 0.5) {
    const message = `The masks of ‘${rule}’ hide all or nearly all of ${percent(blank)} of the training images: the network is fine-tuned on black images, and hardly more can be learned than which class is more frequent.`;
    yield { type: 'status', level: 'warning', message };
  } else if (blank >= MANY) {
    const message = `The masks of ‘${rule}’ hide all or nearly all of ${percent(blank)} of the training images: the network is fine-tuned on black images among the others.`;
    yield { type: 'status', level: 'warning', message };
  }
  if (untouched > 0.5) {
    const message = `The masks of ‘${rule}’ hide nothing on ${percent(untouched)} of the training images: fine-tuning is little more than another epoch.`;
    yield { type: 'status', level: 'warning', message };
  }
}
