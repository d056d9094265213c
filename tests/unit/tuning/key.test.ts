import { describe, expect, it } from 'vitest';
import { adapterKey, hashOf, shapeClass } from '../../../engine/device/tuning/key.ts';
import { CAPS } from './fake.ts';

describe('a shape class', () => {
  it('buckets sizes to powers of two, with the largest of 4, 2 and 1 that divides them', () => {
    expect(shapeClass({ N: 64, K: 50, M: 13 })).toBe('K=2^6/2,M=2^4/1,N=2^6/4');
    expect(shapeClass({ n: 60 })).toBe(shapeClass({ n: 84 }));
    expect(shapeClass({ n: 60 })).not.toBe(shapeClass({ n: 62 }));
    expect(shapeClass({ n: 64 })).not.toBe(shapeClass({ n: 128 }));
  });

  it('keeps small numbers, which are strides, kernels and flags, and hides fractions', () => {
    expect(shapeClass({ kh: 3, stride: 2, hasBias: 1, slope: 0.01 })).toBe('hasBias=1,kh=3,slope=~,stride=2');
    expect(shapeClass({ kh: 3 })).not.toBe(shapeClass({ kh: 5 }));
    expect(shapeClass({ offset: -100 })).toBe('offset=-2^7/4');
  });

  it('does not depend on the order of the fields, and reads lists', () => {
    expect(shapeClass({ a: 1, b: [128, 3] })).toBe(shapeClass({ b: [128, 3], a: 1 }));
    expect(shapeClass({ b: [128, 3] })).toBe('b=[2^7/4,3]');
  });
});

describe('an adapter key', () => {
  const info = { kind: 'webgpu', name: 'Acme 9', vendor: 'acme', architecture: 'one', software: false } as const;

  it('tells adapters, limits and browsers apart', () => {
    const key = adapterKey(info, CAPS, 'Chrome 156');
    expect(key).toBe('acme | one | Acme 9 | subgroups 32-32 | 32768 1024 10 | Chrome 156');
    const others = [
      adapterKey({ ...info, architecture: 'two' }, CAPS, 'Chrome 156'),
      adapterKey(info, { ...CAPS, subgroups: false }, 'Chrome 156'),
      adapterKey(info, { ...CAPS, maxWorkgroupStorageSize: 16384 }, 'Chrome 156'),
      adapterKey(info, CAPS, 'Chrome 157'),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });

  it('names what it runs in', () => {
    expect(adapterKey(info, CAPS)).toMatch(/\| Node\.js \d+$/);
  });
});

it('the hash is FNV-1a', () => {
  expect(hashOf('')).toBe('811c9dc5');
  expect(hashOf('a')).toBe('e40c292c');
  expect(hashOf('foobar')).toBe('bf9cf968');
});
