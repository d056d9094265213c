/** Parameter records as keys of a cache. JSON would do, but takes ±∞ and NaN for null and −0 for 0: other numbers, other results. */

const numberKey = (value: number): string => (value === 0 && 1 / value < 0 ? '-0' : `${value}`);

/** Equal for equal records, different for different ones. Records hold numbers and lists of numbers; anything else is written as JSON. */
export function paramsKey(params: unknown): string {
  if (typeof params === 'number') return numberKey(params);
  if (Array.isArray(params)) return `[${params.map(paramsKey).join()}]`;
  if (typeof params !== 'object' || params === null) return JSON.stringify(params) ?? 'undefined';
  let key = '{';
  for (const [name, value] of Object.entries(params)) {
    key += `${name}:${typeof value === 'number' ? numberKey(value) : paramsKey(value)};`;
  }
  return `${key}}`;
}
