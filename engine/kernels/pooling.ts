/** Max and average pooling of NHWC images and their gradients. Output sizes are the host's: floor or ceil mode both work for max. */

import averageShader from '../../shaders/average-pool.wgsl';
import { fourAtOnce } from '../../shaders/build/constants.ts';
import maxShader from '../../shaders/max-pool.wgsl';
import { perItem } from './grids.ts';
import { defineKernel, dispatch } from './kernel.ts';

/** x is [batch, height, width, channels], y is [batch, outHeight, outWidth, channels]. */
export type PoolParams = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padY: number;
  readonly padX: number;
};

const EXAMPLE: PoolParams = {
  batch: 1,
  height: 4,
  width: 4,
  channels: 4,
  outHeight: 2,
  outWidth: 2,
  kernelHeight: 2,
  kernelWidth: 2,
  strideY: 2,
  strideX: 2,
  padY: 0,
  padX: 0,
};

/** Most positions in a max-pooling window: the winner is one byte. */
export const MAX_WINDOW = 256;

const inputs = (p: PoolParams) => p.batch * p.height * p.width * p.channels;
const outputs = (p: PoolParams) => p.batch * p.outHeight * p.outWidth * p.channels;
const winnerWords = (p: PoolParams) => Math.ceil(outputs(p) / 4);
const inFours = (p: PoolParams) => p.channels % 4 === 0;
const inHalves = (p: PoolParams) =>
  inFours(p) &&
  p.kernelHeight === 2 &&
  p.kernelWidth === 2 &&
  p.strideY === 2 &&
  p.strideX === 2 &&
  p.padY === 0 &&
  p.padX === 0 &&
  p.outHeight === Math.floor(p.height / 2) &&
  p.outWidth === Math.floor(p.width / 2);

/** Calls `visit` for every pair of an output element and an input element inside its window, in row-major order of both. */
function forEachPair(p: PoolParams, visit: (output: number, input: number, offset: number) => void): void {
  for (let n = 0; n < p.batch; n++) {
    for (let q = 0; q < p.outHeight * p.outWidth; q++) {
      const top = Math.floor(q / p.outWidth) * p.strideY - p.padY;
      const left = (q % p.outWidth) * p.strideX - p.padX;
      for (let u = Math.max(0, -top); u < Math.min(p.kernelHeight, p.height - top); u++) {
        for (let v = Math.max(0, -left); v < Math.min(p.kernelWidth, p.width - left); v++) {
          const pixel = (n * p.height + top + u) * p.width + left + v;
          for (let c = 0; c < p.channels; c++) {
            visit((n * p.outHeight * p.outWidth + q) * p.channels + c, pixel * p.channels + c, u * p.kernelWidth + v);
          }
        }
      }
    }
  }
}

/** y and the packed winners, which `maxPoolGradient` needs. A window wholly in the padding gives 0; PyTorch forbids it (padding ≤ kernel/2). */
export const maxPool = defineKernel<'x', 'y' | 'winners', PoolParams>({
  name: 'maxPool',
  equation: 'y_{npqc} = \\max_{u,v} x_{n,\\,p s_y + u - p_y,\\,q s_x + v - p_x,\\,c}',
  inputs: ['x'],
  outputs: ['y', 'winners'],
  types: { winners: 'u32' },
  sizes: (p) => ({ x: inputs(p), y: outputs(p), winners: winnerWords(p) }),
  example: EXAMPLE,
  reference({ x }, { y, winners }, p) {
    const winner = new Int32Array(outputs(p)).fill(-1);
    y.fill(0);
    forEachPair(p, (output, input, offset) => {
      const value = x[input] as number;
      if (winner[output] === -1 || value > (y[output] as number) || Number.isNaN(value)) {
        y[output] = value;
        winner[output] = offset;
      }
    });
    winners.fill(0);
    for (let e = 0; e < winner.length; e++) {
      const word = Math.floor(e / 4);
      winners[word] = (winners[word] as number) | (Math.max(0, winner[e] as number) << (8 * (e % 4)));
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({ dispatches: [dispatch(maxShader, 'naive', p, perItem(winnerWords(p), caps, 64))] }),
    },
    {
      id: 'vectors',
      applies: inFours,
      plan: (p, caps) => ({
        dispatches: [dispatch(maxShader, 'vectors', p, perItem(winnerWords(p), caps, 64), { buffers: { x4: 'x', y4: 'y' } })],
      }),
    },
    {
      id: 'halves',
      applies: inHalves,
      plan: (p, caps) => ({
        dispatches: [dispatch(maxShader, 'halves', p, perItem(winnerWords(p), caps), { buffers: { x4: 'x', y4: 'y' } })],
      }),
    },
  ],
});

export const maxPoolGradient = defineKernel<'gy' | 'winners', 'gx', PoolParams>({
  name: 'maxPoolGradient',
  equation:
    'g_{x,nyxc} = \\sum_{p,q} g_{y,npqc}\\, \\big[(\\hat u, \\hat v)_{npqc} = (y - p s_y + p_y,\\; x - q s_x + p_x)\\big]',
  inputs: ['gy', 'winners'],
  outputs: ['gx'],
  types: { winners: 'u32' },
  sizes: (p) => ({ gy: outputs(p), winners: winnerWords(p), gx: inputs(p) }),
  example: EXAMPLE,
  reference({ gy, winners }, { gx }, p) {
    gx.fill(0);
    forEachPair(p, (output, input, offset) => {
      const winner = ((winners[Math.floor(output / 4)] as number) >>> (8 * (output % 4))) & 255;
      if (winner === offset) gx[input] = (gx[input] as number) + (gy[output] as number);
    });
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [dispatch(maxShader, 'gradient', p, perItem(inputs(p), caps, 64), { buffers: { won: 'winners' } })],
      }),
    },
    {
      id: 'vectors',
      applies: inFours,
      plan(p, caps) {
        const buffers = { won: 'winners', gy4: 'gy', gx4: 'gx' };
        return { dispatches: [dispatch(maxShader, 'vectorsGradient', p, perItem(inputs(p) / 4, caps, 64), { buffers })] };
      },
    },
    {
      id: 'halves',
      applies: inHalves,
      plan(p, caps) {
        const windows = p.batch * Math.ceil(p.height / 2) * Math.ceil(p.width / 2) * (p.channels / 4);
        const buffers = { won: 'winners', gy4: 'gy', gx4: 'gx' };
        return { dispatches: [dispatch(maxShader, 'halvesGradient', p, perItem(windows, caps), { buffers })] };
      },
    },
  ],
});

export const averagePool = defineKernel<'x', 'y', PoolParams>({
  name: 'averagePool',
  equation: 'y_{npqc} = \\tfrac{1}{k_y k_x} \\sum_{u,v} x_{n,\\,p s_y + u - p_y,\\,q s_x + v - p_x,\\,c}',
  inputs: ['x'],
  outputs: ['y'],
  sizes: (p) => ({ x: inputs(p), y: outputs(p) }),
  example: EXAMPLE,
  reference({ x }, { y }, p) {
    const area = p.kernelHeight * p.kernelWidth;
    y.fill(0);
    forEachPair(p, (output, input) => {
      y[output] = (y[output] as number) + (x[input] as number) / area;
    });
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({ dispatches: [dispatch(averageShader, 'naive', p, perItem(outputs(p), caps, 64))] }),
    },
    {
      id: 'vectors',
      applies: inFours,
      plan: (p, caps) => ({
        dispatches: [dispatch(fourAtOnce(averageShader), 'naive', p, perItem(outputs(p) / 4, caps, 64))],
      }),
    },
  ],
});

export const averagePoolGradient = defineKernel<'gy', 'gx', PoolParams>({
  name: 'averagePoolGradient',
  equation: 'g_{x,nyxc} = \\tfrac{1}{k_y k_x} \\sum_{(p,q) \\ni (y,x)} g_{y,npqc}',
  inputs: ['gy'],
  outputs: ['gx'],
  sizes: (p) => ({ gy: outputs(p), gx: inputs(p) }),
  example: EXAMPLE,
  reference({ gy }, { gx }, p) {
    const area = p.kernelHeight * p.kernelWidth;
    gx.fill(0);
    forEachPair(p, (output, input) => {
      gx[input] = (gx[input] as number) + (gy[output] as number) / area;
    });
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({ dispatches: [dispatch(averageShader, 'gradient', p, perItem(inputs(p), caps, 64))] }),
    },
    {
      id: 'vectors',
      applies: inFours,
      plan: (p, caps) => ({
        dispatches: [dispatch(fourAtOnce(averageShader), 'gradient', p, perItem(inputs(p) / 4, caps, 64))],
      }),
    },
  ],
});
