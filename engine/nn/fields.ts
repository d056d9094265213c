/** The fields of each layer type, for reading definitions that come from outside (an editor, a file, a link). */
import type { LayerDefinition, LayerType } from './definition.ts';

/** What a field may hold; a list: one of these names. */
export type FieldKind =
  | 'count'
  | 'natural'
  | 'countPair'
  | 'naturalPair'
  | 'padding'
  | 'probability'
  | 'positive'
  | 'number'
  | 'boolean'
  | 'flags'
  | 'layers'
  | 'bridge'
  | readonly string[];

/** The fields of a layer type besides type, name and init. */
export interface Fields {
  /** What the input's last axis says; a definition may repeat it. */
  readonly derived?: Readonly<Record<string, 'count'>>;
  readonly required?: Readonly<Record<string, FieldKind>>;
  readonly optional?: Readonly<Record<string, FieldKind>>;
}

const NONE: Fields = {};
const POOL: Fields = { required: { kernel: 'countPair' }, optional: { stride: 'countPair', padding: 'naturalPair' } };
const IN = { in: 'count' } as const;
const FEATURES = { features: 'count' } as const;
const BATCH_NORM: Fields = { derived: FEATURES, optional: { eps: 'positive', momentum: 'probability' } };
const DROPOUT: Fields = { optional: { p: 'probability' } };

export const layerFields: Readonly<Record<LayerType, Fields>> = {
  linear: { derived: IN, required: { out: 'count' }, optional: { bias: 'boolean' } },
  conv2d: {
    derived: IN,
    required: { out: 'count', kernel: 'countPair' },
    optional: { stride: 'countPair', padding: 'padding', dilation: 'countPair', groups: 'count', bias: 'boolean' },
  },
  convtranspose2d: {
    derived: IN,
    required: { out: 'count', kernel: 'countPair' },
    optional: {
      stride: 'countPair',
      padding: 'naturalPair',
      outputPadding: 'naturalPair',
      dilation: 'countPair',
      groups: 'count',
      bias: 'boolean',
    },
  },
  batchnorm2d: BATCH_NORM,
  batchnorm1d: BATCH_NORM,
  layernorm: { derived: FEATURES, optional: { eps: 'positive' } },
  relu: NONE,
  tanh: NONE,
  sigmoid: NONE,
  silu: NONE,
  softplus: NONE,
  identity: NONE,
  globalavgpool2d: NONE,
  flatten: NONE,
  gelu: { optional: { approximate: ['tanh', 'none'] } },
  leakyrelu: { optional: { slope: 'number' } },
  elu: { optional: { alpha: 'number' } },
  softmax: NONE,
  logsoftmax: NONE,
  dropout: DROPOUT,
  dropout2d: DROPOUT,
  maxpool2d: POOL,
  avgpool2d: POOL,
  upsample2d: { required: { scale: 'count' }, optional: { mode: ['nearest', 'bilinear'], alignCorners: 'boolean' } },
  residual: { required: { layers: 'layers' }, optional: { bridge: 'bridge' } },
  sequential: { required: { layers: 'layers' } },
  unet: {
    derived: IN,
    required: { out: 'count' },
    optional: {
      depth: 'count',
      maps: 'count',
      factor: 'count',
      kernel: 'count',
      upsample: ['nearest', 'bilinear'],
      skips: 'flags',
    },
  },
};

const registered = new Map<string, Fields>();

/** The fields of a type that is registered: see registry.ts. */
export function declareFields(type: string, fields: Fields): void {
  registered.set(type, fields);
}

const isNatural = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isCount = (value: unknown): boolean => isNatural(value) && (value as number) > 0;
const pairOf = (test: (value: unknown) => boolean, value: unknown): boolean =>
  test(value) || (Array.isArray(value) && value.length === 2 && value.every(test));
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with a value, or undefined. */
function complaint(kind: FieldKind, value: unknown): string | undefined {
  if (typeof kind !== 'string')
    return kind.includes(value as string) ? undefined : `must be one of ${kind.map((k) => `'${k}'`).join(', ')}`;
  switch (kind) {
    case 'count':
      return isCount(value) ? undefined : 'must be a whole number of at least 1';
    case 'natural':
      return isNatural(value) ? undefined : 'must be a whole number of at least 0';
    case 'countPair':
      return pairOf(isCount, value) ? undefined : 'must be a whole number of at least 1, or two of them';
    case 'naturalPair':
      return pairOf(isNatural, value) ? undefined : 'must be a whole number of at least 0, or two of them';
    case 'padding':
      return value === 'same' || pairOf(isNatural, value)
        ? undefined
        : "must be a whole number of at least 0, two of them, or 'same'";
    case 'probability':
      return typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'must be a number from 0 to 1';
    case 'positive':
      return typeof value === 'number' && value > 0 && Number.isFinite(value) ? undefined : 'must be a positive number';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? undefined : 'must be a number';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'flags':
      return typeof value === 'boolean' || (Array.isArray(value) && value.every((v) => typeof v === 'boolean'))
        ? undefined
        : 'must be true, false or a list of them';
    case 'layers':
      return Array.isArray(value) ? undefined : 'must be a list of layers';
    case 'bridge':
      return Array.isArray(value) || isObject(value) ? undefined : 'must be a layer or a list of layers';
  }
}

/**
 * Checks the fields of one layer, not of those nested in it.
 * @returns the layer with its type in canonical (lower) case, or what is wrong with it
 */
export function readLayer(value: unknown): { layer: LayerDefinition } | { type: string; problems: string[] } {
  if (!isObject(value)) return { type: 'unknown', problems: [`must be an object with a 'type', found ${JSON.stringify(value)}`] };
  const given = value as Record<string, unknown>;
  const type = String(given.type).toLowerCase();
  const fields = Object.hasOwn(layerFields, type) ? layerFields[type as LayerType] : registered.get(type);
  if (!fields) {
    const known = [...Object.keys(layerFields), ...registered.keys()].join(', ');
    return { type, problems: [`'${given.type}' is not a layer type; use one of ${known}`] };
  }
  const { derived = {}, required = {}, optional = {} } = fields;
  const problems: string[] = [];
  for (const [field, kind] of Object.entries(required)) {
    if (given[field] === undefined) problems.push(`'${field}' is missing`);
    else {
      const wrong = complaint(kind, given[field]);
      if (wrong) problems.push(`${field} = ${JSON.stringify(given[field])} ${wrong}`);
    }
  }
  for (const [field, kind] of Object.entries({ ...derived, ...optional })) {
    if (given[field] === undefined) continue;
    const wrong = complaint(kind, given[field]);
    if (wrong) problems.push(`${field} = ${JSON.stringify(given[field])} ${wrong}`);
  }
  const known = ['type', 'name', 'init', ...Object.keys({ ...derived, ...required, ...optional })];
  for (const field of Object.keys(given)) {
    if (!known.includes(field)) problems.push(`'${field}' is not a field of ${type}; it has ${known.slice(1).join(', ')}`);
  }
  return problems.length > 0 ? { type, problems } : { layer: { ...given, type } as unknown as LayerDefinition };
}
