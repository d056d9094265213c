/** Convolution (cross-correlation, as networks use it), with bias and activation in the tail. */
import naive from '../../shaders/ladders/conv2d/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d/2-register-tile-8x2.wgsl';
import quadSwap from '../../shaders/ladders/conv2d/3-quad-swap.wgsl';
import quadSwapWide from '../../shaders/ladders/conv2d/4-quad-swap-wide.wgsl';
import workgroupTile from '../../shaders/ladders/conv2d/5-workgroup-tile.wgsl';
import tile4x2 from '../../shaders/ladders/conv2d/7-register-tile-4x2.wgsl';
import { depthwise } from './conv2d-depthwise.ts';
import { CONV2D_EXAMPLE, type Conv2dPart, type Conv2dSizes, conv2dElements, onlyInput, readsOutside } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { type Epilogue, epilogueOverrides, NO_BIAS_SIZE, NO_EPILOGUE, phi } from './epilogue.ts';
import { hasQuadSubgroups, prefersWideTiles } from './gemm-plan.ts';
import { type AdapterCaps, type Dispatch, defineKernel, dispatch, linearGrid, type Variant } from './kernel.ts';

export type Conv2dParams = Conv2dSizes & Epilogue;

/** Parameters of the WGSL: those of the kernel less what is an override there. */
const wgslParams = ({ hasBias, activation, ...params }: Conv2dParams) => params;

/** One of the inputs that share a convolution: which channels of `w` it meets, and its name among the kernel's buffers. */
export interface Conv2dInput extends Conv2dPart {
  readonly x: string;
  /** 1: the result is added to what `y` holds. */
  readonly accumulate: number;
}

/** A way to compute a convolution: one dispatch for each input. */
export interface Conv2dRung {
  readonly id: string;
  /** Which channels must come in whole vectors of 4 (they can be padded with zeros): those of y, or those of x too. */
  readonly vectors: 'none' | 'out' | 'both';
  /** The tiles of pixels whose statistics it can give (shaders/batch-norm-tiles.wgsl): pixels in each, and how many interleave. */
  readonly tiles: { readonly perTile: number; readonly interleave: number } | undefined;
  applies(p: Conv2dSizes, caps: AdapterCaps): boolean;
  /** @param statistics also writes `tileMean` and `tileSquares` of what it stores; without activation, accumulation or other inputs */
  dispatch(p: Conv2dParams, caps: AdapterCaps, input: Conv2dInput, statistics?: boolean): Dispatch;
}

type TileShader = typeof quadSwap | typeof quadSwapWide | typeof registerTile | typeof workgroupTile | typeof tile4x2;

/** @param tile pixels and channels of a tile, and tiles of a workgroup */
function rungDispatch(
  shader: TileShader,
  entry: 'pairs' | 'single' | 'tile',
  tile: { pixels: number; columns: number; perGroup: number },
  p: Conv2dParams,
  caps: AdapterCaps,
  { x, wChannels, wFirst, doubled, accumulate }: Conv2dInput,
  statistics = false,
): Dispatch {
  const tiles = p.groups * Math.ceil(p.Co / p.groups / tile.columns) * Math.ceil((p.N * p.Ho * p.Wo) / tile.pixels);
  // The rungs take the same parameters; only the names of their entry points differ.
  return dispatch(
    shader as typeof quadSwap,
    (statistics ? `${entry}Statistics` : entry) as 'pairs',
    { ...wgslParams(p), wChannels, wFirst },
    linearGrid(tiles, tile.perGroup, caps.maxWorkgroupsPerDimension),
    {
      overrides: { ...epilogueOverrides(p), PADDED: Number(readsOutside(p)), ACCUMULATE: accumulate, DOUBLED: doubled },
      buffers: { x },
    },
  );
}

const quadEntry = (p: Conv2dSizes) => ((p.Ci / p.groups) % 2 === 0 ? 'pairs' : 'single');

/** The rungs above the naive one. */
export const CONV2D_RUNGS: readonly Conv2dRung[] = [
  {
    id: 'register-tile-8x2',
    vectors: 'both',
    applies: vectorsFit,
    tiles: { perTile: 8, interleave: 1 },
    dispatch: (p, caps, ...rest) => rungDispatch(registerTile, 'tile', { pixels: 8, columns: 8, perGroup: 64 }, p, caps, ...rest),
  },
  {
    id: 'quad-swap',
    vectors: 'none',
    applies: (_, caps) => hasQuadSubgroups(caps),
    tiles: { perTile: 16, interleave: 1 },
    dispatch: (p, caps, ...rest) =>
      rungDispatch(quadSwap, quadEntry(p), { pixels: 16, columns: 16, perGroup: 4 }, p, caps, ...rest),
  },
  {
    id: 'quad-swap-wide',
    vectors: 'none',
    applies: (p, caps) => hasQuadSubgroups(caps) && prefersWideTiles(p.Co / p.groups),
    tiles: { perTile: 16, interleave: 1 },
    dispatch: (p, caps, ...rest) =>
      rungDispatch(quadSwapWide, quadEntry(p), { pixels: 16, columns: 24, perGroup: 4 }, p, caps, ...rest),
  },
  {
    id: 'workgroup-tile',
    vectors: 'both',
    // Narrower outputs would leave half of each tile idle.
    applies: (p, caps) => !caps.software && vectorsFit(p) && p.Co / p.groups >= 32,
    tiles: { perTile: 8, interleave: 8 },
    dispatch: (p, caps, ...rest) =>
      rungDispatch(workgroupTile, 'tile', { pixels: 64, columns: 64, perGroup: 1 }, p, caps, ...rest),
  },
  {
    id: 'register-tile-4x2',
    vectors: 'out',
    applies: (p, caps) => caps.kind === 'cpu' && (p.groups === 1 || (p.Co / p.groups) % 4 === 0),
    tiles: undefined,
    dispatch: (p, caps, ...rest) => rungDispatch(tile4x2, 'tile', { pixels: 4, columns: 8, perGroup: 8 }, p, caps, ...rest),
  },
];

function rungVariant({ id, vectors, applies, dispatch: dispatchOf }: Conv2dRung): Variant<Conv2dParams> {
  return {
    id,
    applies,
    plan(p, caps) {
      const one = (q: Conv2dParams) => ({ dispatches: [dispatchOf(q, caps, { x: 'x', accumulate: 0, ...onlyInput(q) })] });
      const roles = { x: 'x', y: 'y', w: 'w', ...(p.hasBias ? { bias: ['bias', 'Co'] as const } : {}) };
      return vectors === 'none' ? one(p) : vectorChannels(p, caps, roles, ['y'], one, vectors);
    },
  };
}

/** y[n,y,x,o] = phi(Σ_{u,v,c} x[n, y·stride + u·dilation − pad, x·stride + v·dilation − pad, c] · w[u,v,c,o] + bias[o]) */
export const conv2d = defineKernel<'x' | 'w' | 'bias', 'y', Conv2dParams>({
  name: 'conv2d',
  equation: 'y_{nyxo} = \\varphi\\Big(\\sum_{u,v,c} x_{n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; w_{uvco} + \\mathrm{bias}_o\\Big)',
  inputs: ['x', 'w', 'bias'],
  outputs: ['y'],
  sizes: (p) => ({ ...conv2dElements(p), bias: p.hasBias ? p.Co : NO_BIAS_SIZE }),
  example: { ...CONV2D_EXAMPLE, ...NO_EPILOGUE },
  reference({ x, w, bias }, { y }, p) {
    const channels = p.Ci / p.groups;
    let i = 0;
    for (let n = 0; n < p.N; n++) {
      for (let yo = 0; yo < p.Ho; yo++) {
        for (let xo = 0; xo < p.Wo; xo++) {
          for (let o = 0; o < p.Co; o++) {
            const first = Math.floor(o / (p.Co / p.groups)) * channels;
            let sum = 0;
            for (let u = 0; u < p.kh; u++) {
              const yi = yo * p.strideY + u * p.dilationY - p.padTop;
              if (yi < 0 || yi >= p.H) continue;
              for (let v = 0; v < p.kw; v++) {
                const xi = xo * p.strideX + v * p.dilationX - p.padLeft;
                if (xi < 0 || xi >= p.W) continue;
                const pixel = ((n * p.H + yi) * p.W + xi) * p.Ci + first;
                const tap = (u * p.kw + v) * channels;
                for (let c = 0; c < channels; c++) sum += (x[pixel + c] as number) * (w[(tap + c) * p.Co + o] as number);
              }
            }
            y[i++] = phi(p.hasBias ? sum + (bias[o] as number) : sum, p);
          }
        }
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [
          dispatch(naive, 'naive', wgslParams(p), linearGrid(conv2dElements(p).y, 64, caps.maxWorkgroupsPerDimension), {
            overrides: epilogueOverrides(p),
          }),
        ],
      }),
    },
    ...CONV2D_RUNGS.map(rungVariant),
    depthwise,
  ],
});
