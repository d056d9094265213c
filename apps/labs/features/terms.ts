/** The objective as the reader puts it together: a sum of terms, each with its weight. Plain data, without the engine. */

import { type PhotoName, photoNames } from './photo-names.ts';

/** What a term climbs. */
export const termKinds = [
  'channel',
  'neuron',
  'logit',
  'deep dream',
  'direction',
  'interpolation',
  'diversity',
  'caricature',
] as const;
export type TermKind = (typeof termKinds)[number];

/** A weight of −1 climbs down: the negative of a feature, or with another term the difference of two. */
export interface Term {
  readonly kind: TermKind;
  /** Path of a layer; empty for a logit. */
  readonly layer: string;
  /** Channel or class. */
  readonly unit: number;
  readonly weight: number;
  /** Interpolation: the channel at its other end. */
  readonly to?: number;
  /** Direction: how much of which channel; the others are 0. */
  readonly mix?: readonly (readonly [channel: number, amount: number])[];
  /** Caricature: what is exaggerated, and the power p of the cosine-like factor; 0: feature inversion. */
  readonly photo?: PhotoName;
  readonly power?: number;
}

const MOST_TERMS = 6;
const MOST_CHANNELS = 64;
const MOST_POWER = 4;

/** Which fields a kind has. */
export const hasLayer = (kind: TermKind): boolean => kind !== 'logit';
export const hasUnit = (kind: TermKind): boolean => ['channel', 'neuron', 'logit', 'interpolation'].includes(kind);

const whole = (value: unknown, what: string): number => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 1e6)
    throw new Error(`${what} must be a whole number of at least 0`);
  return value;
};

function parseMix(value: unknown): [number, number][] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_CHANNELS)
    throw new Error(`a direction needs a list 'mix' of 1 to ${MOST_CHANNELS} pairs [channel, amount]`);
  return value.map((pair) => {
    const [channel, amount] = Array.isArray(pair) ? pair : [];
    if (!Number.isFinite(amount)) throw new Error('amounts of a direction must be numbers');
    return [whole(channel, 'channels of a direction'), amount];
  });
}

function parseCaricature({ photo, power = 1 }: Partial<Record<keyof Term, unknown>>): Pick<Term, 'photo' | 'power'> {
  const name = photoNames.find((known) => known === photo);
  if (!name) throw new Error(`a caricature names its photograph: ${photoNames.join(', ')}`);
  if (typeof power !== 'number' || !(power >= 0 && power <= MOST_POWER))
    throw new Error(`the power of a caricature lies between 0 and ${MOST_POWER}`);
  return { photo: name, power };
}

function parseTerm(value: unknown): Term {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Partial<Record<keyof Term, unknown>>;
  const kind = termKinds.find((name) => name === given.kind);
  if (!kind) throw new Error(`terms are of one of the kinds ${termKinds.join(', ')}`);
  const layer = hasLayer(kind) ? given.layer : '';
  if (typeof layer !== 'string' || layer.length > 40 || (hasLayer(kind) && layer === ''))
    throw new Error(`a term of the kind ${kind} names its layer`);
  const weight = given.weight ?? 1;
  if (typeof weight !== 'number' || !Number.isFinite(weight) || Math.abs(weight) > 1e4)
    throw new Error('weights lie between −10,000 and 10,000');
  return {
    kind,
    layer,
    unit: hasUnit(kind) ? whole(given.unit, kind === 'logit' ? 'the class' : 'the channel') : 0,
    weight,
    ...(kind === 'interpolation' && { to: whole(given.to, 'the other channel') }),
    ...(kind === 'direction' && { mix: parseMix(given.mix) }),
    ...(kind === 'caricature' && parseCaricature(given)),
  };
}

/** @throws Error saying what is wrong with it */
export function parseTerms(value: unknown): readonly Term[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_TERMS)
    throw new Error(`an objective is a list of 1 to ${MOST_TERMS} terms`);
  return value.map(parseTerm);
}

const names: Readonly<Record<TermKind, (term: Term, className: string | undefined) => string>> = {
  channel: ({ unit, layer }) => `channel ${unit} of layer ${layer}`,
  neuron: ({ unit, layer }) => `central neuron of channel ${unit} of layer ${layer}`,
  logit: ({ unit }, className) => `logit ${unit}${className ? ` (${className})` : ''}`,
  'deep dream': ({ layer }) => `deep dream of layer ${layer}`,
  direction: ({ layer, mix = [] }) => `direction of ${mix.length} channels of layer ${layer}`,
  interpolation: ({ unit, to, layer }) => `from channel ${unit} to ${to} of layer ${layer}`,
  diversity: ({ layer }) => `diversity in layer ${layer}`,
  caricature: ({ layer, photo, power }) =>
    `${power === 0 ? 'inversion' : 'caricature'} of ${photo === 'own' ? 'your picture' : `“${photo}”`} in layer ${layer}`,
};

/** A term in words, without its weight. */
export const termName = (term: Term, classNames: readonly string[] = []): string => names[term.kind](term, classNames[term.unit]);

/** The whole objective in words. */
export const objectiveName = (terms: readonly Term[], classNames: readonly string[] = []): string =>
  terms
    .map((term, at) => {
      const sign = term.weight < 0 ? (at === 0 ? '−' : ' − ') : at === 0 ? '' : ' + ';
      const size = Math.abs(term.weight);
      return `${sign}${size === 1 ? '' : `${size} × `}${termName(term, classNames)}`;
    })
    .join('');
