/** The lab's figures, each from what the run has told. Pure: what comes in decides what comes out. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatNumber, formatPercent } from '../../components/shared/format.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import type { Config } from './data.ts';
import type { Accuracies, Maps } from './look.ts';
import type { Round } from './repairs.ts';
import type { Baseline, Summary } from './summary.ts';
import { type TrackRow, type Tracks, tracks } from './tracks.ts';

const LABELS = Array.from({ length: 10 }, (_, label) => label);
const list = (labels: readonly number[]) => labels.join(', ');

/** The start of an axis for shares: a round number below the least, 0 where one is below a half. */
export function axisStart(shares: readonly number[]): number {
  const least = Math.min(...shares);
  return least < 0.5 ? 0 : Math.floor((least - 0.005) * 20) / 20;
}

/** What was found faulty, by which accuracies: those of the bars are others. */
export function judgement(
  { bugs, theta }: Accuracies,
  { selection, published }: Pick<Config, 'selection' | 'published'>,
): string {
  const { underFitted, overFitted } = bugs;
  const kinds = [
    ...(underFitted.length > 0 ? [`under-fitted: ${list(underFitted)}`] : []),
    ...(overFitted.length > 0 ? [`over-fitted: ${list(overFitted)}`] : []),
  ];
  const by = published && overFitted.length === 0 ? `${selection} accuracy alone` : `training and ${selection} accuracy`;
  return `θ = ${formatNumber(100 * theta)} %; ${kinds.join('; ') || 'no label is faulty'}, judged by ${by}`;
}

/** Accuracy of each label before the repair, after it, and of the control, on an axis with the θ that the labels were judged by. */
export function accuracyTracks(found: Accuracies, rounds: readonly Round[]): Tracks {
  const { theta } = found;
  const [first, last] = [rounds[0], rounds.at(-1)];
  const before = first?.labels ?? found.evaluation;
  const after = last && last !== first ? last : undefined;
  const known = (values: readonly (number | null)[]) => values.filter((value): value is number => value !== null);
  const from = axisStart([...known(before), ...known(after?.labels ?? []), ...known(after?.controlLabels ?? []), theta]);
  const row = (label: number): TrackRow => {
    const [was, is, control] = [before[label] ?? null, after?.labels[label] ?? null, after?.controlLabels[label] ?? null];
    const faulty = [...found.bugs.underFitted, ...found.bugs.overFitted].includes(label);
    const marks = [
      ...(control === null ? [] : [{ at: control, kind: 'data' as const, title: `control ${formatPercent(control)}` }]),
      ...(is === null ? [] : [{ at: is, kind: 'model' as const, title: `repaired ${formatPercent(is)}` }]),
    ];
    const tenths = (share: number) => (100 * share).toFixed(1);
    const text = was === null ? 'no image' : `${tenths(was)}${is === null ? '' : ` → ${tenths(is)}`} %`;
    return { name: String(label), bar: was, marks, text, strong: faulty };
  };
  const ticks = [from, (from + 1) / 2, 1].map((at) => ({ at, text: `${Math.round(at * 1000) / 10} %` }));
  return {
    label: `Accuracy of each label: ${LABELS.map((label) => `${label} ${row(label).text}`).join('; ')}`,
    from,
    to: 1,
    ticks,
    rows: LABELS.map(row),
    line: theta,
  };
}

/** @param config of the run that is shown */
export function accuracyFigure(
  found: Accuracies,
  rounds: readonly Round[],
  config: Pick<Config, 'selection' | 'published'>,
): TemplateResult {
  const where = rounds.length > 0 ? 'on the test set' : 'where bugs are looked for';
  return html`<p class="track-legend"><span><i class="bar"></i>before, ${where}</span>
      ${rounds.length > 1 ? html`<span><i class="mark model"></i>repaired</span><span><i class="mark data"></i>control, on random images</span>` : nothing}
      <span>dotted: ${judgement(found, config)}</span></p>
    ${tracks(accuracyTracks(found, rounds))}`;
}

const points = (share: number) => `${share > 0 ? '+' : ''}${(100 * share).toFixed(2).replace('-', '−')}`;

/** What the outcome of a repair is compared with: its control, or the same repair on other images. */
export type Against = 'control' | Baseline;

/** The differences of each method that has one, in points, with its interval. */
export function differenceTracks(
  summaries: readonly Summary[],
  against: Against,
  quantity: 'average' | 'worst',
): Tracks | undefined {
  const differences = summaries.flatMap(({ name, gain, beyond }) => {
    const compared = against === 'control' ? gain : beyond[against];
    return compared ? [{ name, ...compared[quantity] }] : [];
  });
  if (differences.length === 0) return undefined;
  const ends = differences.map(({ mean, halfWidth }) => Math.abs(mean) + (halfWidth ?? 0));
  // A wide interval of few seeds must not squeeze all others: what is outside is cut.
  const reach = Math.max(0.002, Math.min(Math.max(...ends), 3 * (ends.toSorted((a, b) => a - b)[ends.length >> 1] as number)));
  const limit = Math.ceil(reach * 1000) / 1000;
  const row = ({ name, mean, halfWidth, verdict }: (typeof differences)[number]): TrackRow => {
    return {
      name,
      marks: [{ at: mean, kind: 'model', title: points(mean) }],
      ...(halfWidth === null ? {} : { span: [mean - halfWidth, mean + halfWidth] }),
      text: `${points(mean)}${halfWidth === null ? '' : ` ± ${(100 * halfWidth).toFixed(2)}`}, ${verdict}`,
      strong: verdict === 'better' || verdict === 'worse',
    };
  };
  const rows = differences.map(row);
  return {
    label: `Difference of the repairs, in points: ${rows.map(({ name, text }) => `${name} ${text}`).join('; ')}`,
    from: -limit,
    to: limit,
    ticks: [-limit, 0, limit].map((at) => ({ at, text: points(at) })),
    rows,
    line: 0,
  };
}

export function differenceFigure(...what: Parameters<typeof differenceTracks>): TemplateResult {
  const shown = differenceTracks(...what);
  return shown ? tracks(shown) : html`<p class="facts">No repair of this run can be compared so.</p>`;
}

/** Maps of all labels in one batch; an empty one is drawn as nothing. */
export function mapBatch(maps: readonly (Float32Array | null)[], signed: boolean): ImageBatch {
  const data = new Float32Array(maps.length * 784);
  maps.forEach((map, label) => {
    if (map) data.set(map, label * 784);
  });
  return { data, count: maps.length, width: 28, height: 28, channels: 1, ...(signed && { map: 'diverging' }) };
}

const KINDS = { correct: 'right', falsePositive: 'false positives', falseNegative: 'false negatives' } as const;

/** Which means are of nothing, in words; empty where all have images. */
export function emptyMaps({ counts }: Maps): string {
  return Object.entries(KINDS)
    .flatMap(([kind, name]) => {
      const empty = LABELS.filter((label) => counts[kind as keyof typeof KINDS][label] === 0);
      return empty.length === 0 ? [] : [`${name} of ${list(empty)}`];
    })
    .join('; ');
}
