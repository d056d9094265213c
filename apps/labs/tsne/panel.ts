/** One map among several: what makes it another one. */
import type { Layer } from './schema.ts';

export interface PanelSpec {
  readonly perplexity: number;
  readonly seed: number;
  /** Where maps of several spaces stand side by side: that of this one. */
  readonly layer?: Layer;
}

export const panelName = ({ layer, perplexity, seed }: PanelSpec): string =>
  `${layer === undefined ? '' : `${layer}, `}perplexity ${Number(perplexity.toPrecision(3))}, seed ${seed}`;
