import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataFormatError } from '../../../engine/errors.ts';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../../../engine/io/safetensors.ts';

/**
 * Written by Python's library 0.8.0:
 * save({'b.weight': arange(6, f32).reshape(2, 3) / 3, 'labels': u8 [1, 2, 250], 'n': i64 7, 'i': i32 [-1, 2], 'u': u32 [2**32 - 1]},
 *      metadata={'format': 'pt', 'b': 'x'})
 */
const PYTHON = Uint8Array.from(
  Buffer.from(
    `${'4801000000000000'}${Buffer.from(
      '{"__metadata__":{"format":"pt","b":"x"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"u":{"dtype":"U32","shape":[1],"data_offsets":[32,36]},"i":{"dtype":"I32","shape":[2],"data_offsets":[36,44]},"labels":{"dtype":"U8","shape":[3],"data_offsets":[44,47]}}    ',
    ).toString(
      'hex',
    )}0700000000000000${'00000000abaaaa3eabaa2a3f0000803fabaaaa3f5555d53f'}${'ffffffff'}${'ffffffff02000000'}${'0102fa'}`,
    'hex',
  ),
);

const TENSORS: [string, SafetensorsTensor][] = [
  ['labels', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 250) }],
  ['b.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3) }],
  ['i', { dtype: 'I32', shape: [2], data: Int32Array.of(-1, 2) }],
  ['n', { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) }],
  ['u', { dtype: 'U32', shape: [1], data: Uint32Array.of(0xffffffff) }],
];

/** A file with the given header and bytes, however wrong. */
function file(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const out = new Uint8Array(8 + json.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  out.set(data, 8 + json.length);
  return out;
}

const one = (entry: unknown): string => JSON.stringify({ a: entry });
const four = new Uint8Array(4);

describe('safetensors', () => {
  it('reads what the Python library writes', () => {
    const { tensors, metadata } = readSafetensors(PYTHON);
    expect(metadata).toEqual({ format: 'pt', b: 'x' });
    expect(new Map(tensors)).toEqual(new Map(TENSORS));
  });

  it('reads tensors at any offset of a larger buffer', () => {
    const shifted = new Uint8Array(PYTHON.length + 3);
    shifted.set(PYTHON, 3);
    expect(readSafetensors(shifted.subarray(3)).tensors.get('b.weight')?.data).toEqual(TENSORS[1]?.[1].data);
    const { data } = readSafetensors(Buffer.from(PYTHON)).tensors.get('u') as SafetensorsTensor<'U32'>;
    expect([...data]).toEqual([0xffffffff]);
  });

  it('writes the bytes that the Python library writes', () => {
    // The library writes metadata in the order of a hash map; with both orders equal the files are too.
    const ours = writeSafetensors(TENSORS, { b: 'x', format: 'pt' });
    const text = new TextDecoder('latin1').decode(ours).replace('{"b":"x","format":"pt"}', '{"format":"pt","b":"x"}');
    expect(text).toBe(new TextDecoder('latin1').decode(PYTHON));
  });

  it('brings back everything that it wrote', () => {
    const tensor = fc
      .tuple(fc.constantFrom('F32', 'I32', 'U8'), fc.array(fc.nat(4), { maxLength: 3 }), fc.integer())
      .map(([dtype, shape, seed]): SafetensorsTensor => {
        const size = shape.reduce((a, b) => a * b, 1);
        const values = Array.from({ length: size }, (_, i) => (seed + 17 * i) % 251);
        if (dtype === 'F32') return { dtype, shape, data: Float32Array.from(values, (v) => v / 7) };
        if (dtype === 'I32') return { dtype, shape, data: Int32Array.from(values) };
        return { dtype: 'U8', shape, data: Uint8Array.from(values) };
      });
    const name = fc.string().filter((text) => text !== '__metadata__');
    const text = fc.string();
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key }),
        fc.dictionary(text, text),
        (tensors, metadata) => {
          const bytes = writeSafetensors(tensors, metadata);
          const back = readSafetensors(bytes);
          expect(back.tensors).toEqual(new Map(tensors));
          expect({ ...back.metadata }).toEqual({ ...metadata });
          expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuses tensors that do not fill their shape, and reserved or repeated names', () => {
    const data = new Float32Array(3);
    expect(() => writeSafetensors([['a', { dtype: 'F32', shape: [2, 2], data }]])).toThrow("tensors['a']: has 3 elements");
    expect(() => writeSafetensors([['__metadata__', { dtype: 'F32', shape: [3], data }]])).toThrow('reserved');
    const twice: [string, SafetensorsTensor] = ['a', { dtype: 'F32', shape: [3], data }];
    expect(() => writeSafetensors([twice, twice])).toThrow("tensors['a']");
  });

  it.each([
    ['too short for a length', new Uint8Array(5), 5],
    ['header beyond the end', PYTHON.subarray(0, 100), 100],
    ['data cut short', PYTHON.subarray(0, PYTHON.length - 1), PYTHON.length - 1],
    ['data left over', Uint8Array.of(...PYTHON, 0), PYTHON.length],
    ['absurd header length', Uint8Array.of(255, 255, 255, 255, 255, 255, 0, 0, 123), 0],
    ['header that is no object', file('[1]'), 8],
    ['broken JSON', file('{"a":'), 8],
    ['broken UTF-8', file(Uint8Array.of(0x7b, 0xff, 0x7d)), 8],
    ['unknown type', file(one({ dtype: 'F16', shape: [1], data_offsets: [0, 2] }), new Uint8Array(2)), 8],
    ['no shape', file(one({ dtype: 'F32', data_offsets: [0, 4] }), four), 8],
    ['negative size', file(one({ dtype: 'F32', shape: [-1], data_offsets: [0, 4] }), four), 8],
    ['fractional size', file(one({ dtype: 'F32', shape: [0.5], data_offsets: [0, 2] }), new Uint8Array(2)), 8],
    ['size and offsets at odds', file(one({ dtype: 'F32', shape: [2], data_offsets: [0, 4] }), four), 8],
    [
      'a gap',
      file(one({ dtype: 'U8', shape: [3], data_offsets: [1, 4] }), four),
      8 + one({ dtype: 'U8', shape: [3], data_offsets: [1, 4] }).length + 1,
    ],
    ['null entry', file(one(null)), 8],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), 8],
    [
      'a name twice',
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      8,
    ],
  ])('refuses a file with %s', (_, bytes, offset) => {
    let caught: unknown;
    try {
      readSafetensors(bytes, 'x.safetensors');
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(DataFormatError);
    expect(caught).toMatchObject({ file: 'x.safetensors', offset });
  });

  it('refuses overlapping tensors', () => {
    const header = JSON.stringify({
      a: { dtype: 'U8', shape: [4], data_offsets: [0, 4] },
      b: { dtype: 'U8', shape: [2], data_offsets: [2, 4] },
    });
    expect(() => readSafetensors(file(header, four))).toThrow(/'b' to start at byte 4/);
  });
});
