import { describe, expect, it } from 'vitest';
import { DataFormatError } from '../../../engine/errors.ts';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { readTfjsLayersModel } from '../../../engine/io/tfjs-layers.ts';
import { repeatedName, shown } from '../../../engine/json.ts';
import { formatError } from '../data/errors.ts';

const scalar: SafetensorsTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(5) };
const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';

function frame(header: string, bytes = 4): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(json.length);
  return new Uint8Array(Buffer.concat([length, json, Buffer.alloc(bytes)]));
}

describe('names in JSON', () => {
  it('are found where they repeat, escaped or not, in the same object only', () => {
    expect(repeatedName('{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}')).toBeUndefined();
    expect(repeatedName('{"a":1,"a":2}')).toBe('a');
    expect(repeatedName('{"a":1,"\\u0061":2}')).toBe('a');
    expect(repeatedName('{"x":{"a" : 1, "b":"a","a"\n:2}}')).toBe('a');
    expect(repeatedName('{"a\\"":1,"a\\\\":2,"a":"a\\":"}')).toBeUndefined();
    expect(repeatedName('{"":1,"":2}')).toBe('');
    expect(repeatedName('["a","a"]')).toBeUndefined();
  });

  it('and values end a message at a length that can be read', () => {
    expect(shown({ a: 'x'.repeat(1000) })).toHaveLength(121);
    expect(shown(undefined)).toBe('nothing');
  });
});

describe('safetensors', () => {
  it.each(['data_offsets', '__proto__', 'constructor', 'dtype', '', '0', 'ä\u2028"\\'])(
    'brings back a tensor called %j',
    (name) => {
      const { tensors } = readSafetensors(writeSafetensors([[name, scalar]]));
      expect([...tensors]).toEqual([[name, scalar]]);
    },
  );

  it('brings back metadata of any name, and texts that look like entries', () => {
    const metadata = JSON.parse('{"__proto__":"x","data_offsets":"\\"data_offsets\\":[0,4]","a":"{}"}') as Record<string, string>;
    const back = readSafetensors(writeSafetensors([['a', scalar]], metadata)).metadata;
    expect(Object.entries(back).sort()).toEqual(Object.entries(metadata).sort());
  });

  it.each([
    ['a name twice', `{"a":${entry},"a":${entry}}`],
    ['a name twice, its second key escaped', `{"a":${entry},"a":${entry.replace('data_o', 'data_\\u006f')}}`],
    ['an escaped name twice', `{"a":${entry},"\\u0061":${entry}}`],
    ['a field twice', `{"a":${entry.replace('"shape":[1]', '"shape":[9],"shape":[1]')}}`],
    ['metadata twice', `{"__metadata__":{},"__metadata__":{},"a":${entry}}`],
    ['a metadata name twice', `{"__metadata__":{"a":"1","a":"2"},"a":${entry}}`],
    ['metadata that are a list', `{"__metadata__":["x"],"a":${entry}}`],
    ['metadata that are null', `{"__metadata__":null,"a":${entry}}`],
    ['metadata that are a text', `{"__metadata__":"x","a":${entry}}`],
    ['an entry that is a list', '{"a":[]}'],
    ['a type that every object has', `{"a":${entry.replace('F32', 'toString')}}`],
    ['a type that is a list of one', `{"a":${entry.replace('"F32"', '["F32"]')}}`],
    ['a shape beyond 2^53', '{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,4]}}'],
    ['offsets in descending order', `{"a":${entry.replace('[0,4]', '[4,0]')}}`],
    ['offsets as texts', `{"a":${entry.replace('[0,4]', '["0","4"]')}}`],
  ])('refuses %s', (_, header) => {
    expect(() => readSafetensors(frame(header), 'x')).toThrow(DataFormatError);
  });

  it('takes tensors without elements wherever they start, and spaces behind the header', () => {
    const empty = '{"dtype":"F32","shape":[0,9],"data_offsets":[4,4]}';
    expect(readSafetensors(frame(`{"a":${entry},"b":${empty}}   `)).tensors.get('b')?.data).toHaveLength(0);
    expect(readSafetensors(frame('{}', 0)).tensors.size).toBe(0);
  });

  it('writes no file that it would not read', () => {
    const write = (tensor: object, metadata = {}) =>
      writeSafetensors([['a', { ...scalar, ...tensor } as SafetensorsTensor]], metadata);
    expect(() => write({ data: Int32Array.of(1) })).toThrow('an array of that type');
    expect(() => write({ dtype: 'toString' })).toThrow('one of the types');
    expect(() => write({ shape: [-1, -1] })).toThrow('whole numbers');
    expect(() => write({ shape: [0.5, 2] })).toThrow('whole numbers');
  });
});

describe('TensorFlow.js models', () => {
  interface Change {
    readonly flatten?: object;
    readonly layers?: readonly object[];
    readonly dense?: object;
    readonly weight?: object;
    readonly more?: readonly object[];
    readonly shard?: Uint8Array;
  }
  const load = ({ flatten = {}, layers = [], dense = {}, weight = {}, more = [], shard = new Uint8Array(16).fill(1) }: Change) =>
    readTfjsLayersModel(
      Buffer.from(
        JSON.stringify({
          modelTopology: {
            class_name: 'Sequential',
            config: {
              layers: [
                { class_name: 'Flatten', config: { name: 'f', batch_input_shape: [null, 2, 2, 1], ...flatten } },
                ...layers,
                { class_name: 'Dense', config: { name: 'd', units: 1, use_bias: false, activation: 'linear', ...dense } },
              ],
            },
          },
          weightsManifest: [
            { paths: ['w'], weights: [{ name: 'd/kernel', shape: [4, 1], dtype: 'float32', ...weight }, ...more] },
          ],
        }),
      ),
      async () => shard,
    );
  const values = async (change: Change) => [...((await load(change)).state.get('1.weight')?.data ?? [])];
  const conv = (config: object) => ({
    class_name: 'Conv2D',
    config: { name: 'c', filters: 1, kernel_size: 1, strides: 1, padding: 'valid', ...config },
  });

  it('expands float16 and whole numbers', async () => {
    const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer);
    expect(await values({ weight: { quantization: { dtype: 'float16' } }, shard: halves })).toEqual([1, -2, 2 ** -24, 65504]);
    const bytes = Uint8Array.of(0, 1, 2, 255);
    const quantization = { dtype: 'uint8', scale: 0.5, min: -1 };
    expect(await values({ weight: { quantization }, shard: bytes })).toEqual([-1, -0.5, 0, 126.5]);
    expect(await values({ weight: { quantization: null } })).toHaveLength(4);
  });

  it.each([
    ['no scale', { dtype: 'uint8' }],
    ['a scale that is null', { dtype: 'uint8', scale: null, min: 0 }],
    ['a minimum that is a text', { dtype: 'uint8', scale: 0.1, min: 'x' }],
    ['no minimum', { dtype: 'uint16', scale: 0.1 }],
    ['another type', { dtype: 'int8', scale: 1, min: 0 }],
    ['a type that every object has', { dtype: 'constructor', scale: 1, min: 0 }],
    ['a text', 'uint8'],
    ['a list', ['uint8']],
  ])('refuses quantisation with %s', async (_, quantization) => {
    for (const shard of [4, 8, 16]) await formatError(() => load({ weight: { quantization }, shard: new Uint8Array(shard) }));
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])('refuses a layer of the class %j', async (name) => {
    const error = await formatError(() =>
      load({ layers: [JSON.parse(`{"class_name":${JSON.stringify(name)},"config":{"name":"q"}}`)] }),
    );
    expect(error.message).toContain('a layer of one of the kinds');
  });

  it.each<[string, Change]>([
    ['a weight twice', { more: [{ name: 'd/kernel', shape: [0], dtype: 'float32' }] }],
    ['an element type', { weight: { dtype: 'toString' } }],
    ['a shape beyond 2^53', { weight: { shape: [9007199254740991, 9007199254740991] } }],
    ['fractional units', { dense: { units: 1.5 } }],
    ['negative units', { dense: { units: -1 } }],
    ['units without end', { dense: { units: 1e300 } }],
    ['a name that is a number', { dense: { name: 7 } }],
    ['a share of 1', { layers: [{ class_name: 'Dropout', config: { name: 'q', rate: 1 } }] }],
    ['a negative share', { layers: [{ class_name: 'Dropout', config: { name: 'q', rate: -0.5 } }] }],
    ['an input without end', { flatten: { batch_input_shape: [null, 1e15, 1e15, 1] } }],
  ])('refuses %s', async (_, change) => {
    await formatError(() => load(change));
  });

  it.each([
    ['a stride of 0', { strides: 0 }],
    ['a kernel of half a pixel', { kernel_size: 1.5 }],
    ['a kernel of no number', { kernel_size: 'x' }],
    ['three strides', { strides: [1, 1, 1] }],
    ['negative filters', { filters: -1 }],
  ])('refuses a convolution with %s', async (_, config) => {
    const json = (layers: readonly object[]) =>
      Buffer.from(JSON.stringify({ modelTopology: { class_name: 'Sequential', config: { layers } }, weightsManifest: [] }));
    await formatError(() =>
      readTfjsLayersModel(json([conv({ batch_input_shape: [null, 4, 4, 1], ...config })]), async () => new Uint8Array(0)),
    );
  });

  it('allocates no kernel for zeros on one side without end', async () => {
    const layers = [
      {
        class_name: 'ZeroPadding2D',
        config: {
          name: 'z',
          padding: [
            [0, 1_000_000],
            [0, 0],
          ],
          batch_input_shape: [null, 4, 4, 1],
        },
      },
      conv({ use_bias: false }),
    ];
    const json = {
      modelTopology: { class_name: 'Sequential', config: { layers } },
      weightsManifest: [{ paths: ['w'], weights: [{ name: 'c/kernel', shape: [1, 1, 1, 1], dtype: 'float32' }] }],
    };
    const error = await formatError(() => readTfjsLayersModel(Buffer.from(JSON.stringify(json)), async () => new Uint8Array(4)));
    expect(error.message).toContain('between opposite sides');
  });
});
