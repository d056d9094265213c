import { describe, expect, it } from 'vitest';
import {
  fieldsOf,
  fieldText,
  insertAfter,
  moveLayer,
  newLayer,
  parseNetwork,
  pathText,
  printNetwork,
  readField,
  removeLayer,
  rows,
  setField,
} from '../../../apps/components/network-editor/edit.ts';
import type { LayerType, NetworkDefinition } from '../../../engine/nn/definition.ts';
import { layerFields, readLayer } from '../../../engine/nn/fields.ts';
import { validateNetwork } from '../../../engine/nn/validate.ts';

const network: NetworkDefinition = [
  { type: 'linear', in: 8, out: 8 },
  {
    type: 'residual',
    layers: [{ type: 'linear', in: 8, out: 4 }, { type: 'relu' }],
    bridge: { type: 'linear', in: 8, out: 4 },
  },
  { type: 'sequential', layers: [{ type: 'tanh' }] },
];

const paths = (list: NetworkDefinition) => rows(list).map((row) => pathText(row.path));

describe('editing a network', () => {
  it('lists layers by the names that PyTorch and the engine give them', () => {
    expect(paths(network)).toEqual(['0', '1', '1.body.0', '1.body.1', '1.bridge.0', '2', '2.0']);
  });

  it('names errors by the same paths as the engine', () => {
    const wrong = setField(network, [1, 'body', 0], 'out', 5);
    const { errors } = validateNetwork(wrong, [8]);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect([...paths(wrong), '']).toContain(error.path);
    const unknown = validateNetwork(setField(network, [1, 'body', 0], 'in', 'x'), [8]);
    expect(unknown.errors.map((e) => e.path)).toContain('1.body.0');
  });

  it('changes one layer and leaves the rest as it is', () => {
    const changed = setField(network, [1, 'body', 0], 'in', 16);
    expect(JSON.stringify(changed)).toBe(
      JSON.stringify(network).replace(
        '{"type":"linear","in":8,"out":4},{"type":"relu"}',
        '{"type":"linear","in":16,"out":4},{"type":"relu"}',
      ),
    );
    expect(network[1]).toHaveProperty('layers.0.in', 8);
    expect(setField(changed, [1, 'body', 0], 'in', undefined)).not.toHaveProperty('1.layers.0.in');
  });

  it('inserts, removes and moves at any depth', () => {
    expect(rows(insertAfter(network, [1, 'body', 0], { type: 'dropout' })).map((r) => r.layer.type)).toEqual([
      'linear',
      'residual',
      'linear',
      'dropout',
      'relu',
      'linear',
      'sequential',
      'tanh',
    ]);
    expect(paths(removeLayer(network, [1]))).toEqual(['0', '1', '1.0']);
    expect(moveLayer(network, [0], 1)[0]?.type).toBe('residual');
    expect(moveLayer(network, [0], -1)).toEqual(network);
    expect(removeLayer(network, [2, 0])).toHaveProperty('2.layers', []);
  });

  it('makes layers of every type that the engine can read', () => {
    for (const type of Object.keys(layerFields) as LayerType[]) {
      const read = readLayer(newLayer(type, 16));
      expect(read, type).toHaveProperty('layer');
      for (const field of fieldsOf(type)) expect(['layers', 'bridge', 'flags']).not.toContain(field.kind);
    }
  });

  it('reads what people type', () => {
    expect(readField('3', 'countPair')).toBe(3);
    expect(readField('3, 5', 'countPair')).toEqual([3, 5]);
    expect(readField('3 × 5', 'naturalPair')).toEqual([3, 5]);
    expect(readField('same', 'padding')).toBe('same');
    expect(readField(' ', 'count')).toBeUndefined();
    expect(readField('many', 'count')).toBe('many');
    expect(fieldText([3, 5])).toBe('3, 5');
    expect(fieldText(undefined)).toBe('');
  });

  it('goes through JSON and back', () => {
    expect(parseNetwork(printNetwork(network))).toEqual(network);
    expect(() => parseNetwork('{')).toThrow(/not JSON/);
    expect(() => parseNetwork('{"type":"relu"}')).toThrow(/list of layers/);
  });
});
