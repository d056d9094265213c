/** Hyper-parameters that a search goes through: what may vary, and which values are tried. */

/** Parameters that a search may vary, with the bounds of the numbers among them. */
export const searchable = {
  rate: { min: 1e-6, max: 10, log: true },
  batch: { min: 1, max: 1024, log: true, whole: true },
  momentum: { min: 0, max: 0.999 },
  decay: { min: 0, max: 1 },
  p: { min: 0, max: 0.9 },
  filters: { min: 1, max: 128, log: true, whole: true },
  kernel: { min: 1, max: 11, whole: true },
  units: { min: 2, max: 1024, log: true, whole: true },
  depth: { min: 1, max: 60, whole: true },
  epochs: { min: 1, max: 200, whole: true },
  optimiser: { values: ['adam', 'adamw', 'sgd'] },
  skips: { values: [false, true] },
  batchNorm: { values: ['as published', 'on', 'off'] },
} as const satisfies Record<string, Range | Values>;

interface Range {
  readonly min: number;
  readonly max: number;
  /** Drawn evenly on a logarithmic scale by a random search. */
  readonly log?: boolean;
  readonly whole?: boolean;
}

interface Values {
  readonly values: readonly (string | boolean)[];
}

export type SearchKey = keyof typeof searchable;
export type SearchValue = number | string | boolean;

/** Grid: every listed value. Random: numbers are drawn between the smallest and the largest of the list, others from the list. */
export type SearchSpace = Readonly<Partial<Record<SearchKey, readonly SearchValue[]>>>;

/** The settings of one trial. */
export type Trial = Readonly<Partial<Record<SearchKey, SearchValue>>>;

const MOST_TRIALS = 100;

function allowed(rule: Range | Values, value: unknown): boolean {
  if ('values' in rule) return rule.values.includes(value as string);
  if (typeof value !== 'number' || !(value >= rule.min && value <= rule.max)) return false;
  return rule.whole !== true || Number.isInteger(value);
}

const said = (rule: Range | Values): string =>
  'values' in rule ? rule.values.join(', ') : `${rule.whole ? 'whole numbers' : 'numbers'} from ${rule.min} to ${rule.max}`;

/** @throws Error naming the parameter that is wrong */
export function parseSpace(value: unknown): SearchSpace {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('must be an object such as {"rate": [0.001, 0.01]}');
  const entries = Object.entries(value);
  if (entries.length === 0) throw new Error('must vary at least one parameter');
  for (const [key, list] of entries) {
    if (!Object.hasOwn(searchable, key)) throw new Error(`cannot vary '${key}'; use ${Object.keys(searchable).join(', ')}`);
    const rule: Range | Values = searchable[key as SearchKey];
    if (!Array.isArray(list) || list.length === 0 || !list.every((entry) => allowed(rule, entry))) {
      throw new Error(`'${key}' must be a list of ${said(rule)}`);
    }
  }
  return value as SearchSpace;
}

/** Every combination, the last key fastest. @throws Error when there are more than a hundred */
export function gridTrials(space: SearchSpace): Trial[] {
  const entries = Object.entries(space) as [SearchKey, readonly SearchValue[]][];
  const count = entries.reduce((product, [, values]) => product * values.length, 1);
  if (count > MOST_TRIALS) throw new Error(`This grid has ${count} points; the lab tries at most ${MOST_TRIALS}.`);
  return entries.reduce<Trial[]>(
    (trials, [key, values]) => trials.flatMap((trial) => values.map((value) => ({ ...trial, [key]: value }))),
    [{}],
  );
}

/** The settings as they are, then each listed value of each key by itself. @throws Error when there are more than a hundred */
export function singleTrials(space: SearchSpace): Trial[] {
  const entries = Object.entries(space) as [SearchKey, readonly SearchValue[]][];
  const trials = [{}, ...entries.flatMap(([key, values]) => values.map((value): Trial => ({ [key]: value })))];
  if (trials.length > MOST_TRIALS) throw new Error(`These are ${trials.length} trials; the lab tries at most ${MOST_TRIALS}.`);
  return trials;
}

/** Trials drawn independently (Bergstra & Bengio 2012). @param uniform next number from 0 to 1 */
export function randomTrials(space: SearchSpace, count: number, uniform: () => number): Trial[] {
  const entries = Object.entries(space) as [SearchKey, readonly SearchValue[]][];
  const draw = (key: SearchKey, values: readonly SearchValue[]): SearchValue => {
    const rule: Range | Values = searchable[key];
    const u = uniform();
    if ('values' in rule) return values[Math.min(values.length - 1, Math.floor(u * values.length))] as SearchValue;
    const [low, high] = [Math.min(...(values as number[])), Math.max(...(values as number[]))];
    const x = rule.log && low > 0 ? low * (high / low) ** u : low + (high - low) * u;
    return rule.whole ? Math.round(x) : Number(x.toPrecision(3));
  };
  return Array.from({ length: count }, () => Object.fromEntries(entries.map(([key, values]) => [key, draw(key, values)])));
}

export const trialName = (trial: Trial): string =>
  Object.entries(trial)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ') || 'as it is';
