/** The ways to climb that are compared: the regularisation playground of Olah et al. 2017. Plain data, without the engine. */
import type { ConfigOf } from '../../runtime/schema.ts';
import type { schema } from './schema.ts';

export const wayNames = ['free pixels', 'pixels, penalties', 'pixels, transformations', 'as set'] as const;
export type WayName = (typeof wayNames)[number];

export interface Way {
  readonly parametrisation: 'pixels' | 'fourier' | 'laplacian';
  readonly colour: boolean;
  readonly penalised: boolean;
  readonly transformed: boolean;
}

/** The ways of a run, and which of them it compares. */
export function waysOf(config: ConfigOf<typeof schema>): Readonly<Record<WayName, Way>> & { readonly names: readonly WayName[] } {
  const pixels = { parametrisation: 'pixels', colour: false } as const;
  const { parametrisation, colour, penalised } = config;
  const names: Readonly<Record<typeof config.compare, readonly WayName[]>> = {
    'four ways': wayNames,
    'with pixels': ['free pixels', 'as set'],
    alone: ['as set'],
  };
  return {
    names: names[config.compare],
    'free pixels': { ...pixels, penalised: false, transformed: false },
    'pixels, penalties': { ...pixels, penalised: true, transformed: false },
    'pixels, transformations': { ...pixels, penalised: false, transformed: true },
    'as set': { parametrisation, colour, penalised, transformed: true },
  };
}

/** What the settings of a run are, in words: the name of the way 'as set'. */
export function wayLabel(name: WayName, { parametrisation, robustness, penalised }: ConfigOf<typeof schema>): string {
  if (name !== 'as set') return name;
  const basis = { fourier: 'Fourier basis', laplacian: 'Laplacian pyramid', pixels: 'pixels' }[parametrisation];
  return [basis, ...(penalised ? ['penalties'] : []), ...(robustness === 'none' ? [] : ['transformations'])].join(', ');
}
