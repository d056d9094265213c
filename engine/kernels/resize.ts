/** Nearest and bilinear resizing of NHWC images (PyTorch's `interpolate`) and their gradients. */
import { fourAtOnce } from '../../shaders/build/constants.ts';
import shader from '../../shaders/resize.wgsl';
import doublesShader from '../../shaders/resize-doubles.wgsl';
import { perItem } from './grids.ts';
import { defineKernel, dispatch, type Variant } from './kernel.ts';

export type ResizeParams = {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly bilinear: 0 | 1;
  /** Input positions per output position. */
  readonly ratioY: number;
  readonly ratioX: number;
  /** 0.5: pixels are areas (bilinear without aligned corners); 0: pixels are points. */
  readonly offset: number;
};

/**
 * Parameters of a resize to a size. `scale` is the factor where the caller gave one instead of a size: like PyTorch, positions then
 * follow the factor and not the rounded sizes.
 */
export function resizeParams(box: {
  shape: readonly [batch: number, height: number, width: number, channels: number];
  size: readonly [height: number, width: number];
  mode: 'nearest' | 'bilinear';
  alignCorners?: boolean;
  scale?: readonly [y: number, x: number];
}): ResizeParams {
  const [batch, height, width, channels] = box.shape;
  const [outHeight, outWidth] = box.size;
  const bilinear = box.mode === 'bilinear';
  const aligned = bilinear && box.alignCorners === true;
  const ratio = (extent: number, out: number, scale: number | undefined) => {
    if (aligned) return out > 1 ? (extent - 1) / (out - 1) : 0;
    return scale === undefined ? extent / out : 1 / scale;
  };
  return {
    batch,
    height,
    width,
    channels,
    outHeight,
    outWidth,
    bilinear: bilinear ? 1 : 0,
    ratioY: ratio(height, outHeight, box.scale?.[0]),
    ratioX: ratio(width, outWidth, box.scale?.[1]),
    offset: bilinear && !aligned ? 0.5 : 0,
  };
}

const inputs = (p: ResizeParams) => p.batch * p.height * p.width * p.channels;
const outputs = (p: ResizeParams) => p.batch * p.outHeight * p.outWidth * p.channels;

/** What output position d of an axis looks at: two input positions and the share of the second. */
function look(d: number, ratio: number, extent: number, { bilinear, offset }: ResizeParams) {
  // In single precision, as the shader and PyTorch compute it: nearest takes the floor of this number.
  const s = Math.max(Math.fround(Math.fround((d + offset) * Math.fround(ratio)) - offset), 0);
  const lo = Math.min(Math.floor(s), extent - 1);
  if (!bilinear) return { lo, hi: lo, f: 0 };
  return { lo, hi: Math.min(lo + 1, extent - 1), f: Math.min(s - lo, 1) };
}

/** Calls `visit` for every output element with every input element it blends, and the weight. */
function forEachTap(p: ResizeParams, visit: (output: number, input: number, weight: number) => void): void {
  for (let n = 0; n < p.batch; n++) {
    for (let i = 0; i < p.outHeight; i++) {
      const row = look(i, p.ratioY, p.height, p);
      for (let j = 0; j < p.outWidth; j++) {
        const column = look(j, p.ratioX, p.width, p);
        for (const [y, wy] of [
          [row.lo, 1 - row.f],
          [row.hi, row.f],
        ] as const) {
          for (const [x, wx] of [
            [column.lo, 1 - column.f],
            [column.hi, column.f],
          ] as const) {
            if (wy * wx === 0) continue;
            const output = ((n * p.outHeight + i) * p.outWidth + j) * p.channels;
            const input = ((n * p.height + y) * p.width + x) * p.channels;
            for (let c = 0; c < p.channels; c++) visit(output + c, input + c, wy * wx);
          }
        }
      }
    }
  }
}

const EXAMPLE = resizeParams({ shape: [1, 2, 3, 4], size: [4, 5], mode: 'bilinear' });

/** A factor of exactly 2, with corners not aligned, in whole vectors of channels. */
const inDoubles = (p: ResizeParams) =>
  p.channels % 4 === 0 &&
  p.outHeight === 2 * p.height &&
  p.outWidth === 2 * p.width &&
  p.ratioY === 0.5 &&
  p.ratioX === 0.5 &&
  p.offset === (p.bilinear ? 0.5 : 0);

function variantsOf(general: 'naive' | 'gradient', items: (p: ResizeParams) => number) {
  const paramsOf = ({ bilinear, ...rest }: ResizeParams) => rest;
  const overrides = (p: ResizeParams) => ({ BILINEAR: p.bilinear });
  const buffers = { x4: 'x', y4: 'y', gy4: 'gy', gx4: 'gx' };
  const variants: Variant<ResizeParams>[] = [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [dispatch(shader, general, paramsOf(p), perItem(items(p), caps, 64), { overrides: overrides(p) })],
      }),
    },
    {
      id: 'vectors',
      applies: (p) => p.channels % 4 === 0,
      plan: (p, caps) => ({
        dispatches: [
          dispatch(fourAtOnce(shader), general, paramsOf(p), perItem(items(p) / 4, caps, 64), { overrides: overrides(p) }),
        ],
      }),
    },
    {
      id: 'doubles',
      applies: inDoubles,
      plan(p, caps) {
        const { batch, height, width, channels } = p;
        const entry = p.bilinear ? 'bilinear' : 'nearest';
        const grid = perItem(inputs(p) / 4, caps, 64);
        return {
          dispatches: [
            dispatch(doublesShader, general === 'naive' ? entry : `${entry}Gradient`, { batch, height, width, channels }, grid, {
              buffers,
            }),
          ],
        };
      },
    },
  ];
  return variants;
}

export const resize = defineKernel<'x', 'y', ResizeParams>({
  name: 'resize',
  equation: 'y_{npqc} = \\sum_{y,x} w_{py}\\,w_{qx}\\,x_{nyxc}',
  inputs: ['x'],
  outputs: ['y'],
  sizes: (p) => ({ x: inputs(p), y: outputs(p) }),
  example: EXAMPLE,
  reference({ x }, { y }, p) {
    y.fill(0);
    forEachTap(p, (output, input, weight) => {
      y[output] = (y[output] as number) + weight * (x[input] as number);
    });
  },
  variants: variantsOf('naive', outputs),
});

export const resizeGradient = defineKernel<'gy', 'gx', ResizeParams>({
  name: 'resizeGradient',
  equation: 'g_{x,nyxc} = \\sum_{p,q} w_{py}\\,w_{qx}\\,g_{y,npqc}',
  inputs: ['gy'],
  outputs: ['gx'],
  sizes: (p) => ({ gy: outputs(p), gx: inputs(p) }),
  example: EXAMPLE,
  reference({ gy }, { gx }, p) {
    gx.fill(0);
    forEachTap(p, (output, input, weight) => {
      gx[input] = (gx[input] as number) + weight * (gy[output] as number);
    });
  },
  variants: variantsOf('gradient', inputs),
});
