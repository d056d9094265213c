import { describe, expect, it } from 'vitest';
import * as errors from '../../../engine/errors.ts';

const cause = new Error('inner');

const CASES: readonly [errors.ChalkgradError, code: string, facts: object, says: RegExp][] = [
  [
    new errors.ShapeError('matmul', [[2, 3], [4]], 'the inner axes must agree'),
    'SHAPE',
    { op: 'matmul', shapes: [[2, 3], [4]], rule: 'the inner axes must agree' },
    /^matmul: got \[2, 3\] and \[4\], but the inner axes must agree\.$/,
  ],
  [
    new errors.LimitError("tensor 'x'", 2e9, 134217728),
    'LIMIT',
    { needed: 2e9, limit: 134217728 },
    /2,000,000,000.*134,217,728.*smaller batch/,
  ],
  [
    new errors.OutOfMemoryError("tensor 'x'", 1536, { cause }),
    'OUT_OF_MEMORY',
    { bytes: 1536, cause },
    /1\.5 KiB.*smaller batch/,
  ],
  [new errors.DeviceLostError(''), 'DEVICE_LOST', { reason: '' }, /no reason given.*last checkpoint/],
  [
    new errors.DisposedTensorError('add', 'matmul at a.ts:3'),
    'DISPOSED_TENSOR',
    { op: 'add', madeAt: 'matmul at a.ts:3' },
    /made by matmul.*keep\(\)/,
  ],
  [
    new errors.DataFormatError('a.bin', 7, 'a label'),
    'DATA_FORMAT',
    { file: 'a.bin', offset: 7, expectation: 'a label' },
    /a\.bin: at byte 7 expected a label\./,
  ],
  [
    new errors.NonFiniteError('3.weight', 12),
    'NON_FINITE',
    { layer: '3.weight', step: 12 },
    /'3\.weight'.*step 12.*learning rate/,
  ],
  [new errors.MissingDataError('mnist', 'npm run data'), 'MISSING_DATA', { dataset: 'mnist' }, /Run 'npm run data'/],
  [
    new errors.ConfigError('network[3].kernel', 'must be odd'),
    'CONFIG',
    { path: 'network[3].kernel' },
    /^network\[3\]\.kernel: must be odd$/,
  ],
  [
    new errors.DTypeError('exp', 'i32'),
    'DTYPE',
    { op: 'exp', dtype: 'i32' },
    /^exp: got a tensor of i32, but it has a form for f32 only\. Convert it first: cast\(x, 'f32'\)\.$/,
  ],
  [
    new errors.ArgumentError('zeros', 'the shape must be a list, not an object'),
    'ARGUMENT',
    { op: 'zeros' },
    /^zeros: the shape/,
  ],
  [new errors.NoWebAssemblyError('no SIMD'), 'NO_WEBASSEMBLY', {}, /no SIMD.*device: 'cpu'/],
  [new errors.NoWebGPUError('navigator.gpu is undefined'), 'NO_WEBGPU', {}, /navigator\.gpu is undefined.*device: 'cpu'/],
];

describe('the errors of the engine', () => {
  it.each(CASES.map((entry) => [entry[0].constructor.name, ...entry] as const))(
    '%s states its facts and what to do',
    (name, error, code, facts, says) => {
      expect(error).toBeInstanceOf(errors.ChalkgradError);
      expect(error).toMatchObject({ name, code, ...facts });
      expect(error.message).toMatch(says);
    },
  );

  it('have one code each, and none is forgotten here', () => {
    const classes = Object.keys(errors).filter((name) => name.endsWith('Error') && name !== 'ChalkgradError');
    expect(CASES.map(([error]) => error.constructor.name).sort()).toEqual(classes.sort());
    expect(new Set(CASES.map(([error]) => error.code)).size).toBe(CASES.length);
  });
});
