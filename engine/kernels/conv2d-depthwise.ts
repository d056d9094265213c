/** Depthwise convolution: every channel is a group of its own. The rungs of the three convolution kernels for it. */
import forward from '../../shaders/ladders/conv2d/5-depthwise.wgsl';
import inputGradient from '../../shaders/ladders/conv2d-input-gradient/5-depthwise.wgsl';
import weightGradient from '../../shaders/ladders/conv2d-weight-gradient/5-depthwise.wgsl';
import { periods, phaseTiles } from './conv2d-phases.ts';
import type { Conv2dSizes } from './conv2d-sizes.ts';
import { type Epilogue, epilogueOverrides } from './epilogue.ts';
import { splitSum, sumPartials } from './gemm-plan.ts';
import { dispatch, linearGrid, type Variant } from './kernel.ts';

/** One input and one output channel in each group, in whole vectors of 4 groups. */
const isDepthwise = (p: Conv2dSizes): boolean => p.groups % 4 === 0 && p.Ci === p.groups && p.Co === p.groups;

/** The sizes alone, of a record that may hold more. */
function plainSizes<P extends Conv2dSizes & Partial<Epilogue>>({ hasBias, activation, slope, ...sizes }: P) {
  return sizes as Omit<P, keyof Epilogue> & Conv2dSizes;
}

export const depthwise: Variant<Conv2dSizes & Epilogue> = {
  id: 'depthwise',
  applies: isDepthwise,
  plan(p, caps) {
    const grid = linearGrid((p.Ci / 4) * Math.ceil((p.N * p.Ho * p.Wo) / 8), 64, caps.maxWorkgroupsPerDimension);
    const overrides = epilogueOverrides(p);
    return { dispatches: [dispatch(forward, 'pixels', { ...plainSizes(p), slope: p.slope }, grid, { overrides })] };
  },
};

export const depthwiseInputGradient: Variant<Conv2dSizes & Epilogue> = {
  id: 'depthwise',
  applies: isDepthwise,
  plan(p, caps) {
    const grid = linearGrid((p.Ci / 4) * phaseTiles(p, 8), 64, caps.maxWorkgroupsPerDimension);
    const params = { ...plainSizes(p), ...periods(p), slope: p.slope };
    return { dispatches: [dispatch(inputGradient, 'pixels', params, grid, { overrides: epilogueOverrides(p) })] };
  },
};

export const depthwiseWeightGradient: Variant<Conv2dSizes & { readonly hasBias: number }> = {
  id: 'depthwise',
  applies: isDepthwise,
  plan(p, caps) {
    const { hasBias, Ci } = p;
    const terms = p.kh * p.kw;
    const tiles = (Ci / 4) * Math.ceil((terms + hasBias) / 4);
    const { splits, perSplit } = splitSum(p.N * p.Ho * p.Wo, tiles, caps.software ? 512 : 264 * 64, 64);
    const parts = splits > 1 || hasBias === 1;
    const params = { ...plainSizes(p), splits, pixelsPerSplit: perSplit };
    const grid = linearGrid(tiles * splits, 64, caps.maxWorkgroupsPerDimension);
    const rows = dispatch(weightGradient, 'rows', params, grid, {
      overrides: { HAS_BIAS: hasBias },
      buffers: parts ? { gw: 'partials' } : {},
    });
    if (!parts) return { dispatches: [rows] };
    const stride = (terms + hasBias) * Ci;
    const sum = { splits, stride, N: Ci };
    const dispatches = [rows, sumPartials(caps, { ...sum, count: terms * Ci, offset: 0 }, 'gw')];
    if (hasBias) dispatches.push(sumPartials(caps, { ...sum, count: Ci, offset: terms * Ci }, 'gbias'));
    return { dispatches, temporaries: { partials: 4 * splits * stride } };
  },
};
