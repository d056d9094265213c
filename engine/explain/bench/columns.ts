/** The columns of the bench: what is measured of an explanation, and which way is better. */

export interface BenchColumn {
  readonly id: string;
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** One sentence. */
  readonly says: string;
}

const FILLS = { black: 'black', grey: 'the mean grey', blurred: 'a blurred copy' } as const;
export type FillName = keyof typeof FILLS;
export const fillNames: readonly FillName[] = ['black', 'grey', 'blurred'];

const deletion = (fill: FillName): BenchColumn => ({
  id: `deletion-${fill}`,
  name: `deletion, ${fill}`,
  better: 'lower',
  says: `Mean probability of the class while pixels are replaced by ${FILLS[fill]}, the strongest of the map first (Petsiuk et al. 2018).`,
});

const insertion = (fill: FillName): BenchColumn => ({
  id: `insertion-${fill}`,
  name: `insertion, ${fill}`,
  better: 'higher',
  says: `The same while pixels come back into ${FILLS[fill]}.`,
});

export const benchColumns: readonly BenchColumn[] = [
  { id: 'share', name: 'share on the cue', better: 'higher', says: 'Σ|Φ| on the pixels of the cue over Σ|Φ|.' },
  {
    id: 'rank',
    name: 'rank of the cue',
    better: 'lower',
    says: 'Mean rank of the cue’s pixels by |Φ|, 1 for the strongest pixel.',
  },
  {
    id: 'effect',
    name: 'correlation with the effect',
    better: 'higher',
    says: 'Over image pairs: ΣΦ on the cue against the change of the score when the cue is taken away.',
  },
  ...fillNames.map(deletion),
  ...fillNames.map(insertion),
  {
    id: 'infidelity',
    name: 'infidelity',
    better: 'lower',
    says: 'E[(βΣ_MΦ − ΔS)²]/E[ΔS²] over random squares M, β the scale that suits the map best; 1: it predicts nothing (Yeh et al. 2019).',
  },
  {
    id: 'sensitivity',
    name: 'max-sensitivity',
    better: 'lower',
    says: 'Largest relative change of the map under noise that is hardly seen (Yeh et al. 2019).',
  },
  {
    id: 'randomisation',
    name: 'similarity after randomisation',
    better: 'lower',
    says: 'Rank correlation of |Φ| with the map of the same network when all weights from the top down are drawn anew (Adebayo et al. 2018).',
  },
];
