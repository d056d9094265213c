/**
 * Editing a network definition without changing it in place. A layer is named by its path, as in PyTorch's module names:
 * `3`, `3.body.0`, `3.bridge.0`.
 */
import type { LayerDefinition, LayerType, NetworkDefinition, ResidualDefinition } from '../../../engine/nn/definition.ts';
import { layerFields } from '../../../engine/nn/fields.ts';

export type Path = readonly (string | number)[];
type Mutable = LayerDefinition & Record<string, unknown>;

export const pathText = (path: Path): string => path.join('.');

/** One row of the editor. */
export interface LayerRow {
  readonly path: Path;
  readonly layer: LayerDefinition;
  readonly depth: number;
  /** `bridge` rows stand for the shortcut of a residual block. */
  readonly branch: 'main' | 'body' | 'bridge';
  readonly first: boolean;
  readonly last: boolean;
}

const listOf = (value: unknown): readonly LayerDefinition[] =>
  Array.isArray(value) ? value : value && typeof value === 'object' ? [value as LayerDefinition] : [];

/** Name of the list of nested layers in a path: PyTorch's names for a residual block's halves. */
const nested = (layer: LayerDefinition): [branch: 'body' | 'bridge', field: 'layers' | 'bridge'][] => {
  if (layer.type === 'residual')
    return (layer as ResidualDefinition).bridge
      ? [
          ['body', 'layers'],
          ['bridge', 'bridge'],
        ]
      : [['body', 'layers']];
  return layer.type === 'sequential' ? [['body', 'layers']] : [];
};

/** All layers from the first to the last, nested ones below the layer that holds them. */
export function rows(network: NetworkDefinition, prefix: Path = [], depth = 0, branch: LayerRow['branch'] = 'main'): LayerRow[] {
  return network.flatMap((layer, i) => {
    const path = [...prefix, i];
    const row: LayerRow = { path, layer, depth, branch, first: i === 0, last: i === network.length - 1 };
    const inner = nested(layer).flatMap(([name, field]) => {
      const list = listOf((layer as Mutable)[field]);
      return rows(list, layer.type === 'sequential' ? path : [...path, name], depth + 1, name);
    });
    return [row, ...inner];
  });
}

const fieldOf = (part: string): 'layers' | 'bridge' => (part === 'bridge' ? 'bridge' : 'layers');

/** Applies `change` to the list that holds the layer at `path`. */
function changeList(
  network: NetworkDefinition,
  path: Path,
  change: (list: readonly LayerDefinition[], index: number) => LayerDefinition[],
): NetworkDefinition {
  const [head, ...rest] = path;
  const index = head as number;
  if (rest.length === 0) return change(network, index);
  const named = typeof rest[0] === 'string';
  const field = named ? fieldOf(rest[0] as string) : 'layers';
  const inner = named ? rest.slice(1) : rest;
  return network.map((layer, i) => {
    if (i !== index) return layer;
    return { ...layer, [field]: changeList(listOf((layer as Mutable)[field]), inner, change) } as LayerDefinition;
  });
}

export const removeLayer = (network: NetworkDefinition, path: Path): NetworkDefinition =>
  changeList(network, path, (list, index) => list.filter((_, i) => i !== index));

/** Inserts after the layer at `path`. */
export const insertAfter = (network: NetworkDefinition, path: Path, layer: LayerDefinition): NetworkDefinition =>
  changeList(network, path, (list, index) => [...list.slice(0, index + 1), layer, ...list.slice(index + 1)]);

/** Moves a layer up (−1) or down (1) within its list; at an end it stays. */
export const moveLayer = (network: NetworkDefinition, path: Path, step: -1 | 1): NetworkDefinition =>
  changeList(network, path, (list, index) => {
    const target = index + step;
    if (target < 0 || target >= list.length) return [...list];
    const out = [...list];
    [out[index], out[target]] = [out[target] as LayerDefinition, out[index] as LayerDefinition];
    return out;
  });

/** Sets a field; undefined takes it out, so that the layer's default holds again. */
export const setField = (network: NetworkDefinition, path: Path, field: string, value: unknown): NetworkDefinition =>
  changeList(network, path, (list, index) =>
    list.map((layer, i) => {
      if (i !== index) return layer;
      const { [field]: _, ...rest } = layer as Mutable;
      return (value === undefined ? rest : { ...layer, [field]: value }) as unknown as LayerDefinition;
    }),
  );

/** Fields of each type as the engine reads them, those that hold layers and initialisers left out. */
export interface FieldSpec {
  readonly name: string;
  readonly kind: string | readonly string[];
  readonly required: boolean;
  /** Left out, it is what the layer before hands on. */
  readonly derived: boolean;
}

export function fieldsOf(type: LayerType): FieldSpec[] {
  const { derived = {}, required = {}, optional = {} } = layerFields[type] ?? {};
  return Object.entries({ ...derived, ...required, ...optional })
    .filter(([, kind]) => !['layers', 'bridge', 'flags'].includes(kind as string))
    .map(([name, kind]) => ({ name, kind, required: name in required, derived: name in derived }));
}

/**
 * Reads what was typed into a field: a number, two numbers (`3, 5`), `same`. Empty is undefined. What cannot be read is
 * returned as text, so that the validator names it.
 */
export function readField(text: string, kind: FieldSpec['kind']): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const numbers = trimmed.split(/[\s,×x]+/).map(Number);
  const isPair = kind === 'countPair' || kind === 'naturalPair' || kind === 'padding';
  if (isPair && numbers.length === 2 && numbers.every(Number.isFinite)) return numbers;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : trimmed;
}

export const fieldText = (value: unknown): string =>
  value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value);

/** A new layer of a type with values that make sense after `channels` features or channels. */
export function newLayer(type: LayerType, channels: number): LayerDefinition {
  switch (type) {
    case 'linear':
      return { type, out: 64 };
    case 'conv2d':
      return { type, out: 32, kernel: 3, padding: 1 };
    case 'convtranspose2d':
      return { type, out: channels, kernel: 2, stride: 2 };
    case 'dropout':
    case 'dropout2d':
      return { type, p: 0.5 };
    case 'maxpool2d':
    case 'avgpool2d':
      return { type, kernel: 2 };
    case 'upsample2d':
      return { type, scale: 2 };
    case 'residual':
      return { type, layers: [{ type: 'linear', out: channels }, { type: 'relu' }] };
    case 'sequential':
      return { type, layers: [{ type: 'identity' }] };
    case 'unet':
      return { type, out: channels };
    default:
      return { type } as LayerDefinition;
  }
}

/** @throws Error with what is wrong where the text is no JSON list */
export function parseNetwork(text: string): NetworkDefinition {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(value)) throw new Error('A network is a list of layers: [{"type": "linear", …}, …]');
  return value as NetworkDefinition;
}

/** One layer per line, so that differences read well. */
export const printNetwork = (network: NetworkDefinition): string =>
  `[\n${network.map((layer) => `  ${JSON.stringify(layer)}`).join(',\n')}\n]`;
