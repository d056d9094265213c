import { describe, expect, it } from 'vitest';
import { parseOptions, selectCases, selectContenders } from '../../../bench/host/options.ts';
import { describeAdapter, incomparable, isSoftware } from '../../../bench/libraries/adapters.ts';
import { bilinearMatrix } from '../../../bench/libraries/bilinear.ts';
import { CONTENDERS, parseContender } from '../../../bench/libraries/index.ts';
import { onnxModel } from '../../../bench/libraries/onnx-model.ts';

describe('options', () => {
  it('have the full protocol as default', () => {
    const full = { batches: 9, quick: false, node: false, firstStep: true, profile: true, only: undefined, tune: false };
    expect(parseOptions([])).toMatchObject(full);
    expect(parseOptions(['--tune']).tune).toBe(true);
    expect(parseOptions(['--quick']).batches).toBe(5);
    expect(parseOptions(['--no-profile']).profile).toBe(false);
    expect(parseOptions([]).caseSeconds).toBe(60);
    expect(parseOptions(['--case-seconds', '7.5']).caseSeconds).toBe(7.5);
  });

  it('read patterns and lists', () => {
    const options = parseOptions(['--only', 'conv .*forward', '--libraries', 'jax-js, tfjs webgpu', '--batches', '3']);
    expect(options.only?.test('CONV 3×3 forward')).toBe(true);
    expect(selectContenders(CONTENDERS, options)).toEqual(['jax-js webgpu', 'jax-js wasm', 'tfjs webgpu']);
    expect(options.batches).toBe(3);
  });

  it('refuse what they do not know', () => {
    expect(() => parseOptions(['--fast'])).toThrow(/unknown option/);
    expect(() => parseOptions(['--only'])).toThrow(/needs a value/);
    expect(() => parseOptions(['--batches', '0'])).toThrow(/positive integer/);
    expect(() => parseOptions(['--minutes', 'soon'])).toThrow(/positive number/);
    expect(() => parseOptions(['--case-seconds', '0'])).toThrow(/--case-seconds needs a positive number/);
    expect(() => selectContenders(CONTENDERS, { libraries: ['torch'] })).toThrow(/no library 'torch'/);
    expect(() => parseContender('tfjs metal')).toThrow(/no library/);
  });

  it('select by pattern before --quick', () => {
    const cases = [
      { name: 'a', quick: true },
      { name: 'b', quick: false },
    ];
    expect(selectCases(cases, { only: undefined, quick: true })).toEqual([cases[0]]);
    expect(selectCases(cases, { only: /b/, quick: true })).toEqual([cases[1]]);
  });
});

describe('adapters', () => {
  const info = (description: string, isFallbackAdapter = false) =>
    describeAdapter({ vendor: 'v', architecture: 'a', device: '', description, isFallbackAdapter } as GPUAdapterInfo);

  it('know software by name or flag', () => {
    expect(info('SwiftShader Device (Subzero)').software).toBe(true);
    expect(info('Anything', true).software).toBe(true);
    expect(info('NVIDIA H200').software).toBe(false);
    expect(isSoftware('ANGLE (llvmpipe)')).toBe(true);
  });

  it('are compared only with themselves, and with the CPU', () => {
    const cpu = { api: 'cpu', vendor: '', architecture: '', description: 'CPU', software: false } as const;
    expect(incomparable(info('GPU'), info('GPU'))).toBeUndefined();
    expect(incomparable(info('GPU'), info('Other'))).toMatch(/not the same adapter/);
    expect(incomparable(info('GPU'), cpu)).toBeUndefined();
    expect(incomparable(info('GPU'), { ...info('ANGLE (SwiftShader)'), api: 'webgl' })).toMatch(/not the same/);
  });
});

describe('bilinear ×2 as a matrix', () => {
  it('has rows that sum to 1, with weights ¼ and ¾ inside and clamped ends', () => {
    const n = 4;
    const matrix = bilinearMatrix(n);
    const row = (i: number) => [...matrix.slice(i * n, (i + 1) * n)];
    expect(row(0)).toEqual([1, 0, 0, 0]);
    expect(row(1)).toEqual([0.75, 0.25, 0, 0]);
    expect(row(2)).toEqual([0.25, 0.75, 0, 0]);
    expect(row(7)).toEqual([0, 0, 0, 1]);
    for (let i = 0; i < 2 * n; i++) expect(row(i).reduce((a, b) => a + b)).toBe(1);
  });
});

describe('ONNX writer', () => {
  it('writes the fields of ModelProto that a reader needs', () => {
    const model = onnxModel({
      nodes: [{ op: 'Relu', inputs: ['x'], output: 'y', attributes: { pads: [1, 300] } }],
      inputs: [{ name: 'x', shape: [2] }],
      outputs: [{ name: 'y', shape: [2] }],
      initializers: [{ name: 'w', shape: [1], values: Float32Array.of(1) }],
    });
    // ir_version = 8; opset_import { domain: "", version: 17 }; then the graph.
    expect([...model.slice(0, 9)]).toEqual([8, 8, 66, 4, 10, 0, 16, 17, 58]);
    const fields = readFields(model);
    const graph = readFields(fields.get(7)?.[0] as Uint8Array);
    expect([...graph.keys()].sort((a, b) => a - b)).toEqual([1, 2, 5, 11, 12]);
    const node = readFields(graph.get(1)?.[0] as Uint8Array);
    expect(new TextDecoder().decode(node.get(4)?.[0] as Uint8Array)).toBe('Relu');
    expect(readFields(node.get(5)?.[0] as Uint8Array).get(8)).toEqual([1, 300]);
    expect(readFields(graph.get(5)?.[0] as Uint8Array).get(9)?.[0]).toEqual(new Uint8Array(Float32Array.of(1).buffer));
  });
});

/** A minimal reader of the protocol-buffer wire format: varints and length-delimited fields. */
function readFields(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    let value: number | Uint8Array = varint();
    if (tag % 8 === 2) {
      const end = at + value;
      value = bytes.slice(at, end);
      at = end;
    }
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}
