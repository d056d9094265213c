/** Layer normalisation of [rows, features] (Ba, Kiros & Hinton 2016) and its gradients. */
import shader from '../../shaders/layer-norm.wgsl';
import groupShader from '../../shaders/layer-norm-groups.wgsl';
import { square } from '../math/index.ts';
import { perItem, sliceCount } from './grids.ts';
import { type AdapterCaps, defineKernel, dispatch, type KernelArray, linearGrid, type Plan } from './kernel.ts';

export type LayerNormParams = {
  readonly rows: number;
  readonly features: number;
  readonly epsilon: number;
};

const EXAMPLE: LayerNormParams = { rows: 3, features: 5, epsilon: 1e-5 };
/** Rows long enough to be worth a workgroup each. */
const LONG = 128;
const MOST_SLICES = 256;
const at = (values: KernelArray, i: number) => values[i] as number;

/** y, and the mean and 1/√(σ²+ε) of each row, which the gradient reads. */
export const layerNorm = defineKernel<'x' | 'gamma' | 'beta', 'y' | 'mean' | 'inverse', LayerNormParams>({
  name: 'layerNorm',
  equation: 'y_{rk} = \\gamma_k \\frac{x_{rk} - \\mu_r}{\\sqrt{\\sigma_r^2 + \\epsilon}} + \\beta_k',
  inputs: ['x', 'gamma', 'beta'],
  outputs: ['y', 'mean', 'inverse'],
  sizes: ({ rows, features }) => ({
    x: rows * features,
    gamma: features,
    beta: features,
    y: rows * features,
    mean: rows,
    inverse: rows,
  }),
  example: EXAMPLE,
  reference({ x, gamma, beta }, { y, mean, inverse }, { rows, features, epsilon }) {
    for (let r = 0; r < rows; r++) {
      const start = r * features;
      let sum = 0;
      for (let k = 0; k < features; k++) sum += at(x, start + k);
      const center = sum / features;
      let squares = 0;
      for (let k = 0; k < features; k++) squares += square(at(x, start + k) - center);
      const scale = 1 / Math.sqrt(squares / features + epsilon);
      for (let k = 0; k < features; k++) y[start + k] = at(gamma, k) * (at(x, start + k) - center) * scale + at(beta, k);
      mean[r] = center;
      inverse[r] = scale;
    }
  },
  variants: [
    {
      id: 'row-per-invocation',
      plan: (p, caps) => ({
        dispatches: [
          dispatch(shader, 'forward', { ...p, slices: 1 }, perItem(p.rows, caps, 64), {
            buffers: { meanOut: 'mean', inverseOut: 'inverse' },
          }),
        ],
      }),
    },
    {
      id: 'row-per-workgroup',
      applies: (p, caps) => !caps.software && p.features >= LONG,
      plan: (p, caps) => ({
        dispatches: [
          dispatch(groupShader, 'forward', p, linearGrid(p.rows, 1, caps.maxWorkgroupsPerDimension), {
            buffers: { meanOut: 'mean', inverseOut: 'inverse' },
          }),
        ],
      }),
    },
  ],
});

function gradientPlan(p: LayerNormParams, groups: boolean, caps: AdapterCaps): Plan {
  const slices = Math.min(sliceCount(p.rows, p.features, caps), MOST_SLICES);
  const params = { ...p, slices };
  return {
    dispatches: [
      groups
        ? dispatch(groupShader, 'gradient', p, linearGrid(p.rows, 1, caps.maxWorkgroupsPerDimension))
        : dispatch(shader, 'gradient', params, perItem(p.rows, caps, 64)),
      dispatch(shader, 'sums', params, perItem(slices * p.features, caps, 64)),
      dispatch(shader, 'combine', params, perItem(p.features, caps, 64)),
    ],
    temporaries: { sliceGamma: 4 * slices * p.features, sliceBeta: 4 * slices * p.features },
  };
}

/** Gradients with respect to x, γ and β. `mean` and `inverse` are outputs of `layerNorm`. */
export const layerNormGradient = defineKernel<
  'x' | 'gy' | 'gamma' | 'mean' | 'inverse',
  'gx' | 'ggamma' | 'gbeta',
  LayerNormParams
>({
  name: 'layerNormGradient',
  equation:
    'g_{x,rk} = \\frac{1}{\\sqrt{\\sigma_r^2+\\epsilon}}\\left(h_{rk} - \\overline{h_r} - \\hat x_{rk}\\,\\overline{h_r \\hat x_r}\\right),\\quad h = \\gamma g_y',
  inputs: ['x', 'gy', 'gamma', 'mean', 'inverse'],
  outputs: ['gx', 'ggamma', 'gbeta'],
  sizes: ({ rows, features }) => ({
    x: rows * features,
    gy: rows * features,
    gamma: features,
    mean: rows,
    inverse: rows,
    gx: rows * features,
    ggamma: features,
    gbeta: features,
  }),
  example: EXAMPLE,
  reference({ x, gy, gamma, mean, inverse }, { gx, ggamma, gbeta }, { rows, features }) {
    const normalized = (r: number, k: number) => (at(x, r * features + k) - at(mean, r)) * at(inverse, r);
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      let along = 0;
      for (let k = 0; k < features; k++) {
        const h = at(gy, r * features + k) * at(gamma, k);
        sum += h;
        along += h * normalized(r, k);
      }
      for (let k = 0; k < features; k++) {
        const h = at(gy, r * features + k) * at(gamma, k);
        gx[r * features + k] = at(inverse, r) * (h - sum / features - (normalized(r, k) * along) / features);
      }
    }
    for (let k = 0; k < features; k++) {
      let ofBeta = 0;
      let ofGamma = 0;
      for (let r = 0; r < rows; r++) {
        ofBeta += at(gy, r * features + k);
        ofGamma += at(gy, r * features + k) * normalized(r, k);
      }
      gbeta[k] = ofBeta;
      ggamma[k] = ofGamma;
    }
  },
  variants: [
    { id: 'row-per-invocation', plan: (p, caps) => gradientPlan(p, false, caps) },
    {
      id: 'row-per-workgroup',
      applies: (p, caps) => !caps.software && p.features >= LONG,
      plan: (p, caps) => gradientPlan(p, true, caps),
    },
  ],
});
