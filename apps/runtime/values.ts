/** Reading and writing parameter values as text, with clamping that says what it did. */
import type { NumberParameter, Parameter } from './schema.ts';

/** Longest text of one structured value in a link. */
export const longestJson = 8192;

/** A value read from text. `note` says, for the reader, what had to be changed. */
export interface Reading {
  readonly value: unknown;
  readonly note?: string;
}

function show(p: NumberParameter, value: number): string {
  return p.unit ? `${value} ${p.unit}` : String(value);
}

/** Clamps a number into the parameter's range and, for integers, rounds it; NaN gives the fallback. */
export function clampNumber(p: NumberParameter, value: number, fallback: number): Reading {
  if (Number.isNaN(value)) return { value: fallback, note: `is not a number; using ${show(p, fallback)}` };
  const whole = p.type === 'int' && Number.isFinite(value) ? Math.round(value) : value;
  if (whole < p.min) return { value: p.min, note: `${value} is below the smallest value, ${show(p, p.min)}, which is used` };
  if (whole > p.max) return { value: p.max, note: `${value} is above the largest value, ${show(p, p.max)}, which is used` };
  if (whole !== value) return { value: whole, note: `${value} is rounded to ${whole}` };
  return { value };
}

/**
 * Checks a value of any origin (control, attribute, JSON file) against its parameter.
 * @param fallback what stands where the value cannot be used
 */
export function checkValue(p: Parameter, value: unknown, fallback: unknown): Reading {
  switch (p.type) {
    case 'number':
    case 'int':
      return clampNumber(p, typeof value === 'number' ? value : Number.NaN, fallback as number);
    case 'boolean':
      return typeof value === 'boolean' ? { value } : { value: fallback, note: `is neither true nor false; ${fallback} is used` };
    case 'enum':
      return p.values.includes(value as string)
        ? { value }
        : {
            value: fallback,
            note: `'${String(value).slice(0, 40)}' is not one of ${p.values.join(', ')}; '${fallback}' is used`,
          };
    case 'string': {
      if (typeof value !== 'string') return { value: fallback, note: 'is no text' };
      if (value.length > p.maxLength) return { value: value.slice(0, p.maxLength), note: `was cut to ${p.maxLength} characters` };
      return { value };
    }
    case 'json':
      try {
        return { value: p.parse(value) };
      } catch (error) {
        return { value: fallback, note: `${error instanceof Error ? error.message : error}; the default is used` };
      }
  }
}

/** Reads a value from a link, an attribute or a command line. Never throws. */
export function readValue(p: Parameter, raw: string, fallback: unknown): Reading {
  switch (p.type) {
    case 'number':
    case 'int':
      return clampNumber(p, raw.trim() === '' ? Number.NaN : Number(raw), fallback as number);
    case 'boolean':
      if (['1', 'true', 'yes', 'on', ''].includes(raw)) return { value: true };
      if (['0', 'false', 'no', 'off'].includes(raw)) return { value: false };
      return checkValue(p, raw, fallback);
    case 'json': {
      if (raw.length > longestJson)
        return { value: fallback, note: `is longer than ${longestJson} characters; the default is used` };
      let parsed: unknown;
      try {
        parsed = JSON.parse(raw);
      } catch {
        return { value: fallback, note: 'is not valid JSON; the default is used' };
      }
      return checkValue(p, parsed, fallback);
    }
    default:
      return checkValue(p, raw, fallback);
  }
}

/** The text form that readValue takes back. */
export function writeValue(p: Parameter, value: unknown): string {
  if (p.type === 'boolean') return value ? '1' : '0';
  if (p.type === 'json') return JSON.stringify(value);
  return String(value);
}

/** Equality as links see it. */
export function sameValue(p: Parameter, a: unknown, b: unknown): boolean {
  return Object.is(a, b) || writeValue(p, a) === writeValue(p, b);
}
