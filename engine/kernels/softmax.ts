/** Softmax, its logarithm, and cross-entropy with integer labels, along the last axis of [rows, classes]. */
import crossEntropyShader from '../../shaders/cross-entropy.wgsl';
import shader from '../../shaders/softmax.wgsl';
import groupShader from '../../shaders/softmax-groups.wgsl';
import { exp, log } from '../math/index.ts';
import { perItem } from './grids.ts';
import { defineKernel, dispatch, type KernelArray, type KernelSpec, linearGrid, type Variant } from './kernel.ts';

export type SoftmaxParams = {
  readonly rows: number;
  readonly classes: number;
};

export type CrossEntropyParams = SoftmaxParams & {
  /** s, the weight of a row in the loss: 1 for the sum of the rows, 1 / rows for their mean. */
  readonly scale: number;
};

/** max and ln Σ e^{x - max} of one row. */
function logSumExp(x: KernelArray, start: number, classes: number): { max: number; sum: number } {
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < classes; k++) max = Math.max(max, x[start + k] as number);
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += exp((x[start + k] as number) - max);
  return { max, sum };
}

const VECTORS = { x4: 'x', y4: 'y', gy4: 'gy', saved4: 'saved', gx4: 'gx' };

function variantsOf(entry: 'forward' | 'backward', LOGARITHM: 0 | 1): Variant<SoftmaxParams>[] {
  const overrides = { LOGARITHM };
  return [
    {
      id: 'row-per-invocation',
      plan: (p, caps) => ({ dispatches: [dispatch(shader, entry, p, perItem(p.rows, caps, 64), { overrides })] }),
    },
    {
      id: 'vectors',
      applies: (p) => p.classes % 4 === 0,
      plan: (p, caps) => ({
        dispatches: [dispatch(shader, `${entry}Vectors`, p, perItem(p.rows, caps, 64), { overrides, buffers: VECTORS })],
      }),
    },
    {
      id: 'row-per-workgroup',
      applies: (p, caps) => !caps.software && p.classes >= 128,
      plan: (p, caps) => ({
        dispatches: [dispatch(groupShader, entry, p, linearGrid(p.rows, 1, caps.maxWorkgroupsPerDimension), { overrides })],
      }),
    },
  ];
}

const EXAMPLE: SoftmaxParams = { rows: 3, classes: 5 };

function forwardKernel(name: 'softmax' | 'logSoftmax'): KernelSpec<'x', 'y', SoftmaxParams> {
  const logarithm = name === 'logSoftmax';
  return defineKernel({
    name,
    equation: logarithm ? 'y_{nk} = x_{nk} - \\ln\\sum_j e^{x_{nj}}' : 'y_{nk} = \\frac{e^{x_{nk}}}{\\sum_j e^{x_{nj}}}',
    inputs: ['x'],
    outputs: ['y'],
    sizes: ({ rows, classes }) => ({ x: rows * classes, y: rows * classes }),
    example: EXAMPLE,
    reference({ x }, { y }, { rows, classes }) {
      for (let n = 0; n < rows; n++) {
        const { max, sum } = logSumExp(x, n * classes, classes);
        for (let k = 0; k < classes; k++) {
          const shifted = (x[n * classes + k] as number) - max;
          y[n * classes + k] = logarithm ? shifted - log(sum) : exp(shifted) / sum;
        }
      }
    },
    variants: variantsOf('forward', logarithm ? 1 : 0),
  });
}

function gradientKernel(name: 'softmaxGradient' | 'logSoftmaxGradient'): KernelSpec<'gy' | 'saved', 'gx', SoftmaxParams> {
  const logarithm = name === 'logSoftmaxGradient';
  return defineKernel({
    name,
    equation: logarithm
      ? 'g_{x,nk} = g_{y,nk} - e^{y_{nk}} \\sum_j g_{y,nj}'
      : 'g_{x,nk} = y_{nk}\\left(g_{y,nk} - \\sum_j g_{y,nj}\\,y_{nj}\\right)',
    inputs: ['gy', 'saved'],
    outputs: ['gx'],
    sizes: ({ rows, classes }) => ({ gy: rows * classes, saved: rows * classes, gx: rows * classes }),
    example: EXAMPLE,
    reference({ gy, saved: y }, { gx }, { rows, classes }) {
      for (let n = 0; n < rows; n++) {
        const start = n * classes;
        let total = 0;
        for (let k = start; k < start + classes; k++) total += (gy[k] as number) * (logarithm ? 1 : (y[k] as number));
        for (let k = start; k < start + classes; k++) {
          const g = gy[k] as number;
          const s = y[k] as number;
          gx[k] = logarithm ? g - exp(s) * total : s * (g - total);
        }
      }
    },
    variants: variantsOf('backward', logarithm ? 1 : 0),
  });
}

export const softmax = forwardKernel('softmax');
export const logSoftmax = forwardKernel('logSoftmax');
/** `saved` is the output y of `softmax`. */
export const softmaxGradient = gradientKernel('softmaxGradient');
/** `saved` is the output y of `logSoftmax`. */
export const logSoftmaxGradient = gradientKernel('logSoftmaxGradient');

/**
 * Loss of each row and the gradient of that loss with respect to its logits, in one pass. A mean over the rows divides both by `rows`.
 * A label outside [0, classes) makes its row NaN.
 */
export const crossEntropy = defineKernel<'x' | 'labels', 'loss' | 'gx', CrossEntropyParams>({
  name: 'crossEntropy',
  equation: '\\ell_n = \\ln\\sum_k e^{x_{nk}} - x_{n t_n},\\quad g_{x,nk} = s\\,(\\operatorname{softmax}(x_n)_k - [k = t_n])',
  inputs: ['x', 'labels'],
  outputs: ['loss', 'gx'],
  types: { labels: 'i32' },
  sizes: ({ rows, classes }) => ({ x: rows * classes, labels: rows, loss: rows, gx: rows * classes }),
  example: { ...EXAMPLE, scale: 0.5 },
  reference({ x, labels }, { loss, gx }, { rows, classes, scale }) {
    for (let n = 0; n < rows; n++) {
      const label = labels[n] as number;
      const { max, sum } = logSumExp(x, n * classes, classes);
      const legal = label >= 0 && label < classes;
      loss[n] = legal ? log(sum) + (max - (x[n * classes + label] as number)) : Number.NaN;
      for (let k = 0; k < classes; k++) {
        const probability = exp((x[n * classes + k] as number) - max) / sum;
        gx[n * classes + k] = legal ? scale * (probability - Number(k === label)) : Number.NaN;
      }
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: (p, caps) => ({ dispatches: [dispatch(crossEntropyShader, 'rows', p, perItem(p.rows, caps, 64))] }),
    },
    {
      id: 'vectors',
      applies: (p) => p.classes % 4 === 0,
      plan: (p, caps) => ({
        dispatches: [dispatch(crossEntropyShader, 'vectors', p, perItem(p.rows, caps, 64), { buffers: { x4: 'x', gx4: 'gx' } })],
      }),
    },
  ],
});
