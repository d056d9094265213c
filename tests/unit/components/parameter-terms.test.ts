import { describe, expect, it } from 'vitest';
import { tabByKey } from '../../../apps/components/shared/tabs.ts';
import { checkParameterTerms } from '../../../apps/math/build/check-parameters.ts';
import { cards } from '../../../apps/math/cards/optimisers.ts';
import { int, number, type TermRef } from '../../../apps/runtime/schema.ts';

const rate = (symbol: string | undefined, term: TermRef | readonly TermRef[], hidden = false) => ({
  rate: number({ default: 1, min: 0, max: 2, label: 'learning rate', ...(symbol ? { symbol } : {}), term, hidden, live: 'live' }),
});

describe('parameters and the terms of cards', () => {
  it('agree where each term exists and has the symbol of the parameter', () => {
    expect(() => checkParameterTerms('demo', rate('η', ['adam/eta', 'sgd-momentum/eta']), cards)).not.toThrow();
    const size = { batch: int({ default: 1, min: 1, max: 2, label: 'batch size', symbol: 'B', live: 'restart' }) };
    expect(() => checkParameterTerms('demo', size, cards)).not.toThrow();
  });

  it.each([
    ['a card that is not there', rate('η', 'tsne-update/eta'), /lab 'demo', parameter 'rate'.*'tsne-update\/eta'.*card/],
    ['a term that is not there', rate('η', 'adam/rate'), /'adam' has no term 'rate'/],
    ['another symbol', rate('m', 'adam/eta'), /symbol is 'm', that of its term 'adam\/eta' is 'η'/],
    ['no symbol', rate(undefined, 'adam/eta'), /symbol is ''/],
    ['no control', rate('η', 'adam/eta', true), /no control/],
  ])('stop the build at %s', (_, schema, message) => {
    expect(() => checkParameterTerms('demo', schema, cards)).toThrow(message);
  });
});

it('walks tabs by arrow keys, round at the ends', () => {
  expect(['ArrowLeft', 'ArrowRight', 'Home', 'End', 'a'].map((key) => tabByKey(key, 0, 3))).toEqual([2, 1, 0, 2, undefined]);
  expect(tabByKey('ArrowRight', 2, 3)).toBe(0);
  expect(tabByKey('ArrowRight', 0, 0)).toBeUndefined();
});
