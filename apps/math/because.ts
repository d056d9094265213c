/** The words of a lab for a card that it shares with others. */
import type { MathCard } from './card.ts';

/**
 * @param why by the id of a card: why it matters in this lab
 * @returns the cards, those with the lab's own words
 * @throws Error for a card that is not among them
 */
export function because(cards: readonly MathCard[], why: Readonly<Record<string, string>>): readonly MathCard[] {
  const unknown = Object.keys(why).find((id) => !cards.some((card) => card.id === id));
  if (unknown !== undefined) throw new Error(`there is no card '${unknown}' to say why of`);
  return cards.map((card) => ({ ...card, why: why[card.id] ?? card.why }));
}
