import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noTeacherKeys, readLink, writeLink } from '../../../apps/runtime/link.ts';
import { attributeOf, defaults, defineSchema, int, isActive, number } from '../../../apps/runtime/schema.ts';
import { checkValue, readValue, writeValue } from '../../../apps/runtime/values.ts';
import { definition, schema } from './demo-experiment.ts';

describe('defineSchema', () => {
  const good = { default: 1, min: 0, max: 2, label: 'x', live: 'live' } as const;
  it('adds the seed', () => {
    expect(defineSchema({}).seed).toMatchObject({ type: 'int', default: 1, live: 'restart' });
  });
  it.each([
    ['a default out of range', { x: number({ ...good, default: 3 }) }, /default 3 is outside/],
    ['a default that is no integer', { x: int({ ...good, default: 0.5 }) }, /no integer/],
    ['a logarithm of zero', { x: number({ ...good, scale: 'log' as const }) }, /logarithmic/],
    ['a reserved key', { hide: number(good) }, /reserved/],
    ['a key that no attribute can carry', { Rate: number(good) }, /camelCase/],
    ['a dependence on nothing', { x: number({ ...good, when: { key: 'y', is: [1] } }) }, /unknown 'y'/],
  ])('refuses %s', (_, parameters, message) => {
    expect(() => defineSchema(parameters)).toThrow(message);
  });
});

describe('attributes', () => {
  it.each([
    ['rate', 'rate'],
    ['learningRate', 'learning-rate'],
    ['hidden', 'param-hidden'],
    ['device', 'param-device'],
  ])('%s is set by %s', (key, attribute) => {
    expect(attributeOf(key)).toBe(attribute);
  });
});

describe('readValue', () => {
  const { rate, steps, start, method, noisy, points } = schema;
  it.each([
    [rate, '0.3', 0.3, undefined],
    [rate, '1e-9', 1e-5, /below the smallest/],
    [rate, 'Infinity', 10, /above the largest/],
    [rate, 'fast', 0.1, /not a number/],
    [rate, '', 0.1, /not a number/],
    [start, '-9', -5, /-5 m/],
    [steps, '2.6', 3, /rounded to 3/],
    [steps, '1e99', 1000, /largest/],
    [method, 'sign', 'sign', undefined],
    [method, '__proto__', 'gd', /not one of gd, sign/],
    [noisy, '1', true, undefined],
    [noisy, 'maybe', false, /neither/],
    [points, '[3,4]', [3, 4], undefined],
    [points, '[3,"x"]', [1, 2], /list of numbers/],
    [points, '[3,', [1, 2], /not valid JSON/],
    [points, `[${'1,'.repeat(9000)}1]`, [1, 2], /longer than/],
  ])('reads %# as expected', (parameter, raw, value, note) => {
    const reading = readValue(parameter, raw, parameter.default);
    expect(reading.value).toEqual(value);
    if (note) expect(reading.note).toMatch(note);
    else expect(reading.note).toBeUndefined();
  });

  it('takes back what writeValue writes, for every number in range', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-5, max: 10, noNaN: true }), (x) => {
        expect(readValue(rate, writeValue(rate, x), 1)).toEqual({ value: x });
      }),
    );
  });

  it('never leaves the range, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (raw) => {
        const value = readValue(steps, raw, steps.default).value as number;
        expect(Number.isInteger(value) && value >= 1 && value <= 1000).toBe(true);
      }),
    );
  });

  it('checks typed values alike', () => {
    expect(checkValue(steps, '7', 20)).toMatchObject({ value: 20 });
    expect(checkValue(noisy, 1, false)).toMatchObject({ value: false });
  });
});

describe('links', () => {
  const base = defaults(schema);
  it('are empty for the defaults and carry the seed when passed on', () => {
    expect(writeLink(definition, { config: base })).toBe('');
    expect(writeLink(definition, { config: base }, { seed: true })).toBe('v=1&seed=1');
  });

  it('hold what differs from the preset, and nothing else', () => {
    const config = { ...base, steps: 100, rate: 0.02, points: [3, -1] };
    expect(writeLink(definition, { preset: 'full', config })).toBe('v=1&preset=full&rate=0.02&points=[3,-1]');
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(
        fc.record({
          steps: fc.integer({ min: 1, max: 1000 }),
          rate: fc.double({ min: 1e-5, max: 10, noNaN: true }),
          noisy: fc.boolean(),
          method: fc.constantFrom('gd', 'sign'),
          seed: fc.integer({ min: 0, max: 4294967295 }),
          points: fc.array(fc.integer()),
        }),
        fc.constantFrom('quick', 'full'),
        fc.subarray(['steps', 'rate', '*']),
        fc.boolean(),
        (change, preset, hide, embed) => {
          const config = { ...base, ...change };
          const { state, notes } = readLink(definition, writeLink(definition, { ...noTeacherKeys, preset, config, hide, embed }));
          expect(notes).toEqual([]);
          expect(state).toEqual({ preset, config, hide, lock: [], embed, autostart: false });
        },
      ),
    );
  });

  it('survive absurd input with a note for each oddity', () => {
    const { state, notes } = readLink(
      definition,
      '#v=7&preset=nope&rate=1e400&steps=-3&wat=1&constructor=2&__proto__=3&rate=5&hide=rate,preset,zzz&lock=*&embed',
    );
    expect(state.config).toEqual({ ...base, rate: 10, steps: 1 });
    expect(state).toMatchObject({ preset: 'quick', hide: ['rate', 'preset'], lock: ['*'], embed: true, autostart: false });
    expect(notes.map((n) => n.key)).toEqual(['preset', 'v', 'rate', 'steps', 'wat', 'constructor', '__proto__', 'hide']);
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.string(), (hash) => {
        const { state } = readLink(definition, hash);
        expect(Object.keys(state.config).sort()).toEqual(Object.keys(schema).sort());
      }),
    );
  });
});

describe('isActive', () => {
  it('follows the parameter that decides', () => {
    expect(isActive(schema, 'noise', { noisy: false })).toBe(false);
    expect(isActive(schema, 'noise', { noisy: true })).toBe(true);
    expect(isActive(schema, 'rate', {})).toBe(true);
  });
});
