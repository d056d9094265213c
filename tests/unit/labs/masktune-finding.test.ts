/** What MaskTune's page says a run found: no rise that is a fall, no rule without its control, no order that may be chance. */
import { describe, expect, it } from 'vitest';
import { lastInstead } from '../../../apps/labs/masktune/last-instead.ts';
import { maskRemarks } from '../../../apps/labs/masktune/masking.ts';
import { modelBarsSvg } from '../../../apps/labs/masktune/model-bars-svg.ts';
import { finding } from '../../../apps/labs/masktune/prose.ts';
import { summarise } from '../../../apps/labs/masktune/repair-table.ts';
import type { Outcome } from '../../../apps/labs/masktune/repairs.ts';
import { modelRow } from '../../../apps/labs/masktune/rows.ts';
import type { ModelScores } from '../../../apps/labs/masktune/scores.ts';
import { readWords } from './truth/rendered.ts';

const scores = { accuracy: 0, perClass: [], loss: 0, precision: 0, recall: 0, f1: 0, counts: [] };
const model = (name: string, each: readonly (number | null)[]): ModelScores => {
  const worst = Math.min(...each.filter((value) => value !== null));
  return { name, raw: scores, biased: scores, groups: { each, worst, average: worst, weighted: worst } };
};
const words = (study: string, result: object, looks: readonly object[] = []) =>
  readWords(
    finding({ ran: { study }, store: { result, data: { get: () => looks } } } as unknown as Parameters<typeof finding>[0]),
  );

describe('the finding of a sweep', () => {
  const base = model('ERM', [0.916, 1, 1, 0.95]);
  const poor = model('mean 0.1', [1, 0.2, 1, 1]);

  it('calls no fall a rise, and says that the control is not beaten', () => {
    const said = words('sixteen models', {
      models: [base, model('paper', [0.95, 1, 1, 0.905]), poor, model('random masks of equal area', [0.92, 1, 1, 1])],
    });
    expect(said).toBe(
      'The accuracy of the worst group is 91.6 % (0–4, no square) before fine-tuning. Of 2 ways to mask, none raises it: with the best, ‘paper’, it is 90.5 % (5–9, square); with ‘mean 0.1’ it is 20.0 % (0–4, square), with random masks of equal area 92.0 % (0–4, no square): no way to mask beats this control.',
    );
  });

  it('names the control with its number beside a rise', () => {
    const said = words('sixteen models', {
      models: [base, model('paper', [0.97, 1, 1, 0.96]), poor, model('random masks of equal area', [0.9, 1, 1, 1])],
    });
    expect(said).toContain('‘paper’ raises it most, to 96.0 % (5–9, square)');
    expect(said).toMatch(/with random masks of equal area 90\.0 % \(0–4, no square\)\.$/);
  });
});

describe('the finding of a repair table', () => {
  const outcome = (worst: number): Outcome => ({
    ...{ each: [worst, 1, 1, 1], worst, average: worst, weighted: worst, raw: worst, biased: worst },
    ...{ steps: 10, kept: null, note: '' },
  });
  const seeds = (...values: number[]) => Object.fromEntries(values.map((value, seed) => [seed, outcome(value)]));
  const said = (outcomes: Parameters<typeof summarise>[0]) => words('repairs', { repairs: summarise(outcomes) });

  it('does not order rows that do not differ', () => {
    const text = said({
      ERM: seeds(0.79, 0),
      'ERM, one more epoch': seeds(0.3, 0.2),
      MaskTune: seeds(0.2, 0.5),
      GroupDRO: seeds(0.6, 0.1),
    });
    expect(text).toBe(
      'One more epoch leaves the worst group at 25.0 %; better than that are without group labels none, with them none.',
    );
  });

  it('names those that the intervals tell apart, and lets one seed order nothing', () => {
    const text = said({
      'ERM, one more epoch': seeds(0.2, 0.3, 0.25),
      'random masks of equal area': seeds(0.25, 0.2, 0.32),
      MaskTune: seeds(0.8, 0.85, 0.9),
    });
    expect(text).toContain('without group labels ‘MaskTune’ (85.0 %), with them none.');
    expect(text).toContain('MaskTune is 59.3');
    expect(said({ 'ERM, one more epoch': seeds(0.2), MaskTune: seeds(0.8) })).toContain('one seed cannot tell');
  });
});

describe('the worst group', () => {
  it('has its name in the table, also where a group is empty', () => {
    expect(modelRow(model('ERM', [null, 0.9, 0.5, 0.7]), 0, false)['worst group is']).toBe('5–9, no square');
  });
});

describe('what is fine-tuned on request', () => {
  it('does not take the place of the model that the control belongs to', () => {
    const said = words(
      'one rule',
      { models: [model('ERM', [0.1, 1, 1, 1]), model('topK 0.1', [0.6, 1, 1, 1]), model('mean 0.3', [0.9, 1, 1, 1])] },
      [{ model: 'ERM' }, { model: 'topK 0.1' }],
    );
    expect(said).toContain('(topK 0.1): 60.0 % (0–4, no square)');
  });
});

describe('the chart of all models as a file', () => {
  it('has names, both classes on both tests, and a line through their means', () => {
    const one = {
      ...model('a < b', [1, 1, 1, 1]),
      raw: { ...scores, perClass: [0.25, 0.75] },
      biased: { ...scores, perClass: [1, 0] },
    };
    const svg = modelBarsSvg([one], 0, { classes: ['red', 'blue'], ink: 'black', paper: 'white' });
    expect(svg).toContain('>a &lt; b</text>');
    expect(
      [...svg.matchAll(/width="([\d.]+)" height="13" fill="(\w+)"/g)].map(([, width, fill]) => [Number(width) / 220, fill]),
    ).toEqual([
      [0.25, 'red'],
      [0.75, 'blue'],
      [1, 'red'],
      [0, 'blue'],
    ]);
    expect(svg.match(/<polyline points="[\d.]+,76"/g)).toHaveLength(2);
  });
});

describe('an image beyond the set', () => {
  it('is not shown for another without a word', () => {
    expect(readWords(lastInstead(59999, { index: 1999, set: 'training' }))).toBe(
      'The training set of this run has no image 59999: its last, 1999, is shown.',
    );
    expect(readWords(lastInstead(1999, { index: 1999, set: 'training' }))).toBe('');
  });
});

describe('masks that leave images blank', () => {
  const facts = { rule: 'mean 1', hidden: 0.8, squares: 1, squareArea: 1, untouched: 0, blank: 0 };
  const told = (more: Partial<typeof facts>) =>
    [...maskRemarks({ ...facts, ...more })].map((event) => ('message' in event ? event.message : ''));

  it('are told of from a twentieth of the images on, beside images that nothing hides', () => {
    expect(told({ blank: 0.04 })).toEqual([]);
    expect(told({ blank: 0.366 })).toEqual([
      expect.stringMatching(/‘mean 1’ hide all or nearly all of 37 %.*black images among/),
    ]);
    expect(told({ blank: 0.8 })).toEqual([expect.stringMatching(/of 80 %.*which class is more frequent/)]);
    expect(told({ blank: 0.3, untouched: 0.6 })).toHaveLength(2);
  });
});
