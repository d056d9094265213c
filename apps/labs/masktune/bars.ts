/** The acceptance bars of the source's finding: relative ones, as the strength of the shortcut varies widely with seed and square. */
import { formatPercent } from '../../components/shared/format.ts';
import type { Bar } from '../bars.ts';
import type { MaskTuneResult } from './experiment.ts';
import type { ModelScores } from './scores.ts';
import { minorityOf } from './studio.ts';

const percent = (share: number): string => formatPercent(share);
const both = ({ raw, biased }: ModelScores): string => `${percent(raw.accuracy)} raw, ${percent(biased.accuracy)} biased`;

/** Rules that hide so much that nothing can be learned any more. */
const AGGRESSIVE = ['topK 0.9', 'mean 0.1', 'mean 0.3', 'mean 0.5', 'mean 0.7', 'threshold 0.1'];

/**
 * The bars that a result can be held to, where 0–4 carry the square more often than 5–9: of a sweep the first four, of a run with a cue without exception the fifth.
 * @param result of a run of one rule or of the sweep
 */
export function barsOf({
  models,
  masks,
  sizes,
  trainingAccuracy,
}: Pick<MaskTuneResult, 'models' | 'masks' | 'sizes' | 'trainingAccuracy'>): Bar[] {
  // They are of the published mix: where 5–9 carry the square more often, or both alike, they say nothing.
  if (minorityOf(sizes)[0] !== 0) return [];
  const named = (start: string) => models.filter(({ name }) => name === start || name.startsWith(`${start},`));
  const [base] = named('ERM');
  const gentle = [...named('topK 0.1'), ...named('paper')];
  if (!base || gentle.length === 0) return [];
  const best = gentle.reduce((a, b) => (b.raw.accuracy + b.biased.accuracy > a.raw.accuracy + a.biased.accuracy ? b : a));
  if (sizes[0] === 0 && sizes[3] === 0) {
    return [
      {
        bar: '(v) a cue without exception: ERM near 49 % and 0 %, MaskTune at least 95 % on both',
        holds:
          base.raw.accuracy < 0.55 && base.biased.accuracy < 0.05 && best.raw.accuracy >= 0.95 && best.biased.accuracy >= 0.95,
        measured: `ERM ${both(base)}; ${best.name} ${both(best)}`,
      },
    ];
  }
  const [zero = 0, one = 0] = base.raw.perClass;
  const squares = masks.find(({ rule }) => rule === 'topK 0.1' || rule.startsWith('topK 0.1,'))?.squares ?? null;
  const aggressive = AGGRESSIVE.flatMap(named);
  const bars: Bar[] = [
    {
      bar: '(i) ERM: at least 99.9 % in training, biased below raw, 0–4 without the square far below 5–9',
      holds: (trainingAccuracy ?? 0) >= 0.999 && base.biased.accuracy < base.raw.accuracy && zero < one - 0.1,
      measured: `${percent(trainingAccuracy ?? 0)} in training; ${both(base)}; ${percent(zero)} and ${percent(one)}`,
    },
    {
      bar: '(ii) topK 0.1, soft or hard, or the paper’s rule: at least 96 % raw, biased at least 5 points above ERM',
      holds: gentle.some(({ raw, biased }) => raw.accuracy >= 0.96 && biased.accuracy >= base.biased.accuracy + 0.05),
      measured: gentle.map((model) => `${model.name} ${both(model)}`).join('; '),
    },
  ];
  if (squares !== null) {
    const bar = '(iii) topK 0.1 hides the square on at least 90 % of the images of 0–4 that carry it';
    bars.push({ bar, holds: squares >= 0.9, measured: percent(squares) });
  }
  if (aggressive.length > 0) {
    bars.push({
      bar: '(iv) masks that hide much end near one answer for everything: at most 60 % raw',
      holds: aggressive.every(({ raw }) => raw.accuracy <= 0.6),
      measured: aggressive.map(({ name, raw }) => `${name} ${percent(raw.accuracy)}`).join(', '),
    });
  }
  return bars;
}
