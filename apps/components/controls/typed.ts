/** What a reader types into a field. */
import type { Parameter } from '../../runtime/schema.ts';

/** Digits in groups of three. A leading zero is none of them: 0,001 is a small number. */
const THOUSANDS = /^-?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/;

/** Numbers with a comma, for thousands or before decimals, and a typographic minus as `readValue` takes them; all else as it is. */
export function asTyped(p: Parameter, text: string): string {
  if (p.type !== 'number' && p.type !== 'int') return text;
  const number = text.trim().replace('−', '-');
  const whole = THOUSANDS.test(number) ? number.replaceAll(',', '') : undefined;
  // 1,250 of a parameter that ends at 10 can only be a fraction.
  if (whole !== undefined && (p.type === 'int' || Number(whole) <= p.max)) return whole;
  return number.replace(',', '.');
}
