import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parameterTable, parseLabArguments } from '../../../apps/cli/lab-arguments.ts';
import { nudge, positionOf, positions, valueAt } from '../../../apps/components/controls/slider.ts';
import { asTyped } from '../../../apps/components/controls/typed.ts';
import { Eta, formatDuration } from '../../../apps/components/transport-bar/eta.ts';
import { reportHeight } from '../../../apps/embed/frame.ts';
import { text } from '../../../apps/runtime/schema.ts';
import { awaitFloor, leaveFloor, takeFloor } from '../../../apps/shell/one-at-a-time.ts';
import { definition, schema } from './demo-experiment.ts';

describe('sliders', () => {
  const { rate, decay, steps, start } = schema;
  it.each([rate, decay, steps, start])('reach both ends of $label', (p) => {
    expect([valueAt(p, 0), valueAt(p, positions)]).toEqual([p.min, p.max]);
    expect([positionOf(p, p.min), positionOf(p, p.max)].map(Math.round)).toEqual([0, positions]);
  });

  it.each([rate, decay, steps, start])('go there and back for $label', (p) => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: positions, noNaN: true }), (position) => {
        const value = valueAt(p, position);
        expect(value).toBeGreaterThanOrEqual(p.min);
        expect(value).toBeLessThanOrEqual(p.max);
        expect(valueAt(p, positionOf(p, value))).toBeCloseTo(value, 9);
      }),
    );
  });

  it('give a logarithmic scale its decades', () => {
    expect(valueAt(rate, positions / 2)).toBe(0.01);
    expect(valueAt(decay, 1)).toBe(1e-6);
  });

  it('move by keys, always, and never out of range', () => {
    expect(nudge(rate, 10, 1)).toBe(10);
    expect(nudge(rate, 0.1, 1)).toBeGreaterThan(0.1);
    expect(nudge(rate, 0.1, -1, true)).toBeLessThan(nudge(rate, 0.1, -1));
    expect(nudge(steps, 20, -1)).toBe(19);
    const batch = { ...steps, scale: 'log', min: 1, max: 512 } as const;
    expect(nudge(batch, 1, 1)).toBeGreaterThan(1);
    expect(nudge(start, 1, 1)).toBeCloseTo(1.1, 12);
  });
});

describe('what is typed into a field', () => {
  const { rate, steps } = schema;
  const wide = { ...rate, max: 1e6 };
  it.each([
    [steps, '10,000', '10000'],
    [steps, '1,234,567', '1234567'],
    [rate, '0,03', '0.03'],
    [rate, '0,001', '0.001'],
    [rate, '1,250', '1.250'],
    [wide, '1,250', '1250'],
    [wide, '−1,250.5 ', '-1250.5'],
    [rate, '−0.5', '-0.5'],
    [text({ default: '', maxLength: 40, label: 'list', live: 'restart' }), '5,30,100 −1', '5,30,100 −1'],
  ] as const)('%#: a comma parts thousands or decimals, of numbers only', (p, typed, read) => {
    expect(asTyped(p, typed)).toBe(read);
  });
});

describe('remaining time', () => {
  it('follows the pace of the last seconds and forgets a pause', () => {
    const eta = new Eta();
    expect(eta.remaining(100)).toBeUndefined();
    for (let i = 0; i <= 10; i++) eta.add(i, i * 100);
    expect(eta.pace).toBeCloseTo(10);
    expect(eta.remaining(60)).toBeCloseTo(5);
    expect(eta.remaining(undefined)).toBeUndefined();
    eta.reset();
    expect(eta.pace).toBeUndefined();
    for (let i = 0; i <= 200; i++) eta.add(10 + i, 5000 + i * 200);
    expect(eta.pace).toBeCloseTo(5);
    eta.add(1, 50_000);
    expect(eta.pace).toBeUndefined();
  });

  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [120, '2 min'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [7200, '2 h'],
  ])('%d is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('one training per page', () => {
  it('pauses who ran before, and only that one', () => {
    const speaker = () => ({ yieldFloor: vi.fn(), floorFree: vi.fn() });
    const [a, b] = [speaker(), speaker()];
    takeFloor(a);
    takeFloor(a);
    takeFloor(b);
    expect([a.yieldFloor.mock.calls.length, b.yieldFloor.mock.calls.length]).toEqual([1, 0]);
    leaveFloor(a);
    takeFloor(a);
    expect(b.yieldFloor).toHaveBeenCalledTimes(1);
    leaveFloor(a);
    takeFloor(b);
    expect(a.yieldFloor).toHaveBeenCalledTimes(1);
    leaveFloor(b);
  });

  it('lets wait who starts by itself, one after the other', () => {
    const speaker = () => ({ yieldFloor: vi.fn(), floorFree: vi.fn(() => awaitFloor(c)) });
    const a = { yieldFloor: vi.fn(), floorFree: vi.fn() };
    const b = { yieldFloor: vi.fn(), floorFree: vi.fn(() => awaitFloor(b)) };
    const c = speaker();
    expect([awaitFloor(a), awaitFloor(b), awaitFloor(c), awaitFloor(c)]).toEqual([true, false, false, false]);
    leaveFloor(a);
    expect([awaitFloor(b), awaitFloor(c)]).toEqual([true, false]);
    expect(a.yieldFloor).not.toHaveBeenCalled();
    leaveFloor(c);
    leaveFloor(b);
    expect(awaitFloor(a)).toBe(true);
    leaveFloor(a);
  });
});

describe('height of a frame', () => {
  afterEach(() => vi.unstubAllGlobals());
  it('is told in three dialects, and not for a change of one pixel', () => {
    let resized = () => {};
    vi.stubGlobal(
      'ResizeObserver',
      class {
        constructor(callback: () => void) {
          resized = callback;
        }
        observe() {}
        disconnect() {}
      },
    );
    let height = 400.2;
    const messages: unknown[] = [];
    reportHeight({ getBoundingClientRect: () => ({ height }) } as Element, (message) => messages.push(message));
    expect(messages).toEqual([
      { type: 'chalkgrad.height', height: 401 },
      { subject: 'lti.frameResize', height: 401 },
      '{"subject":"lti.frameResize","height":401}',
    ]);
    height = 401.9;
    resized();
    expect(messages).toHaveLength(3);
    height = 500;
    resized();
    expect(messages[3]).toEqual({ type: 'chalkgrad.height', height: 500 });
  });
});

describe('arguments of npm run lab', () => {
  it('are read in every form', () => {
    const parsed = parseLabArguments(definition, [
      ...['--preset', 'full', '--seed=7', '--set', 'rate=0.02', 'noisy=1', '--set=points=[4,5]'],
      ...['--device', 'cpu', '--json', 'out.json', '--steps', '3'],
    ]);
    expect(parsed).toMatchObject({ preset: 'full', device: 'cpu', json: 'out.json', steps: 3, errors: [], notes: [] });
    expect(parsed.config).toEqual({ seed: 7, rate: 0.02, noisy: true, points: [4, 5] });
  });

  it('are clamped like a link, with a note', () => {
    const { config, notes } = parseLabArguments(definition, ['--set', 'rate=99']);
    expect(config).toEqual({ rate: 10 });
    expect(notes).toEqual(['rate: 99 is above the largest value, 10, which is used']);
  });

  it('are refused where they mean nothing', () => {
    const wrong = [
      '--wat',
      'stray',
      '--set',
      'nope=1',
      '--set',
      'rate',
      '--preset',
      'x',
      '--device',
      'tpu',
      '--steps',
      '0',
      '--json',
    ];
    const { errors } = parseLabArguments(definition, wrong);
    expect(errors.map((e) => e.slice(0, 24))).toEqual([
      '--wat is no option',
      "'stray' is no option",
      'this lab has no paramete',
      '--set rate needs a value',
      '--json needs a value',
      "'x' is no preset of this",
      "'tpu' is no device: auto",
      '--steps 0 is no number o',
    ]);
  });

  it('are documented from the schema', () => {
    const table = parameterTable(definition);
    expect(table).toContain('| `rate` | learning rate (η) | 0.1 | 0.00001 … 10, logarithmic | live |');
    expect(table).toContain('| `method` | method | gd | gd, sign | restart |');
    expect(table).toContain('- `full`: steps=100, rate=0.05');
  });
});
