/** The network of the lab: SmallCNN as published, or narrower for a quick look. */
import { SMALL_CNN } from '../../../engine/nn/architectures.ts';
import type { LayerDefinition, NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';

/** The layer whose maps are explained: the last ReLU before the second pooling, 8 × 8. */
export const CAM_LAYER = 'cam';
export const MAP_SIDE = 8;
export const SIDE = 28;

/** Maps of SmallCNN's first layer; all its other widths are in proportion. */
const PUBLISHED_WIDTH = 16;
const WIDTHS = ['in', 'out', 'features'] as const;

/** SmallCNN with another number of maps in its first layer: the image's three channels and the two classes stay. */
export function smallCnn(width: number): NetworkDefinition {
  const scaled = (size: number) => (size <= 3 ? size : Math.round((size * width) / PUBLISHED_WIDTH));
  return SMALL_CNN.definition.map((layer): LayerDefinition => {
    const changed: Record<string, unknown> = { ...layer };
    for (const key of WIDTHS) if (typeof changed[key] === 'number') changed[key] = scaled(changed[key]);
    return changed as unknown as LayerDefinition;
  });
}

export const newNetwork = (width: number, seed: number): Network =>
  buildNetwork(smallCnn(width), { inputShape: SMALL_CNN.inputShape, rng: new Generator(seed, 'weights') });
