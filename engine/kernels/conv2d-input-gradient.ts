/** Gradient of a convolution with respect to its input; with bias and activation, the forward pass of a transposed convolution. */
import naive from '../../shaders/ladders/conv2d-input-gradient/1-naive.wgsl';
import registerTile from '../../shaders/ladders/conv2d-input-gradient/2-register-tile.wgsl';
import workgroupTile from '../../shaders/ladders/conv2d-input-gradient/3-workgroup-tile.wgsl';
import tile4x2 from '../../shaders/ladders/conv2d-input-gradient/4-register-tile-4x2.wgsl';
import { type Conv2dParams, wgslParams } from './conv2d.ts';
import { depthwiseInputGradient } from './conv2d-depthwise.ts';
import { periods, phaseTiles } from './conv2d-phases.ts';
import { CONV2D_EXAMPLE, conv2dElements } from './conv2d-sizes.ts';
import { vectorChannels, vectorsFit } from './conv2d-vectors.ts';
import { epilogueOverrides, NO_BIAS_SIZE, NO_EPILOGUE, phi } from './epilogue.ts';
import { type AdapterCaps, defineKernel, dispatch, linearGrid, type Plan, type Variant } from './kernel.ts';

type Make = (p: Conv2dParams, caps: AdapterCaps) => Plan;

/** The weights and both tensors with channels padded to whole vectors of 4. */
const padded =
  (one: Make): Variant<Conv2dParams>['plan'] =>
  (p, caps) => {
    const roles = { x: 'gx', y: 'gy', w: 'w', ...(p.hasBias ? { bias: ['bias', 'Ci'] as const } : {}) };
    return vectorChannels(p, caps, roles, ['gx'], (q) => one(q, caps));
  };

const registerPlan: Make = (p, caps) => {
  const tiles = phaseTiles(p, 8) * p.groups * Math.ceil(p.Ci / p.groups / 8);
  const grid = linearGrid(tiles, 64, caps.maxWorkgroupsPerDimension);
  return { dispatches: [dispatch(registerTile, 'tile', wgslParams(p), grid, { overrides: epilogueOverrides(p) })] };
};

const workgroupPlan: Make = (p, caps) => {
  const tiles = phaseTiles(p, 64) * p.groups * Math.ceil(p.Ci / p.groups / 64);
  const grid = linearGrid(tiles, 1, caps.maxWorkgroupsPerDimension);
  const params = { ...wgslParams(p), ...periods(p) };
  return { dispatches: [dispatch(workgroupTile, 'tile', params, grid, { overrides: epilogueOverrides(p) })] };
};

/** For the CPU device: the weights are turned so that the input channels are their last axis, which costs next to nothing. */
const processorPlan: Make = (p, caps) => {
  const params = wgslParams(p);
  const vectors = (p.kh * p.kw * p.Co * p.Ci) / p.groups / 4;
  const tiles = phaseTiles(p, 4) * p.groups * Math.ceil(p.Ci / p.groups / 8);
  return {
    dispatches: [
      dispatch(tile4x2, 'turn', params, linearGrid(vectors, 64, caps.maxWorkgroupsPerDimension), {
        buffers: { turned: 'turned' },
      }),
      dispatch(tile4x2, 'tile', params, linearGrid(tiles, 8, caps.maxWorkgroupsPerDimension), {
        overrides: epilogueOverrides(p),
        buffers: { left: 'gy', right: 'turned' },
      }),
    ],
    temporaries: { turned: 16 * vectors },
  };
};

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
      plan(p, caps) {
        const grid = linearGrid(conv2dElements(p).x, 64, caps.maxWorkgroupsPerDimension);
        return { dispatches: [dispatch(naive, 'naive', wgslParams(p), grid, { overrides: epilogueOverrides(p) })] };
      },
    },
    { id: 'register-tile', applies: vectorsFit, plan: padded(registerPlan) },
    {
      id: 'workgroup-tile',
      // Fewer channels would leave half of each tile idle.
      applies: (p, caps) => !caps.software && vectorsFit(p) && p.Ci / p.groups >= 32,
      plan: padded(workgroupPlan),
    },
    { id: 'register-tile-4x2', applies: (p, caps) => caps.kind === 'cpu' && vectorsFit(p), plan: padded(processorPlan) },
    depthwiseInputGradient,
  ],
});
