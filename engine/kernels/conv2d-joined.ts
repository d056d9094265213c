/**
 * Convolution of two inputs joined along their channels, without the tensor that holds both: a convolution is a sum over input
 * channels, so each input meets its own channels of the weights. An input may also be `doubled`: it has half of H and W, and
 * each of its values stands for 2 × 2 (nearest up-sampling), so it is read at half the position.
 *
 *     conv(join(x1, x2), w) = conv(x1, w[:, :, :C1, :]) + conv(x2, w[:, :, C1:, :])
 *
 * The rungs are those of the ordinary convolution: one dispatch for each input, of which the second adds to the first.
 */
import naive from '../../shaders/ladders/conv2d-joined/1-naive.wgsl';
import { CONV2D_RUNGS, type Conv2dInput, type Conv2dRung } from './conv2d.ts';
import { INPUT_GRADIENT_RUNGS, type InputGradientRung, naiveDispatch } from './conv2d-input-gradient.ts';
import { CONV2D_EXAMPLE, type Conv2dPart, type Conv2dSizes, conv2dElements } from './conv2d-sizes.ts';
import { WEIGHT_GRADIENT_RUNGS, type WeightGradientRung } from './conv2d-weight-gradient.ts';
import { type Epilogue, epilogueOverrides, NO_BIAS_SIZE, NO_EPILOGUE, phi } from './epilogue.ts';
import { PaddedPlan, roundUp } from './gemm-plan.ts';
import { defineKernel, dispatch, type KernelArray, linearGrid, type Plan, type Variant } from './kernel.ts';

/** Sizes of the convolution of the joined inputs: Ci = C1 + C2 channels, H and W as the kernel sees them. One group. */
export type JoinedSizes = Conv2dSizes & {
  /** Channels of the first input; Ci where it is the only one (the buffer of the second may then be any four floats). */
  readonly C1: number;
  /** 1: the input is doubled (H and W are then even). */
  readonly doubled1: number;
  readonly doubled2: number;
};

export type Conv2dJoinedParams = JoinedSizes & Epilogue;
export type Conv2dJoinedWeightGradientParams = JoinedSizes & {
  /** 1: `gbias` is computed as well, in the same pass. 0: `gbias` is not written, and its buffer may be any four floats. */
  readonly hasBias: number;
};
/** Sizes with Ci = the channels of one input, and which channels of `w` these are. */
export type Conv2dPartParams = Conv2dSizes & Pick<Conv2dPart, 'wChannels' | 'wFirst'>;

/** The ordinary part of the parameters. */
const conv2dOf = <P extends JoinedSizes>({ C1, doubled1, doubled2, ...rest }: P) => rest;

/** The inputs: name, channels, and their part of the weights. */
function joinedInputs(p: JoinedSizes): (Conv2dPart & { readonly x: 'x1' | 'x2'; readonly Ci: number })[] {
  const first = { x: 'x1' as const, Ci: p.C1, wChannels: p.Ci, wFirst: 0, doubled: p.doubled1 };
  if (p.C1 === p.Ci) return [first];
  return [first, { x: 'x2', Ci: p.Ci - p.C1, wChannels: p.Ci, wFirst: p.C1, doubled: p.doubled2 }];
}

function joinedElements(p: JoinedSizes) {
  const elements = (channels: number, doubled: number) => p.N * (p.H >> doubled) * (p.W >> doubled) * channels;
  const { y, w } = conv2dElements(p);
  return { x1: elements(p.C1, p.doubled1), x2: p.C1 === p.Ci ? 4 : elements(p.Ci - p.C1, p.doubled2), y, w };
}

/** Calls `visit` for each output pixel, kernel offset and input that meet: their first elements, and the channels of the input. */
function forEachMeeting(
  p: JoinedSizes,
  visit: (at: { input: 0 | 1; x: number; y: number; w: number; channels: number }) => void,
): void {
  const inputs = joinedInputs(p);
  for (let n = 0; n < p.N; n++) {
    for (let yo = 0; yo < p.Ho; yo++) {
      for (let xo = 0; xo < p.Wo; xo++) {
        const y = ((n * p.Ho + yo) * p.Wo + xo) * p.Co;
        for (let u = 0; u < p.kh; u++) {
          const yi = yo * p.strideY + u * p.dilationY - p.padTop;
          if (yi < 0 || yi >= p.H) continue;
          for (let v = 0; v < p.kw; v++) {
            const xi = xo * p.strideX + v * p.dilationX - p.padLeft;
            if (xi < 0 || xi >= p.W) continue;
            for (const [i, { Ci, doubled, wFirst }] of inputs.entries()) {
              const line = n * (p.H >> doubled) + (yi >> doubled);
              const x = (line * (p.W >> doubled) + (xi >> doubled)) * Ci;
              visit({ input: i as 0 | 1, x, y, w: ((u * p.kw + v) * p.Ci + wFirst) * p.Co, channels: Ci });
            }
          }
        }
      }
    }
  }
}

const naiveParams = <P extends JoinedSizes>({ C1, Ci, groups, ...rest }: P) => ({ ...rest, C1, C2: Ci - C1 });

/** Rows that vectors of 4 channels may read past the weights' last channel. */
const rowsBehind = (channels: number): number => roundUp(channels, 4) - channels;

function forwardVariant(rung: Conv2dRung): Variant<Conv2dJoinedParams> {
  return {
    id: rung.id,
    applies: rung.applies,
    plan(p, caps) {
      const inputs = joinedInputs(p);
      const last = inputs.length - 1;
      const channels = (count: number) => (rung.vectors === 'both' ? roundUp(count, 4) : count);
      const q = { ...conv2dOf(p), Co: rung.vectors === 'none' ? p.Co : roundUp(p.Co, 4) };
      const plan: Plan = {
        dispatches: inputs.map(({ Ci, ...part }, i) => {
          const input: Conv2dInput = { ...part, accumulate: i === 0 ? 0 : 1 };
          return rung.dispatch({ ...q, Ci: channels(Ci), ...(i === last ? {} : NO_EPILOGUE) }, caps, input);
        }),
      };
      if (rung.vectors === 'none') return plan;
      const padded = new PaddedPlan(caps);
      if (rung.vectors === 'both') {
        for (const { x, Ci, doubled } of inputs) padColumns(padded, x, p.N * (p.H >> doubled) * (p.W >> doubled), Ci);
      }
      padWeights(padded, p, p.Ci, rowsBehind(inputs[last]?.Ci ?? 0));
      if (p.hasBias) padColumns(padded, 'bias', 1, p.Co);
      const y = { matrices: 1, rows: p.N * p.Ho * p.Wo };
      padded.output('y', { ...y, columns: q.Co }, { ...y, columns: p.Co });
      return padded.around(plan);
    },
  };
}

function padColumns(padded: PaddedPlan, name: string, rows: number, columns: number): void {
  padded.input(name, { matrices: 1, rows, columns }, { matrices: 1, rows, columns: roundUp(columns, 4) });
}

/** The weights as one matrix of rows (u,v,c), with zeros behind. */
function padWeights(padded: PaddedPlan, p: Conv2dSizes, wChannels: number, behind: number): void {
  const rows = p.kh * p.kw * wChannels;
  const w = { matrices: 1, rows, columns: p.Co };
  padded.input('w', w, { matrices: 1, rows: rows + behind, columns: roundUp(p.Co, 4) });
}

const EXAMPLE: JoinedSizes = { ...CONV2D_EXAMPLE, H: 6, W: 4, Ho: 3, Wo: 2, C1: 1, doubled1: 0, doubled2: 1 };

/** y = phi(conv(x1, w[:, :, :C1, :]) + conv(x2, w[:, :, C1:, :]) + bias) */
export const conv2dJoined = defineKernel<'x1' | 'x2' | 'w' | 'bias', 'y', Conv2dJoinedParams>({
  name: 'conv2dJoined',
  equation:
    'y_{nyxo} = \\varphi\\Big(\\sum_{u,v}\\Big(\\sum_{c<C_1} x_{1,\\,n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; w_{uvco} + \\sum_{c<C_2} x_{2,\\,n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; w_{u,v,\\,C_1+c,\\,o}\\Big) + \\mathrm{bias}_o\\Big)',
  inputs: ['x1', 'x2', 'w', 'bias'],
  outputs: ['y'],
  sizes: (p) => ({ ...joinedElements(p), bias: p.hasBias ? p.Co : NO_BIAS_SIZE }),
  example: { ...EXAMPLE, ...NO_EPILOGUE },
  reference({ x1, x2, w, bias }, { y }, p) {
    const sum = new Float64Array(y.length);
    forEachMeeting(p, (at) => {
      const x = at.input === 0 ? x1 : x2;
      for (let c = 0; c < at.channels; c++) {
        const value = x[at.x + c] as number;
        for (let o = 0; o < p.Co; o++) sum[at.y + o] = (sum[at.y + o] as number) + value * (w[at.w + c * p.Co + o] as number);
      }
    });
    sum.forEach((value, i) => {
      y[i] = phi(p.hasBias ? value + (bias[i % p.Co] as number) : value, p);
    });
  },
  variants: [
    {
      id: 'naive',
      plan: (p, caps) => {
        const { hasBias, activation, ...params } = naiveParams(p);
        const grid = linearGrid(joinedElements(p).y, 64, caps.maxWorkgroupsPerDimension);
        return { dispatches: [dispatch(naive, 'forward', params, grid, { overrides: epilogueOverrides(p) })] };
      },
    },
    ...CONV2D_RUNGS.map(forwardVariant),
  ],
});

function partVariant(rung: InputGradientRung): Variant<Conv2dPartParams> {
  return {
    id: rung.id,
    applies: rung.applies,
    plan({ wChannels, wFirst, ...p }, caps) {
      const { vectors } = rung;
      const Ci = vectors === 'both' ? roundUp(p.Ci, 4) : p.Ci;
      const q = { ...p, Ci, Co: vectors === 'none' ? p.Co : roundUp(p.Co, 4), ...NO_EPILOGUE };
      const plan = rung.plan(q, caps, { wChannels, wFirst });
      if (vectors === 'none') return plan;
      const padded = new PaddedPlan(caps);
      padColumns(padded, 'gy', p.N * p.Ho * p.Wo, p.Co);
      padWeights(padded, p, wChannels, q.Ci - p.Ci);
      const gx = { matrices: 1, rows: p.N * p.H * p.W };
      padded.output('gx', { ...gx, columns: q.Ci }, { ...gx, columns: p.Ci });
      return padded.around(plan);
    },
  };
}

/** The input gradient of one of the joined inputs, on the positions that the kernel sees: a doubled input sums 2 × 2 of them. */
export const conv2dPartInputGradient = defineKernel<'gy' | 'w' | 'bias', 'gx', Conv2dPartParams>({
  name: 'conv2dPartInputGradient',
  equation: 'g_{x,nyxc} = \\sum_{u,v,o} g_{y,n,\\,(y+p-du)/s,\\,(x+p-dv)/s,\\,o}\\; w_{u,v,\\,\\mathrm{wFirst}+c,\\,o}',
  inputs: ['gy', 'w', 'bias'],
  outputs: ['gx'],
  sizes(p) {
    const { x, y } = conv2dElements(p);
    return { gy: y, w: p.kh * p.kw * p.wChannels * p.Co, bias: NO_BIAS_SIZE, gx: x };
  },
  example: { ...CONV2D_EXAMPLE, wChannels: 4, wFirst: 1 },
  reference({ gy, w }, { gx }, p) {
    gx.fill(0);
    forEachMeeting({ ...p, C1: p.Ci, doubled1: 0, doubled2: 0 }, (at) => {
      const first = ((at.w / p.Co / p.Ci) * p.wChannels + p.wFirst) * p.Co;
      for (let c = 0; c < p.Ci; c++) {
        let sum = gx[at.x + c] as number;
        for (let o = 0; o < p.Co; o++) sum += (gy[at.y + o] as number) * (w[first + c * p.Co + o] as number);
        gx[at.x + c] = sum;
      }
    });
  },
  variants: [
    {
      id: 'naive',
      plan: ({ wChannels, wFirst, ...p }, caps) => ({
        dispatches: [naiveDispatch({ ...p, ...NO_EPILOGUE }, caps, { wChannels, wFirst })],
      }),
    },
    ...INPUT_GRADIENT_RUNGS.map(partVariant),
  ],
});

function weightGradientVariant(rung: WeightGradientRung): Variant<Conv2dJoinedWeightGradientParams> {
  const whole = rung.vectors === 'both';
  return {
    id: rung.id,
    // Rows of gw are written in vectors of 4 channels: the second input's must start where one starts.
    applies: (p, caps) => rung.applies(p, caps) && (!whole || p.C1 === p.Ci || p.C1 % 4 === 0),
    plan(p, caps) {
      const channels = (count: number) => (whole ? roundUp(count, 4) : count);
      const q = { ...conv2dOf(p), Ci: channels(p.Ci), Co: rung.vectors === 'none' ? p.Co : roundUp(p.Co, 4) };
      const inputs = joinedInputs(p);
      const parts = inputs.map(({ Ci, ...part }) => ({ ...part, Ci: channels(Ci), wChannels: q.Ci }));
      const plan = rung.plan(q, caps, parts);
      if (rung.vectors === 'none') return plan;
      const padded = new PaddedPlan(caps);
      if (whole) for (const { x, Ci, doubled } of inputs) padColumns(padded, x, p.N * (p.H >> doubled) * (p.W >> doubled), Ci);
      padColumns(padded, 'gy', p.N * p.Ho * p.Wo, p.Co);
      const taps = p.kh * p.kw;
      padded.output('gw', { matrices: taps, rows: q.Ci, columns: q.Co }, { matrices: taps, rows: p.Ci, columns: p.Co });
      const gbias = { matrices: 1, rows: 1 };
      if (p.hasBias) padded.output('gbias', { ...gbias, columns: q.Co }, { ...gbias, columns: p.Co });
      return padded.around(plan);
    },
  };
}

/** gw[:, :, :C1, :] from x1 and gw[:, :, C1:, :] from x2, each the weight gradient of an ordinary convolution; gbias once. */
export const conv2dJoinedWeightGradient = defineKernel<'x1' | 'x2' | 'gy', 'gw' | 'gbias', Conv2dJoinedWeightGradientParams>({
  name: 'conv2dJoinedWeightGradient',
  equation:
    'g_{w,uvco} = \\sum_{n,y,x} x_{1,\\,n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; g_{y,nyxo},\\quad g_{w,u,v,\\,C_1+c,\\,o} = \\sum_{n,y,x} x_{2,\\,n,\\,sy+du-p,\\,sx+dv-p,\\,c}\\; g_{y,nyxo}',
  inputs: ['x1', 'x2', 'gy'],
  outputs: ['gw', 'gbias'],
  // Left as it is without a bias.
  inPlace: ['gbias'],
  sizes(p) {
    const { x1, x2, y, w } = joinedElements(p);
    return { x1, x2, gy: y, gw: w, gbias: p.hasBias ? p.Co : NO_BIAS_SIZE };
  },
  example: { ...EXAMPLE, hasBias: 1 },
  reference({ x1, x2, gy }, { gw, gbias }, p) {
    const sum = new Float64Array(gw.length);
    forEachMeeting(p, (at) => {
      const x = at.input === 0 ? x1 : x2;
      for (let c = 0; c < at.channels; c++) {
        const value = x[at.x + c] as number;
        const row = at.w + c * p.Co;
        for (let o = 0; o < p.Co; o++) sum[row + o] = (sum[row + o] as number) + value * (gy[at.y + o] as number);
      }
    });
    gw.set(sum);
    if (p.hasBias) gbias.set(columnSums(gy, p.Co));
  },
  variants: [
    {
      id: 'naive',
      plan(p, caps) {
        const { hasBias, ...rest } = naiveParams(p);
        const params = { ...rest, slope: 0 };
        const grid = (count: number) => linearGrid(count, 64, caps.maxWorkgroupsPerDimension);
        const dispatches = [dispatch(naive, 'weightGradient', params, grid(conv2dElements(p).w))];
        if (hasBias) dispatches.push(dispatch(naive, 'biasGradient', params, grid(p.Co)));
        return { dispatches };
      },
    },
    ...WEIGHT_GRADIENT_RUNGS.map(weightGradientVariant),
  ],
});

function columnSums(matrix: KernelArray, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < matrix.length; i++) sums[i % columns] = (sums[i % columns] as number) + (matrix[i] as number);
  return sums;
}
