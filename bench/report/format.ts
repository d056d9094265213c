/** Numbers as a reader wants them: three significant digits and a unit that fits. */

export function formatSeconds(seconds: number): string {
  const [scale, unit] = secondsUnit(seconds);
  return `${digits(seconds * scale)} ${unit}`;
}

/** `98.0–110 ms`: both in the unit of the upper one. */
export function formatRange(lower: number, upper: number): string {
  const [scale, unit] = secondsUnit(upper);
  return `${digits(lower * scale)}–${digits(upper * scale)} ${unit}`;
}

function secondsUnit(seconds: number): [scale: number, unit: string] {
  if (seconds >= 1) return [1, 's'];
  return seconds >= 1e-3 ? [1e3, 'ms'] : [1e6, 'µs'];
}

export function formatFlops(perSecond: number): string {
  return perSecond >= 1e12 ? `${digits(perSecond / 1e12)} TFLOP/s` : `${digits(perSecond / 1e9)} GFLOP/s`;
}

export function formatBytes(perSecond: number): string {
  return perSecond >= 1e12 ? `${digits(perSecond / 1e12)} TB/s` : `${digits(perSecond / 1e9)} GB/s`;
}

export function formatRatio(ratio: number): string {
  return `${digits(ratio)}×`;
}

export function formatPercent(share: number): string {
  return `${share >= 0.0995 ? Math.round(100 * share) : digits(100 * share)} %`;
}

/** Three significant digits without an exponent: 0.123, 1.23, 12.3, 123, 1,235. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  const rounded = value.toPrecision(3);
  return rounded.includes('e') ? String(Number(rounded)) : rounded;
}
