import type { BuiltCard, BuiltSource } from '../card.ts';

/** Rungs of a ladder and unrolled files are long: a card first comes without them. */
export interface SplitCard {
  /** What a page needs to show the card. */
  readonly card: BuiltCard;
  /** All WGSL sources in full, fetched when the reader asks for one that the card lacks. */
  readonly wgsl: readonly BuiltSource[];
}

function lighten(source: BuiltSource, rung: boolean): BuiltSource {
  const { unrolled, ...rest } = source;
  return { ...rest, ...(rung ? { lines: [], deferred: true } : {}), ...(unrolled ? { unrollable: true } : {}) };
}

/** @param listed how many WGSL files the card names itself; the rest are rungs of its ladder */
export function splitCard(card: BuiltCard, listed: number): SplitCard {
  return { card: { ...card, wgsl: card.wgsl.map((source, i) => lighten(source, i >= listed)) }, wgsl: card.wgsl };
}
