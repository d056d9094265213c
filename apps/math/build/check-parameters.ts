/** Whether the parameters of a lab and the terms of its cards agree: each names the other's symbol, and no link leads nowhere. */
import type { Parameter, Schema } from '../../runtime/schema.ts';
import { termsOf } from '../../runtime/schema.ts';
import type { MathCard } from '../card.ts';

type Cards = readonly Pick<MathCard, 'id' | 'terms'>[];

/**
 * @param lab id, for the message
 * @throws Error naming lab, parameter and term where the lab has no such card, the card no such term, or the two have other symbols
 */
export function checkParameterTerms(lab: string, schema: Schema, cards: Cards): void {
  const fail = (key: string, why: string): never => {
    throw new Error(`lab '${lab}', parameter '${key}': ${why}`);
  };
  for (const [key, parameter] of Object.entries<Parameter>(schema)) {
    for (const ref of termsOf(parameter)) {
      const [cardId, termId] = ref.split('/');
      const card =
        cards.find(({ id }) => id === cardId) ?? fail(key, `its term '${ref}' is of a card that the lab does not have`);
      const term = card.terms.find(({ id }) => id === termId) ?? fail(key, `the card '${cardId}' has no term '${termId}'`);
      if (term.symbol !== parameter.symbol) {
        fail(key, `its symbol is '${parameter.symbol ?? ''}', that of its term '${ref}' is '${term.symbol}'`);
      }
      if (parameter.hidden) fail(key, `it names the term '${ref}' but has no control`);
    }
  }
}
