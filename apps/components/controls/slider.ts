/** The mapping between a range input's positions and a parameter's values. */
import type { NumberParameter } from '../../runtime/schema.ts';

/** Positions of a slider: 0 … positions. */
export const positions = 1000;

/** Left end of a logarithmic scale. */
const least = (p: NumberParameter): number => (p.min > 0 ? p.min : (p.smallest ?? 1e-6));

/** Slider position of a value. Position 0 of a logarithmic scale with min = 0 is exactly 0. */
export function positionOf(p: NumberParameter, value: number): number {
  if (p.scale !== 'log') return ((value - p.min) / (p.max - p.min || 1)) * positions;
  if (value <= 0) return 0;
  const low = Math.log(least(p));
  const first = p.min > 0 ? 0 : 1;
  return first + (Math.max(0, Math.log(value) - low) / (Math.log(p.max) - low)) * (positions - first);
}

/** The value at a position: rounded to the parameter's step, or to two significant digits on a logarithmic scale. */
export function valueAt(p: NumberParameter, position: number): number {
  const clamp = (value: number) => Math.min(p.max, Math.max(p.min, value));
  if (p.scale === 'log') {
    if (p.min <= 0 && position <= 0) return 0;
    const low = Math.log(least(p));
    const first = p.min > 0 ? 0 : 1;
    const value = Math.exp(low + ((position - first) / (positions - first)) * (Math.log(p.max) - low));
    const rounded = Number(value.toPrecision(2));
    return clamp(p.type === 'int' ? Math.round(value) : rounded);
  }
  const step = p.step ?? (p.type === 'int' ? 1 : (p.max - p.min) / 200);
  const raw = p.min + (position / positions) * (p.max - p.min);
  return clamp(Number((p.min + Math.round((raw - p.min) / step) * step).toPrecision(10)));
}

/** One key press on the slider: a step of the value, or a fortieth of a logarithmic scale. */
export function nudge(p: NumberParameter, value: number, direction: 1 | -1, large = false): number {
  const times = large ? 5 : 1;
  if (p.scale === 'log') {
    const moved = valueAt(p, Math.min(positions, Math.max(0, positionOf(p, value) + direction * times * (positions / 40))));
    if (p.type === 'int' && moved === value) return Math.min(p.max, Math.max(p.min, value + direction));
    return moved;
  }
  const step = p.step ?? (p.type === 'int' ? 1 : (p.max - p.min) / 100);
  return Math.min(p.max, Math.max(p.min, Number((value + direction * step * times).toPrecision(10))));
}
