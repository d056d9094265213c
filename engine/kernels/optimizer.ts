/** Optimiser steps over a stretch of parameters, in place. What changes from step to step is data in `hyper`. */
import clipShader from '../../shaders/clip.wgsl';
import shader from '../../shaders/optimizer.wgsl';
import { pow } from '../math/index.ts';
import { perItem } from './grids.ts';
import { type AdapterCaps, defineKernel, dispatch, type KernelArray, type Variant } from './kernel.ts';

export type OptimizerParams = { readonly count: number };

export interface SgdNumbers {
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

export const SGD_HYPER_LENGTH = 6;
export const ADAM_HYPER_LENGTH = 9;

/** The `hyper` data of `sgd` and `sgdMomentum`. @param step 1 for the first step, which starts the momentum with the gradient */
export function sgdHyper(numbers: SgdNumbers, step: number): Float32Array<ArrayBuffer> {
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = numbers;
  return Float32Array.of(lr, momentum, 1 - dampening, Number(nesterov), weightDecay, Number(step === 1));
}

export interface AdamNumbers {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay?: number;
  /** AdamW: the decay shrinks the parameters instead of entering the gradient. */
  readonly decoupled?: boolean;
  /** `pytorch`: ε is added to √v̂. `keras`: ε is added to √v, before the bias correction. */
  readonly epsilonForm?: 'pytorch' | 'keras';
}

/** The `hyper` data of `adam`, computed in double precision. @param step 1 for the first step */
export function adamHyper(numbers: AdamNumbers, step: number): Float32Array<ArrayBuffer> {
  const { lr, betas, eps, weightDecay = 0, decoupled = false, epsilonForm = 'pytorch' } = numbers;
  const [beta1, beta2] = betas;
  const root = Math.sqrt(1 - pow(beta2, step));
  const corrected = lr / (1 - pow(beta1, step));
  const keras = epsilonForm === 'keras';
  return Float32Array.of(
    keras ? corrected * root : corrected,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    keras ? 1 : 1 / root,
    eps,
    decoupled ? 0 : weightDecay,
    decoupled ? 1 - lr * weightDecay : 1,
  );
}

type Naive = 'sgdNaive' | 'momentumNaive' | 'adamNaive';
type Vectors = 'sgdVectors' | 'momentumVectors' | 'adamVectors';

/** Parameters that one workgroup of each entry point takes. */
const PER_WORKGROUP = { sgdVectors: 4096, momentumVectors: 2048, adamVectors: 1024 } as const;

function variantsOf(naive: Naive, vectors: Vectors, hyper: 'sgdHyper' | 'adamHyper') {
  const buffers = { [hyper]: 'hyper', g4: 'g', p4: 'p', b4: 'b', m4: 'm', v4: 'v' };
  const from = (first: number, { count }: OptimizerParams, caps: AdapterCaps) =>
    dispatch(shader, naive, { count, first }, perItem(count - first, caps), { buffers });
  const inWorkgroups = (groups: number, { count }: OptimizerParams, caps: AdapterCaps, guarded: boolean) =>
    dispatch(shader, vectors, { count, first: 0 }, perItem(256 * groups, caps), {
      buffers,
      overrides: { GUARDED: Number(guarded) },
    });
  const variants: Variant<OptimizerParams>[] = [
    { id: 'naive', plan: (p, caps) => ({ dispatches: [from(0, p, caps)] }) },
    {
      id: 'vectors',
      plan(p, caps) {
        const groups = p.count / PER_WORKGROUP[vectors];
        // A folded grid may have more workgroups than it was made for.
        if (!caps.software || groups > caps.maxWorkgroupsPerDimension) {
          return { dispatches: [inWorkgroups(Math.ceil(groups), p, caps, true)] };
        }
        const whole = Math.floor(groups);
        const rest = whole * PER_WORKGROUP[vectors];
        return {
          dispatches: [
            ...(whole > 0 ? [inWorkgroups(whole, p, caps, false)] : []),
            ...(rest < p.count ? [from(rest, p, caps)] : []),
          ],
        };
      },
    },
  ];
  return variants;
}

const at = (values: KernelArray, i: number) => values[i] as number;
/** Moments below 2⁻¹²⁶ become 0 on every device: adapters differ about subnormal numbers. */
const flushed = (v: number) => (Math.abs(Math.fround(v)) < 2 ** -126 ? 0 : v);

/** Gradient descent without momentum; `hyper` from `sgdHyper`. */
export const sgd = defineKernel<'hyper' | 'g', 'p', OptimizerParams>({
  name: 'sgd',
  equation: '\\theta \\leftarrow \\theta - \\eta\\,(g + \\lambda\\theta)',
  inputs: ['hyper', 'g'],
  outputs: ['p'],
  inPlace: ['p'],
  sizes: ({ count }) => ({ hyper: SGD_HYPER_LENGTH, g: count, p: count }),
  example: { count: 7 },
  reference({ hyper, g }, { p }, { count }) {
    for (let i = 0; i < count; i++) p[i] = at(p, i) - at(hyper, 0) * (at(g, i) + at(hyper, 4) * at(p, i));
  },
  variants: variantsOf('sgdNaive', 'sgdVectors', 'sgdHyper'),
});

/** Gradient descent with momentum b, PyTorch's rule; `hyper` from `sgdHyper`. */
export const sgdMomentum = defineKernel<'hyper' | 'g', 'p' | 'b', OptimizerParams>({
  name: 'sgdMomentum',
  equation: 'b \\leftarrow \\mu b + (1-\\tau)(g + \\lambda\\theta),\\quad \\theta \\leftarrow \\theta - \\eta\\,b',
  inputs: ['hyper', 'g'],
  outputs: ['p', 'b'],
  inPlace: ['p', 'b'],
  sizes: ({ count }) => ({ hyper: SGD_HYPER_LENGTH, g: count, p: count, b: count }),
  example: { count: 7 },
  reference({ hyper, g }, { p, b }, { count }) {
    const [lr, momentum, share, nesterov, weightDecay, first] = hyper as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let i = 0; i < count; i++) {
      const gradient = at(g, i) + weightDecay * at(p, i);
      b[i] = flushed(first ? gradient : momentum * at(b, i) + share * gradient);
      p[i] = at(p, i) - lr * (nesterov ? gradient + momentum * at(b, i) : at(b, i));
    }
  },
  variants: variantsOf('momentumNaive', 'momentumVectors', 'sgdHyper'),
});

/** Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019), in PyTorch's and Keras's form; `hyper` from `adamHyper`. */
export const adam = defineKernel<'hyper' | 'g', 'p' | 'm' | 'v', OptimizerParams>({
  name: 'adam',
  equation:
    'm \\leftarrow \\beta_1 m + (1-\\beta_1) g,\\quad v \\leftarrow \\beta_2 v + (1-\\beta_2) g^2,\\quad \\theta \\leftarrow \\theta - \\eta\\,\\frac{\\hat m}{\\sqrt{\\hat v} + \\epsilon}',
  inputs: ['hyper', 'g'],
  outputs: ['p', 'm', 'v'],
  inPlace: ['p', 'm', 'v'],
  sizes: ({ count }) => ({ hyper: ADAM_HYPER_LENGTH, g: count, p: count, m: count, v: count }),
  example: { count: 7 },
  reference({ hyper, g }, { p, m, v }, { count }) {
    const [stepSize, beta1, share1, beta2, share2] = hyper as unknown as [number, number, number, number, number];
    const [rootCorrection, epsilon, weightDecay, shrink] = hyper.subarray(5) as unknown as [number, number, number, number];
    for (let i = 0; i < count; i++) {
      const gradient = at(g, i) + weightDecay * at(p, i);
      m[i] = flushed(beta1 * at(m, i) + share1 * gradient);
      v[i] = flushed(beta2 * at(v, i) + share2 * gradient * gradient);
      p[i] = shrink * at(p, i) - (stepSize * at(m, i)) / (Math.sqrt(at(v, i)) * rootCorrection + epsilon);
    }
  },
  variants: variantsOf('adamNaive', 'adamVectors', 'adamHyper'),
});

/** Scales y so that its norm, given as the sum of its squares, is at most `maxNorm` (PyTorch's clip_grad_norm_). */
export const clipByNorm = defineKernel<'squares', 'y', { readonly count: number; readonly maxNorm: number }>({
  name: 'clipByNorm',
  equation: 'y \\leftarrow y \\cdot \\min\\left(1, \\frac{c}{\\lVert y \\rVert + 10^{-6}}\\right)',
  inputs: ['squares'],
  outputs: ['y'],
  inPlace: ['y'],
  sizes: ({ count }) => ({ squares: 1, y: count }),
  example: { count: 7, maxNorm: 1 },
  reference({ squares }, { y }, { count, maxNorm }) {
    const factor = Math.min(1, maxNorm / (Math.sqrt(at(squares, 0)) + 1e-6));
    for (let i = 0; i < count; i++) y[i] = factor * at(y, i);
  },
  variants: [
    {
      id: 'vectors',
      plan: (p, caps) => ({
        dispatches: [dispatch(clipShader, 'clip', p, perItem(Math.ceil(p.count / 4), caps), { buffers: { y4: 'y' } })],
      }),
    },
  ],
});
