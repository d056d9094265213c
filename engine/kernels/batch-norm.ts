/** Batch normalisation of [rows, channels] (Ioffe & Szegedy 2015): statistics, forward, running averages and gradients. */
import shader from '../../shaders/batch-norm.wgsl';
import gradientShader from '../../shaders/batch-norm-gradient.wgsl';
import { square } from '../math/index.ts';
import { perItem, sliceCount } from './grids.ts';
import { type AdapterCaps, defineKernel, dispatch, type KernelArray, type Plan } from './kernel.ts';

interface Rows {
  /** Positions of all images: N·H·W, or N for features. */
  readonly rows: number;
  readonly channels: number;
}
export type BatchNormStatisticsParams = Rows;
export type BatchNormParams = Rows & { readonly epsilon: number /** 1: followed by max(·, 0). */; readonly relu: 0 | 1 };
export type BatchNormRunningParams = Rows & { readonly momentum: number };
export type BatchNormGradientParams = Rows & {
  readonly epsilon: number;
  /** 1: the statistics depend on x; 0: they are constants. */
  readonly training: 0 | 1;
  /** 1: `gy` is the gradient of max(·, 0) behind the normalisation. */
  readonly relu: 0 | 1;
};

/** One invocation per channel adds the slices up; on a software adapter that costs as much as a tenth of the walk where there are hundreds. */
const mostSlices = ({ software }: AdapterCaps): number => (software ? 64 : 512);

const at = (values: KernelArray, i: number) => values[i] as number;
const inFours = ({ channels }: Rows) => channels % 4 === 0;
/** How many times 4 rows an invocation takes where each is one of 4 channels: many, as long as the machine stays busy. */
function blocksOf({ rows, channels }: Rows, caps: AdapterCaps): { blocks: number; invocations: number } {
  const enough = caps.software ? 1024 : 65536;
  const blocks = Math.max(1, Math.min(caps.software ? 32 : 8, Math.floor((rows * channels) / 16 / enough)));
  return { blocks, invocations: (Math.ceil(rows / (4 * blocks)) * channels) / 4 };
}

/** Calls `visit` with the index of each row's element of channel c. */
function forEachRow({ rows, channels }: Rows, c: number, visit: (i: number) => void): void {
  for (let r = 0; r < rows; r++) visit(r * channels + c);
}

/**
 * Slices of the rows, and which rows each takes: see CONTIGUOUS in batch-norm.wgsl.
 * @param lanes invocations of one slice
 */
function slicing({ rows }: Rows, lanes: number, caps: AdapterCaps) {
  const wanted = Math.min(sliceCount(rows, lanes, caps), mostSlices(caps));
  // Blocks of equal length: the last must not be empty.
  const slices = caps.software ? Math.ceil(rows / Math.ceil(rows / wanted)) : wanted;
  return { slices, overrides: { CONTIGUOUS: Number(caps.software) } };
}

function statisticsPlan(p: Rows, vectors: boolean, caps: AdapterCaps): Plan {
  const lanes = vectors ? p.channels / 4 : p.channels;
  const { slices, overrides } = slicing(p, lanes, caps);
  const params = { rows: p.rows, channels: p.channels, slices, epsilon: 0, momentum: 0, blocks: 1 };
  const buffers = {
    x4: 'x',
    sliceMean4: 'sliceMean',
    sliceSquares4: 'sliceSquares',
    meanOut: 'mean',
    varianceOut: 'variance',
  };
  const entry = vectors ? 'statisticsVectors' : 'statistics';
  return {
    dispatches: [
      dispatch(shader, entry, params, perItem(slices * lanes, caps, 64), { buffers, overrides }),
      dispatch(shader, 'combine', params, perItem(p.channels, caps, 64), { buffers, overrides }),
    ],
    temporaries: { sliceMean: 4 * slices * p.channels, sliceSquares: 4 * slices * p.channels },
  };
}

/** Mean and biased variance of each channel. */
export const batchNormStatistics = defineKernel<'x', 'mean' | 'variance', BatchNormStatisticsParams>({
  name: 'batchNormStatistics',
  equation: '\\mu_c = \\tfrac1M \\sum_r x_{rc},\\quad \\sigma_c^2 = \\tfrac1M \\sum_r (x_{rc} - \\mu_c)^2',
  inputs: ['x'],
  outputs: ['mean', 'variance'],
  sizes: ({ rows, channels }) => ({ x: rows * channels, mean: channels, variance: channels }),
  example: { rows: 5, channels: 4 },
  reference({ x }, { mean, variance }, p) {
    for (let c = 0; c < p.channels; c++) {
      let sum = 0;
      forEachRow(p, c, (i) => {
        sum += at(x, i);
      });
      const center = sum / p.rows;
      let squares = 0;
      forEachRow(p, c, (i) => {
        squares += square(at(x, i) - center);
      });
      mean[c] = center;
      variance[c] = squares / p.rows;
    }
  },
  variants: [
    { id: 'naive', plan: (p, caps) => statisticsPlan(p, false, caps) },
    { id: 'vectors', applies: inFours, plan: (p, caps) => statisticsPlan(p, true, caps) },
  ],
});

/** y from x and given statistics (of the batch in training, the running ones in evaluation). */
export const batchNorm = defineKernel<'x' | 'mean' | 'variance' | 'gamma' | 'beta', 'y', BatchNormParams>({
  name: 'batchNorm',
  equation: 'y_{rc} = \\gamma_c \\frac{x_{rc} - \\mu_c}{\\sqrt{\\sigma_c^2 + \\epsilon}} + \\beta_c',
  inputs: ['x', 'mean', 'variance', 'gamma', 'beta'],
  outputs: ['y'],
  sizes: ({ rows, channels }) => ({
    x: rows * channels,
    mean: channels,
    variance: channels,
    gamma: channels,
    beta: channels,
    y: rows * channels,
  }),
  example: { rows: 5, channels: 4, epsilon: 1e-5, relu: 0 },
  reference({ x, mean, variance, gamma, beta }, { y }, p) {
    for (let c = 0; c < p.channels; c++) {
      const scale = at(gamma, c) / Math.sqrt(at(variance, c) + p.epsilon);
      forEachRow(p, c, (i) => {
        const v = scale * (at(x, i) - at(mean, c)) + at(beta, c);
        y[i] = p.relu ? Math.max(v, 0) : v;
      });
    }
  },
  variants: [
    {
      id: 'naive',
      plan: ({ rows, channels, epsilon, relu }, caps) => ({
        dispatches: [
          dispatch(
            shader,
            'normalize',
            { rows, channels, epsilon, slices: 1, momentum: 0, blocks: 1 },
            perItem(rows * channels, caps),
            {
              overrides: { RELU: relu },
            },
          ),
        ],
      }),
    },
    {
      id: 'vectors',
      applies: inFours,
      plan(p, caps) {
        const { blocks, invocations } = blocksOf(p, caps);
        const params = { rows: p.rows, channels: p.channels, epsilon: p.epsilon, slices: 1, momentum: 0, blocks };
        const step = dispatch(shader, 'normalizeVectors', params, perItem(invocations, caps, 64), {
          overrides: { RELU: p.relu, CONTIGUOUS: Number(caps.software) },
          buffers: { x4: 'x', y4: 'y', mean4: 'mean', variance4: 'variance', gamma4: 'gamma', beta4: 'beta' },
        });
        return { dispatches: [step] };
      },
    },
  ],
});

/** Running averages of the batch statistics; `momentum` is the weight of the new batch, the variance the unbiased one. */
export const batchNormRunning = defineKernel<'mean' | 'variance', 'runningMean' | 'runningVariance', BatchNormRunningParams>({
  name: 'batchNormRunning',
  equation:
    '\\mu^{run}_c \\leftarrow (1-m)\\,\\mu^{run}_c + m\\,\\mu_c,\\quad v^{run}_c \\leftarrow (1-m)\\,v^{run}_c + m\\,\\tfrac{M}{M-1}\\sigma_c^2',
  inputs: ['mean', 'variance'],
  outputs: ['runningMean', 'runningVariance'],
  inPlace: ['runningMean', 'runningVariance'],
  sizes: ({ channels }) => ({ mean: channels, variance: channels, runningMean: channels, runningVariance: channels }),
  example: { rows: 5, channels: 4, momentum: 0.1 },
  reference({ mean, variance }, { runningMean, runningVariance }, { rows, channels, momentum }) {
    const unbiased = rows / Math.max(rows - 1, 1);
    for (let c = 0; c < channels; c++) {
      runningMean[c] = (1 - momentum) * at(runningMean, c) + momentum * at(mean, c);
      runningVariance[c] = (1 - momentum) * at(runningVariance, c) + momentum * unbiased * at(variance, c);
    }
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => ({
        dispatches: [dispatch(shader, 'running', { ...p, slices: 1, epsilon: 0, blocks: 1 }, perItem(p.channels, caps, 64))],
      }),
    },
  ],
});

function gradientPlan(p: BatchNormGradientParams, vectors: boolean, caps: AdapterCaps): Plan {
  const lanes = vectors ? p.channels / 4 : p.channels;
  const { slices, overrides } = slicing(p, lanes, caps);
  const { blocks, invocations } = blocksOf(p, caps);
  const params = { rows: p.rows, channels: p.channels, slices, epsilon: p.epsilon, blocks };
  const relu = { RELU: p.relu };
  const training = { TRAINING: p.training, ...relu };
  const buffers = {
    x4: 'x',
    gy4: 'gy',
    gx4: 'gx',
    mean4: 'mean',
    variance4: 'variance',
    gamma4: 'gamma',
    beta4: 'beta',
    sliceGamma4: 'sliceGamma',
    sliceBeta4: 'sliceBeta',
    sumsOut: 'sums',
    sums4: 'sums',
  };
  return {
    dispatches: [
      dispatch(gradientShader, vectors ? 'sumSlicesVectors' : 'sumSlices', params, perItem(slices * lanes, caps, 64), {
        buffers,
        overrides: { ...overrides, ...relu },
      }),
      dispatch(gradientShader, 'combine', params, perItem(p.channels, caps, 64), { buffers }),
      vectors
        ? dispatch(gradientShader, 'gradientVectors', params, perItem(invocations, caps, 64), {
            buffers,
            overrides: { ...training, ...overrides },
          })
        : dispatch(gradientShader, 'gradient', params, perItem(p.rows * p.channels, caps), { buffers, overrides: training }),
    ],
    temporaries: { sliceGamma: 4 * slices * p.channels, sliceBeta: 4 * slices * p.channels, sums: 8 * p.channels },
  };
}

/** Gradients with respect to x, γ and β, also through a ReLU behind the normalisation. */
export const batchNormGradient = defineKernel<
  'x' | 'gy' | 'mean' | 'variance' | 'gamma' | 'beta',
  'gx' | 'ggamma' | 'gbeta',
  BatchNormGradientParams
>({
  name: 'batchNormGradient',
  equation:
    'g_{x,rc} = \\gamma_c\\, \\frac{1}{\\sqrt{\\sigma_c^2 + \\epsilon}} \\Big(g_{y,rc} - \\tfrac1M \\sum_r g_{y,rc} - \\hat x_{rc}\\, \\tfrac1M \\sum_r g_{y,rc}\\, \\hat x_{rc}\\Big)',
  inputs: ['x', 'gy', 'mean', 'variance', 'gamma', 'beta'],
  outputs: ['gx', 'ggamma', 'gbeta'],
  sizes: ({ rows, channels }) => ({
    x: rows * channels,
    gy: rows * channels,
    mean: channels,
    variance: channels,
    gamma: channels,
    beta: channels,
    gx: rows * channels,
    ggamma: channels,
    gbeta: channels,
  }),
  example: { rows: 5, channels: 4, epsilon: 1e-5, training: 1, relu: 0 },
  reference({ x, gy, mean, variance, gamma, beta }, { gx, ggamma, gbeta }, p) {
    for (let c = 0; c < p.channels; c++) {
      const inverse = 1 / Math.sqrt(at(variance, c) + p.epsilon);
      const normalized = (i: number) => (at(x, i) - at(mean, c)) * inverse;
      // Behind a ReLU, only what it let through counts.
      const passed = (i: number) => (p.relu && at(gamma, c) * normalized(i) + at(beta, c) <= 0 ? 0 : at(gy, i));
      let ofBeta = 0;
      let ofGamma = 0;
      forEachRow(p, c, (i) => {
        ofBeta += passed(i);
        ofGamma += passed(i) * normalized(i);
      });
      gbeta[c] = ofBeta;
      ggamma[c] = ofGamma;
      forEachRow(p, c, (i) => {
        const common = p.training ? (ofBeta + normalized(i) * ofGamma) / p.rows : 0;
        gx[i] = at(gamma, c) * inverse * (passed(i) - common);
      });
    }
  },
  variants: [
    { id: 'naive', plan: (p, caps) => gradientPlan(p, false, caps) },
    { id: 'vectors', applies: inFours, plan: (p, caps) => gradientPlan(p, true, caps) },
  ],
});
