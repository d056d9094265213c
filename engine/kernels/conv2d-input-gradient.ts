/** Gradient of a convolution with respect to its input; with bias and activation, the forward pass of a transposed convolution. */
import naive from '../../shaders/ladders/conv2d-input-gradient/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d-input-gradient/2-register-tile-8x2.wgsl';
import quadSwap from '../../shaders/ladders/conv2d-input-gradient/3-quad-swap.wgsl';
import quadSwapWide from '../../shaders/ladders/conv2d-input-gradient/4-quad-swap-wide.wgsl';
import workgroupTile from '../../shaders/ladders/conv2d-input-gradient/5-workgroup-tile.wgsl';
import fewChannels from '../../shaders/ladders/conv2d-input-gradient/6-few-channels.wgsl';
import tile4x2 from '../../shaders/ladders/conv2d-input-gradient/8-register-tile-4x2.wgsl';
import type { Conv2dParams } from './conv2d.ts';
import { depthwiseInputGradient } from './conv2d-depthwise.ts';
import { periods, phaseTiles } from './conv2d-phases.ts';
import { CONV2D_EXAMPLE, type Conv2dPart, type Conv2dSizes, conv2dElements, onlyInput } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { epilogueOverrides, NO_BIAS_SIZE, NO_EPILOGUE, phi } from './epilogue.ts';
import { hasQuadSubgroups, prefersWideTiles } from './gemm-plan.ts';
import { type AdapterCaps, type Dispatch, defineKernel, dispatch, linearGrid, type Plan, type Variant } from './kernel.ts';

const wgslParams = ({ hasBias, activation, ...params }: Conv2dParams) => params;

/** A way to compute an input gradient. */
export interface InputGradientRung {
  readonly id: string;
  /** Which channels of gy, w and gx must come in whole vectors of 4 (they can be padded with zeros). */
  readonly vectors: 'none' | 'out' | 'both';
  applies(p: Conv2dSizes, caps: AdapterCaps): boolean;
  /** @param range which input channels of `w` belong to gx */
  plan(p: Conv2dParams, caps: AdapterCaps, range: WeightRange): Plan;
}

type WeightRange = Pick<Conv2dPart, 'wChannels' | 'wFirst'>;

/** @param tile pixels and channels of a tile, and tiles of a workgroup */
function quadDispatch(shader: typeof quadSwap | typeof quadSwapWide, columns: number) {
  return (p: Conv2dParams, caps: AdapterCaps, { wChannels, wFirst }: WeightRange): Dispatch => {
    const tiles = phaseTiles(p, 16) * p.groups * Math.ceil(p.Ci / p.groups / columns);
    const entry = (p.Co / p.groups) % 2 === 0 ? 'pairs' : 'single';
    const grid = linearGrid(tiles, 4, caps.maxWorkgroupsPerDimension);
    return dispatch(shader, entry, { ...wgslParams(p), wChannels, wFirst, ...periods(p) }, grid, {
      overrides: epilogueOverrides(p),
    });
  };
}

/** The equation as it stands. */
export function naiveDispatch(p: Conv2dParams, caps: AdapterCaps, { wChannels, wFirst }: WeightRange): Dispatch {
  const grid = linearGrid(conv2dElements(p).x, 64, caps.maxWorkgroupsPerDimension);
  return dispatch(naive, 'naive', { ...wgslParams(p), wChannels, wFirst }, grid, { overrides: epilogueOverrides(p) });
}

function registerDispatch(p: Conv2dParams, caps: AdapterCaps, { wChannels, wFirst }: WeightRange): Dispatch {
  const tiles = phaseTiles(p, 8) * p.groups * Math.ceil(p.Ci / p.groups / 8);
  const grid = linearGrid(tiles, 64, caps.maxWorkgroupsPerDimension);
  return dispatch(registerTile, 'tile', { ...wgslParams(p), wChannels, wFirst }, grid, { overrides: epilogueOverrides(p) });
}

function workgroupDispatch(p: Conv2dParams, caps: AdapterCaps, { wChannels, wFirst }: WeightRange): Dispatch {
  const tiles = phaseTiles(p, 64) * p.groups * Math.ceil(p.Ci / p.groups / 64);
  const grid = linearGrid(tiles, 1, caps.maxWorkgroupsPerDimension);
  return dispatch(workgroupTile, 'tile', { ...wgslParams(p), wChannels, wFirst, ...periods(p) }, grid, {
    overrides: epilogueOverrides(p),
  });
}

/** Neither strides, nor gaps, nor groups. */
const isPlain = (p: Conv2dSizes): boolean =>
  p.groups === 1 && p.strideY === 1 && p.strideX === 1 && p.dilationY === 1 && p.dilationX === 1;

function fewChannelsDispatch(p: Conv2dParams, caps: AdapterCaps, { wChannels, wFirst }: WeightRange): Dispatch {
  const { strideY, strideX, dilationY, dilationX, groups, ...params } = wgslParams(p);
  const grid = linearGrid(p.N * p.H * Math.ceil(p.W / 8), 64, caps.maxWorkgroupsPerDimension);
  return dispatch(fewChannels, 'strip', { ...params, wChannels, wFirst }, grid, {
    overrides: { ...epilogueOverrides(p), CHANNELS: p.Ci },
  });
}

/** For the CPU device: the weights are turned so that the input channels are their last axis, which costs next to nothing. */
function processorPlan(p: Conv2dParams, caps: AdapterCaps, { wChannels, wFirst }: WeightRange): Plan {
  const params = { ...wgslParams(p), wChannels, wFirst };
  const vectors = (p.kh * p.kw * p.Co * p.Ci) / p.groups / 4;
  const tiles = phaseTiles(p, 4) * p.groups * Math.ceil(p.Ci / p.groups / 8);
  return {
    dispatches: [
      dispatch(tile4x2, 'turn', params, linearGrid(vectors, 64, caps.maxWorkgroupsPerDimension), {
        buffers: { turned: 'turned' },
      }),
      dispatch(tile4x2, 'tile', params, linearGrid(tiles, 8, caps.maxWorkgroupsPerDimension), {
        overrides: epilogueOverrides(p),
        buffers: { weights: 'turned' },
      }),
    ],
    temporaries: { turned: 16 * vectors },
  };
}

const alone =
  (one: (p: Conv2dParams, caps: AdapterCaps, range: WeightRange) => Dispatch): InputGradientRung['plan'] =>
  (...args) => ({ dispatches: [one(...args)] });

/** The rungs above the naive one. */
export const INPUT_GRADIENT_RUNGS: readonly InputGradientRung[] = [
  { id: 'register-tile-8x2', vectors: 'both', applies: vectorsFit, plan: alone(registerDispatch) },
  {
    id: 'quad-swap',
    vectors: 'none',
    applies: (_, caps) => hasQuadSubgroups(caps),
    plan: alone(quadDispatch(quadSwap, 16)),
  },
  {
    id: 'quad-swap-wide',
    vectors: 'none',
    applies: (p, caps) => hasQuadSubgroups(caps) && prefersWideTiles(p.Ci / p.groups),
    plan: alone(quadDispatch(quadSwapWide, 24)),
  },
  {
    id: 'workgroup-tile',
    vectors: 'both',
    // Fewer channels would leave half of each tile idle.
    applies: (p, caps) => !caps.software && vectorsFit(p) && p.Ci / p.groups >= 32,
    plan: alone(workgroupDispatch),
  },
  {
    id: 'few-channels',
    vectors: 'out',
    applies: (p) => p.Ci <= 4 && isPlain(p),
    plan: alone(fewChannelsDispatch),
  },
  {
    id: 'register-tile-4x2',
    vectors: 'both',
    applies: (p, caps) => caps.kind === 'cpu' && vectorsFit(p),
    plan: processorPlan,
  },
];

function rungVariant({ id, vectors, applies, plan: planOf }: InputGradientRung): Variant<Conv2dParams> {
  return {
    id,
    applies,
    plan(p, caps) {
      const one = (q: Conv2dParams) => planOf(q, caps, onlyInput(q));
      const roles = { x: 'gx', y: 'gy', w: 'w', ...(p.hasBias ? { bias: ['bias', 'Ci'] as const } : {}) };
      return vectors === 'none' ? one(p) : vectorChannels(p, caps, roles, ['gx'], one, vectors);
    },
  };
}

/**
 * gx[n,y,x,c] = phi(Σ_{u,v,o} gy[n, (y + pad − u·dilation)/stride, (x + pad − v·dilation)/stride, o] · w[u,v,c,o] + bias[c]),
 * over the u,v for which the divisions leave no remainder. The sizes are those of the convolution: gy is [N,Ho,Wo,Co], gx
 * [N,H,W,Ci], and `bias`, if any, has Ci elements.
 */
export const conv2dInputGradient = defineKernel<'gy' | 'w' | 'bias', 'gx', Conv2dParams>({
  name: 'conv2dInputGradient',
  equation:
    'g_{x,nyxc} = \\varphi\\Big(\\sum_{u,v,o} g_{y,n,\\,(y+p-du)/s,\\,(x+p-dv)/s,\\,o}\\; w_{uvco} + \\mathrm{bias}_c\\Big)',
  inputs: ['gy', 'w', 'bias'],
  outputs: ['gx'],
  sizes(p) {
    const { x, y, w } = conv2dElements(p);
    return { gy: y, w, bias: p.hasBias ? p.Ci : NO_BIAS_SIZE, gx: x };
  },
  example: { ...CONV2D_EXAMPLE, ...NO_EPILOGUE },
  reference({ gy, w, bias }, { gx }, p) {
    const channelsIn = p.Ci / p.groups;
    const channelsOut = p.Co / p.groups;
    let i = 0;
    for (let n = 0; n < p.N; n++) {
      for (let yi = 0; yi < p.H; yi++) {
        for (let xi = 0; xi < p.W; xi++) {
          for (let c = 0; c < p.Ci; c++) {
            const first = Math.floor(c / channelsIn) * channelsOut;
            let sum = 0;
            for (let u = 0; u < p.kh; u++) {
              const yo = (yi + p.padTop - u * p.dilationY) / p.strideY;
              if (!Number.isInteger(yo) || yo < 0 || yo >= p.Ho) continue;
              for (let v = 0; v < p.kw; v++) {
                const xo = (xi + p.padLeft - v * p.dilationX) / p.strideX;
                if (!Number.isInteger(xo) || xo < 0 || xo >= p.Wo) continue;
                const pixel = ((n * p.Ho + yo) * p.Wo + xo) * p.Co + first;
                const tap = ((u * p.kw + v) * channelsIn + (c % channelsIn)) * p.Co + first;
                for (let o = 0; o < channelsOut; o++) sum += (gy[pixel + o] as number) * (w[tap + o] as number);
              }
            }
            gx[i++] = phi(p.hasBias ? sum + (bias[c] as number) : sum, p);
          }
        }
      }
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [naiveDispatch(p, caps, onlyInput(p))],
      }),
    },
    ...INPUT_GRADIENT_RUNGS.map(rungVariant),
    depthwiseInputGradient,
  ],
});
