/**
 * Convolution before a batch normalisation: y, and the mean and variance of each of its channels. The tail of the convolution sums up the
 * tile that it stores, so y is not read again for its statistics. On a software adapter, where the convolution is bound by its own loads, both
 * ways take the same time within noise (128×26×26, 16 → 16: 82 and 80 ms); no GPU was at hand.
 */
import mergeShader from '../../shaders/batch-norm-tiles.wgsl';
import { batchNormStatistics } from './batch-norm.ts';
import { CONV2D_RUNGS, type Conv2dParams, type Conv2dRung, conv2d } from './conv2d.ts';
import { CONV2D_EXAMPLE, type Conv2dSizes, onlyInput } from './conv2d-sizes.ts';
import { NO_EPILOGUE } from './epilogue.ts';
import { perItem, sliceCount } from './grids.ts';
import { type AdapterCaps, type Dispatch, defineKernel, dispatch, type Plan, type Variant } from './kernel.ts';

export type Conv2dStatisticsParams = Conv2dSizes & {
  /** 1: `bias` is added. 0: it is not read, and its buffer may be any four floats. */
  readonly hasBias: number;
};

/** The convolution alone. */
const conv2dOf = ({ hasBias, ...sizes }: Conv2dStatisticsParams): Conv2dParams => ({ ...sizes, ...NO_EPILOGUE, hasBias });
const rowsOf = (p: Conv2dSizes) => ({ rows: p.N * p.Ho * p.Wo, channels: p.Co });

interface Merge {
  readonly tiles: number;
  readonly perTile: number;
  readonly interleave: number;
  /** Tiles that become one. */
  readonly span: number;
  readonly vectors: boolean;
  /** False: tiles become groups. True: groups become the whole. */
  readonly final: boolean;
}

function mergeDispatch(p: Conv2dSizes, { final, vectors, interleave, ...tiled }: Merge, caps: AdapterCaps): Dispatch {
  const { rows, channels } = rowsOf(p);
  const invocations = Math.ceil(tiled.tiles / tiled.span) * (vectors ? channels / 4 : channels);
  const from = final ? 'group' : 'tile';
  const input = { tileMean: `${from}Mean`, tileSquares: `${from}Squares` };
  const to = final ? { mean: 'mean', squares: 'variance' } : { mean: 'groupMean', squares: 'groupSquares' };
  const four = { tileMean4: input.tileMean, tileSquares4: input.tileSquares, mean4: to.mean, squares4: to.squares };
  return dispatch(mergeShader, vectors ? 'mergeVectors' : 'merge', { rows, channels, ...tiled }, perItem(invocations, caps, 64), {
    overrides: { INTERLEAVE: interleave, FINAL: Number(final) },
    buffers: { ...input, ...to, ...four },
  });
}

/** Each group of tiles becomes one, then these become the whole. */
function mergePlan(p: Conv2dSizes, { perTile, interleave }: NonNullable<Conv2dRung['tiles']>, caps: AdapterCaps): Plan {
  const { rows, channels } = rowsOf(p);
  const vectors = channels % 4 === 0;
  const tiles = Math.ceil(rows / (perTile * interleave)) * interleave;
  // Interleaved tiles stay together, so that the rows of a group are neighbours.
  const span = Math.ceil(tiles / sliceCount(tiles, vectors ? channels / 4 : channels, caps) / interleave) * interleave;
  const groups = Math.ceil(tiles / span);
  const grouped: Merge = { tiles, perTile, interleave, span, vectors, final: false };
  const whole: Merge = { tiles: groups, perTile: span * perTile, interleave: 1, span: groups, vectors: false, final: true };
  const counts = { tileMean: tiles, tileSquares: tiles, groupMean: groups, groupSquares: groups };
  return {
    dispatches: [mergeDispatch(p, grouped, caps), mergeDispatch(p, whole, caps)],
    temporaries: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, 4 * count * channels])),
  };
}

/** A rung that reads vectors of 4 channels gives no statistics where channels must be padded: they would have to be cropped, too. */
function fuses({ vectors }: Conv2dRung, p: Conv2dSizes): boolean {
  return vectors === 'none' || ((p.Ci / p.groups) % 4 === 0 && (p.Co / p.groups) % 4 === 0);
}

function fusedPlan(
  rung: Conv2dRung,
  tiles: NonNullable<Conv2dRung['tiles']>,
  p: Conv2dStatisticsParams,
  caps: AdapterCaps,
): Plan {
  const { dispatches, temporaries } = mergePlan(p, tiles, caps);
  const first = rung.dispatch(conv2dOf(p), caps, { x: 'x', accumulate: 0, ...onlyInput(p) }, true);
  return { dispatches: [first, ...dispatches], ...(temporaries ? { temporaries } : {}) };
}

/** The convolution, then the statistics of what it has stored. */
function separatePlan(variant: Variant<Conv2dParams>, p: Conv2dStatisticsParams, caps: AdapterCaps): Plan {
  const convolution = variant.plan(conv2dOf(p), caps);
  const rows = rowsOf(p);
  const [naive, vectors] = batchNormStatistics.variants as readonly [Variant<typeof rows>, Variant<typeof rows>];
  const statistics = (variant.id !== 'naive' && vectors.applies?.(rows, caps) ? vectors : naive).plan(rows, caps);
  const ofY = statistics.dispatches.map((step) => ({
    ...step,
    buffers: Object.fromEntries(
      ['x', ...Object.keys(step.buffers)].map((name) => {
        const buffer = step.buffers[name] ?? name;
        return [name, buffer === 'x' ? 'y' : buffer];
      }),
    ),
  }));
  return {
    dispatches: [...convolution.dispatches, ...ofY],
    temporaries: { ...convolution.temporaries, ...statistics.temporaries },
  };
}

function variantOf(variant: Variant<Conv2dParams>): Variant<Conv2dStatisticsParams> {
  const rung = CONV2D_RUNGS.find(({ id }) => id === variant.id);
  const { applies } = variant;
  return {
    id: variant.id,
    ...(applies ? { applies: (p, caps) => applies(conv2dOf(p), caps) } : {}),
    plan: (p, caps) => (rung?.tiles && fuses(rung, p) ? fusedPlan(rung, rung.tiles, p, caps) : separatePlan(variant, p, caps)),
  };
}

/** y = conv2d(x, w) + bias, and the mean and biased variance of its channels. The rungs are those of the convolution. */
export const conv2dStatistics = defineKernel<'x' | 'w' | 'bias', 'y' | 'mean' | 'variance', Conv2dStatisticsParams>({
  name: 'conv2dStatistics',
  equation:
    'y_{nyxo} = \\sum_{u,v,c} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; w_{uvco} + \\mathrm{bias}_o,\\quad \\mu_o = \\tfrac1M \\sum_{n,y,x} y_{nyxo},\\quad \\sigma_o^2 = \\tfrac1M \\sum_{n,y,x} (y_{nyxo} - \\mu_o)^2',
  inputs: ['x', 'w', 'bias'],
  outputs: ['y', 'mean', 'variance'],
  sizes: (p) => ({ ...conv2d.sizes(conv2dOf(p)), mean: p.Co, variance: p.Co }),
  example: { ...CONV2D_EXAMPLE, hasBias: 0 },
  reference(inputs, { y, mean, variance }, p) {
    conv2d.reference(inputs, { y }, conv2dOf(p));
    batchNormStatistics.reference({ x: y }, { mean, variance }, rowsOf(p));
  },
  variants: conv2d.variants.map(variantOf),
});
