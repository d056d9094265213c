/** What the figures and the finding of the MODE lab say of a run: by which θ and which accuracies, and of which label. */
import { expect, it } from 'vitest';
import { accuracyTracks, differenceTracks, judgement } from '../../../apps/labs/mode/figures.ts';
import type { Accuracies } from '../../../apps/labs/mode/look.ts';
import { otherWorst } from '../../../apps/labs/mode/prose.ts';
import type { Repair, Round } from '../../../apps/labs/mode/repairs.ts';
import { troubles } from '../../../apps/labs/mode/stages.ts';
import { summarise } from '../../../apps/labs/mode/summary.ts';
import { tracksSvg } from '../../../apps/labs/mode/track-svg.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { bandsOf } from '../../../apps/shell/chart-series.ts';

const round = (labels: readonly number[], more: Partial<Round> = {}): Round => ({
  ...{ round: 0, accuracy: 0.8, control: 0.8, labels, controlLabels: labels, faulty: null, underFitted: [] },
  ...{ blind: false, targeted: 0, random: 0, available: 0, stopped: null },
  ...more,
});
const repair = (seed: number, ...rounds: Round[]): Repair => ({ seed, method: 'dot', rounds });
const labels = (worst: number, share: number) => Array.from({ length: 10 }, (_, label) => (label === worst ? share : 0.9));

const found = (bugs: Accuracies['bugs'], theta: number): Accuracies => ({
  ...{ train: labels(1, 0.95), evaluation: labels(1, 0.8), bugs, theta, worst: 1 },
});
const usual = { selection: 'validation', published: false } as const;

it('the figure names and draws the θ that the labels were judged by, both kinds of fault, and what judged them', () => {
  const none = found({ underFitted: [], overFitted: [1], worst: { kind: 'over-fit', label: 1 } }, 0);
  expect(judgement(none, usual)).toBe('θ = 0 %; over-fitted: 1, judged by training and validation accuracy');
  expect(accuracyTracks(none, []).line).toBe(0);
  expect(
    accuracyTracks(none, [])
      .rows.filter(({ strong }) => strong)
      .map(({ name }) => name),
  ).toEqual(['1']);
  const two = found({ underFitted: [5], overFitted: [1] }, 0.925);
  expect(judgement(two, usual)).toBe('θ = 92.5 %; under-fitted: 5; over-fitted: 1, judged by training and validation accuracy');
  const published = { selection: 'test', published: true } as const;
  expect(judgement(found({ underFitted: [5], overFitted: [] }, 0.92), published)).toBe(
    'θ = 92 %; under-fitted: 5, judged by test accuracy alone',
  );
  expect(judgement(found({ underFitted: [], overFitted: [] }, 0.5), usual)).toContain('no label is faulty');
});

it('the finding names the labels where the worst one after a repair is another', () => {
  const same = repair(1, round(labels(5, 0.2)), round(labels(5, 0.6)));
  const other = repair(2, round(labels(5, 0.2)), round(labels(3, 0.5)));
  expect(otherWorst([same])).toBe('');
  expect(otherWorst([other])).toBe('The worst label is another one then: 5 goes to 90.0 %, and 3 is the worst with 50.0 %.');
  expect(otherWorst([same, other])).toMatch(/^With 1 of 2 seeds .* first of these 5 goes to/);
});

it('one round is no rounds', () => {
  const said = (at: number) =>
    troubles(repair(1, round([]), round([], { round: at, stopped: 'pool' })), { repairImages: 8, alpha: 0 } as never);
  expect([...said(1), ...said(2)]).toEqual(['The pool ran dry after 1 round.', 'The pool ran dry after 2 rounds.']);
});

it('intervals of shares end at nothing and at all', () => {
  const store = new RunStore();
  const [x, y, band] = [Float64Array.of(0, 1), Float64Array.of(0.1, 0.9), Float64Array.of(0.3, 0.3)];
  store.apply([{ type: 'curve', chart: 'worst', series: 'repaired', x, y, band }]);
  const [drawn] = bandsOf(store, 'worst', {}, [0, 1]);
  expect([drawn?.low[0], drawn?.high[1]]).toEqual([0, 1]);
});

it('the figures can be taken away as pictures: bars, marks, intervals and the words beside them', () => {
  const bugs = found({ underFitted: [1], overFitted: [] }, 0.9);
  const rounds = [round(labels(1, 0.5)), round(labels(1, 0.7), { controlLabels: labels(1, 0.6) })];
  const accuracies = tracksSvg('Accuracy <of each label>', accuracyTracks(bugs, rounds));
  expect(accuracies).toContain('Accuracy &lt;of each label>');
  expect(accuracies.match(/<circle/g)).toHaveLength(10);
  expect(accuracies).toContain('50.0 → 70.0 %');
  const all = [repair(1, ...rounds), repair(2, ...rounds.map((each) => ({ ...each, accuracy: 0.9 })))];
  const differences = differenceTracks(
    [summarise('dot', all)].flatMap((summary) => summary ?? []),
    'control',
    'worst',
  );
  expect(differences && tracksSvg('Points', differences)).toMatch(
    /stroke-width="3"[\s\S]*dot product|dot product[\s\S]*stroke-width="3"/,
  );
});
