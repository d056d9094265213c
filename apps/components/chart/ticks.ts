import type { AxisScale } from './types.ts';

export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly scale: AxisScale;
}

/** Decades from which on a logarithmic axis shows every second, third … power of ten only. */
const MOST_DECADES = 8;

/** A number keeps so many decimal digits for certain. */
const DIGITS = 15;
/** Smaller steps than this could neither be told apart nor counted. */
const finest = (min: number, max: number): number => 1e-12 * Math.max(Math.abs(min), Math.abs(max));

/** The multiples of a step from `min` to `max`, each computed anew: adding the step up would drift. */
function multiples(step: number, min: number, max: number): number[] {
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.max(0, Math.floor(max / step) - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(DIGITS)),
  );
}

function linearTicks(min: number, max: number): number[] {
  const rough = Math.max((max - min) / 6, finest(min, max));
  if (!(max > min)) return [min];
  const power = 10 ** Math.floor(Math.log10(rough));
  const ticks = multiples(power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10), min, max);
  return ticks.length > 0 ? ticks : [min];
}

/**
 * As many round numbers as an axis on a page has room for; on a logarithmic one those of `ticksOf`.
 * @param length of the axis
 * @param space between two ticks, at least; in the unit of `length`
 * @param counted only whole numbers
 */
export function ticksWithin(axis: Axis, length: number, space: number, counted = false): number[] {
  const { min, max, scale } = axis;
  if (scale === 'log') return ticksOf(axis);
  const least = Math.max((space / length) * (max - min), finest(min, max));
  if (!(length > 0 && max > min && least > 0 && Number.isFinite(least))) return [];
  const exponent = Math.floor(Math.log10(least));
  const steps = [1, 2, 2.5, 5, 10, 20].map((factor) => Number(`${factor}e${counted ? Math.max(0, exponent) : exponent}`));
  const step = steps.find((one) => one >= least && !(counted && !Number.isInteger(one)));
  return step === undefined ? [] : multiples(step, min, max);
}

/**
 * Round numbers within an axis: about six, or on a logarithmic one the powers of ten, with their 2- and 5-fold where there are few of
 * them.
 */
export function ticksOf({ min, max, scale }: Axis): number[] {
  if (scale === 'linear') return linearTicks(min, max);
  if (!(min > 0) || !(max >= min)) return [];
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const stride = Math.max(1, Math.ceil((to - from) / MOST_DECADES));
  const factors = Math.log10(max / min) < 2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let exponent = Math.ceil(from / stride) * stride; exponent <= to; exponent += stride) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${exponent}`);
      if (tick >= min && tick <= max) ticks.push(tick);
    }
  }
  return ticks.length >= 2 ? ticks : linearTicks(min, max);
}

/** Place of a value on an axis as a share of its length. */
export function share({ min, max, scale }: Axis, value: number): number {
  const t = scale === 'log' ? Math.log : (v: number) => v;
  return (t(value) - t(min)) / (t(max) - t(min) || 1);
}

/** The value at a share of an axis' length. */
export function valueAt({ min, max, scale }: Axis, part: number): number {
  return scale === 'log' ? min * (max / min) ** part : min + part * (max - min);
}
