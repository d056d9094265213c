/** Random tensors and dropout. `state` holds [seed, stream, step, 0]: see `Generator.next()` in engine/random.ts. */
import shader from '../../shaders/random.wgsl';
import { perItem, perSixteen } from './grids.ts';
import { defineKernel, dispatch, type KernelArray, type KernelSpec } from './kernel.ts';
import { normalOf, randomWords, uniformOf } from './pcg.ts';

/** `draw` numbers the draws within a step. */
interface Draw {
  readonly count: number;
  readonly draw: number;
}

function words(state: KernelArray, count: number, draw: number): Uint32Array {
  return randomWords(count, { seed: state[0] as number, stream: state[1] as number, step: state[2] as number, draw });
}

/** The position is DISTRIBUTION in the WGSL. */
const DISTRIBUTIONS = ['randomUniform', 'randomNormal', 'randomBernoulli'] as const;

function randomKernel<P extends Draw>(
  name: (typeof DISTRIBUTIONS)[number],
  equation: string,
  example: P,
  numbers: (params: P) => { low: number; high: number },
  element: (words: Uint32Array, i: number, params: P) => number,
): KernelSpec<'state', 'y', P> {
  return defineKernel({
    name,
    equation,
    inputs: ['state'],
    outputs: ['y'],
    types: { state: 'u32' },
    sizes: ({ count }) => ({ state: 4, y: count }),
    example,
    reference({ state }, { y }, params) {
      const source = words(state, Math.ceil(params.count / 4) * 4, params.draw);
      for (let i = 0; i < params.count; i++) y[i] = element(source, i, params);
    },
    variants: [
      {
        id: 'vectors',
        plan: (p, caps) => ({
          dispatches: [
            dispatch(
              shader,
              'draw',
              { count: p.count, draw: p.draw, ...numbers(p), channels: 1, plane: 1 },
              perSixteen(p.count, caps),
              { buffers: { y4: 'y' }, overrides: { DISTRIBUTION: DISTRIBUTIONS.indexOf(name) } },
            ),
          ],
        }),
      },
    ],
  });
}

/** y uniform in [low, high), rounded to f32, which may give `high`. */
export const randomUniform = randomKernel(
  'randomUniform',
  'y_i = a + (b - a)\\,U_i,\\quad U_i \\sim \\mathcal U[0, 1)',
  { count: 7, draw: 0, low: 0, high: 1 },
  ({ low, high }) => ({ low, high }),
  (source, i, { low, high }) => low + (high - low) * uniformOf(source[i] as number),
);

export const randomNormal = randomKernel(
  'randomNormal',
  'y_i = \\mu + \\sigma \\sqrt{-2\\ln U_1}\\cos 2\\pi U_2',
  { count: 7, draw: 0, mean: 0, std: 1 },
  ({ mean, std }) => ({ low: mean, high: std }),
  (source, i, { mean, std }) => mean + std * normalOf(source, i),
);

/** y is 1 with probability p, else 0. */
export const randomBernoulli = randomKernel(
  'randomBernoulli',
  'y_i = [U_i < p]',
  { count: 7, draw: 0, p: 0.5 },
  ({ p }) => ({ low: p, high: 0 }),
  (source, i, { p }) => (uniformOf(source[i] as number) < Math.fround(p) ? 1 : 0),
);

export type DropoutParams = Draw & { readonly p: number };
/** x is [images, …, channels]; `plane` counts the elements of one image. */
export type ChannelDropoutParams = DropoutParams & { readonly channels: number; readonly plane: number };

const scaleOf = (p: number) => (p < 1 ? 1 / (1 - p) : 0);
const kept = (word: number, p: number) => uniformOf(word) >= Math.fround(p);

/** Inverted dropout; applied to gy it is its own gradient, with the same state and draw. */
export const dropout = defineKernel<'x' | 'state', 'y', DropoutParams>({
  name: 'dropout',
  equation: 'y_i = x_i\\,\\frac{[U_i \\ge p]}{1-p}',
  inputs: ['x', 'state'],
  outputs: ['y'],
  types: { state: 'u32' },
  sizes: ({ count }) => ({ x: count, state: 4, y: count }),
  example: { count: 7, draw: 0, p: 0.5 },
  reference({ x, state }, { y }, { count, draw, p }) {
    const source = words(state, count, draw);
    for (let i = 0; i < count; i++) y[i] = kept(source[i] as number, p) ? (x[i] as number) * scaleOf(p) : 0;
  },
  variants: [
    {
      id: 'naive',
      plan: ({ count, draw, p }, caps) => ({
        dispatches: [
          dispatch(
            shader,
            'dropoutNaive',
            { count, draw, low: p, high: scaleOf(p), channels: 1, plane: 1 },
            perItem(count, caps),
          ),
        ],
      }),
    },
    {
      id: 'vectors',
      plan: ({ count, draw, p }, caps) => ({
        dispatches: [
          dispatch(
            shader,
            'dropoutVectors',
            { count, draw, low: p, high: scaleOf(p), channels: 1, plane: 1 },
            perSixteen(count, caps),
            { buffers: { x4: 'x', y4: 'y' } },
          ),
        ],
      }),
    },
  ],
});

/** Dropout of whole channels (dropout2d); applied to gy it is its own gradient. */
export const dropoutChannels = defineKernel<'x' | 'state', 'y', ChannelDropoutParams>({
  name: 'dropoutChannels',
  equation: 'y_{nyxc} = x_{nyxc}\\,\\frac{[U_{nc} \\ge p]}{1-p}',
  inputs: ['x', 'state'],
  outputs: ['y'],
  types: { state: 'u32' },
  sizes: ({ count }) => ({ x: count, state: 4, y: count }),
  example: { count: 32, draw: 0, p: 0.5, channels: 4, plane: 16 },
  reference({ x, state }, { y }, { count, draw, p, channels, plane }) {
    const source = words(state, Math.ceil(count / plane) * channels, draw);
    for (let i = 0; i < count; i++) {
      const word = source[Math.floor(i / plane) * channels + (i % channels)] as number;
      y[i] = kept(word, p) ? (x[i] as number) * scaleOf(p) : 0;
    }
  },
  variants: [
    {
      id: 'naive',
      plan: ({ p, ...rest }, caps) => ({
        dispatches: [dispatch(shader, 'channelsNaive', { ...rest, low: p, high: scaleOf(p) }, perItem(rest.count, caps))],
      }),
    },
    {
      id: 'vectors',
      applies: ({ channels }) => channels % 4 === 0,
      plan({ p, ...rest }, caps) {
        const { count, plane, channels } = rest;
        const blocks = (count / plane) * Math.ceil(plane / channels / 8) * (channels / 4);
        return {
          dispatches: [
            dispatch(shader, 'channelsVectors', { ...rest, low: p, high: scaleOf(p) }, perItem(blocks, caps, 64), {
              buffers: { x4: 'x', y4: 'y' },
            }),
          ],
        };
      },
    },
  ],
});
