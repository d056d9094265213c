import { describe, expect, it } from 'vitest';
import { MARGIN } from '../../../engine/device/tuning/measure.ts';
import { type TuningOptions, tuneDevice } from '../../../engine/device/tuning/tune.ts';
import { type FakeDevice, fakeDevice, fakeKernel, memoryStore } from './fake.ts';

const kernel = fakeKernel(['naive', 'tile', 'wide']);
const work = [{ kernel, params: { n: 1000 } }];
const tune = (device: FakeDevice, options: TuningOptions = {}, what = work) =>
  tuneDevice(device, what, { now: () => device.clock.now, warn: (message) => expect.fail(message), ...options });
const chosen = (device: FakeDevice, n = 1000) => {
  const { variant, by } = device.choices.choose(kernel, { n });
  return `${variant.id} by ${by}`;
};

describe('the choice', () => {
  it('is the fastest, never the naive one, and is used from then on', async () => {
    const device = fakeDevice({ naive: 0.01, tile: 0.5, wide: 2 });
    expect(chosen(device)).toBe('wide by rule');
    const { version } = device.choices;
    const report = await tune(device);
    expect(report.measured).toMatchObject([{ kernel: 'fake', variant: 'tile', before: 'wide' }]);
    expect(report.measured[0]?.times.tile).toBeCloseTo(0.5, 1);
    expect(device.calls.naive).toBeUndefined();
    expect(chosen(device)).toBe('tile by measured');
    expect(device.choices.version).toBeGreaterThan(version);
    expect(device.choices.choose(kernel, { n: 1000 }, 'naive')).toMatchObject({ by: 'forced', variant: { id: 'naive' } });
    expect(device.held.size, 'its buffers are given back').toBe(0);
  });

  it('stays with the rule within the margin, whatever the order of the times', async () => {
    const barely = fakeDevice({ tile: 1 - MARGIN / 2, wide: 1 }, { overhead: 0 });
    await tune(barely);
    expect(chosen(barely)).toBe('wide by measured');
    const clearly = fakeDevice({ tile: 1 - 2 * MARGIN, wide: 1 }, { overhead: 0 });
    await tune(clearly);
    expect(chosen(clearly)).toBe('tile by measured');
  });

  it('holds for a shape class and not beyond', async () => {
    const device = fakeDevice({ tile: 0.5, wide: 2 });
    await tune(device);
    expect(chosen(device, 1100)).toBe('tile by measured');
    expect(chosen(device, 1001), 'no multiple of four').toBe('wide by rule');
    expect(chosen(device, 4000)).toBe('wide by rule');
  });

  it('leaves the rest to a table that the device had before', async () => {
    const device = fakeDevice({ tile: 0.5, wide: 2 });
    device.choices.table = { lookup: () => 'naive' };
    await tune(device);
    expect(chosen(device)).toBe('tile by measured');
    expect(chosen(device, 64)).toBe('naive by measured');
  });

  it('leaves out a variant that fails, with a warning', async () => {
    const warnings: string[] = [];
    const device = fakeDevice({ tile: 1, wide: Number.NaN });
    await tune(device, { warn: (message) => warnings.push(message) });
    expect(warnings).toEqual(["tuning: 'fake' cannot run 'wide': does not compile"]);
    expect(chosen(device)).toBe('tile by measured');
  });
});

describe('a measurement', () => {
  it('fills batches of 5 ms and takes the shortest of three', async () => {
    const device = fakeDevice({ tile: 0.1, wide: 0.1 }, { overhead: 0.2 });
    await tune(device);
    // Warm-up, a first call, one or two longer batches until one is long enough, and two more of that length.
    const batches = device.batches.filter((variant) => variant === 'wide').length;
    expect(batches).toBeGreaterThanOrEqual(5);
    expect(batches).toBeLessThanOrEqual(7);
    expect(device.calls.wide).toBeGreaterThan(3 * 45);
    expect(device.written).toBeGreaterThanOrEqual(4000);
  });

  it('is not repeated for a candidate that is 1.5 times slower than the best', async () => {
    const device = fakeDevice({ wide: 6, tile: 20 });
    await tune(device);
    expect(device.batches).toEqual(['wide', 'wide', 'wide', 'wide', 'tile', 'tile']);
  });

  it('is made once for kernels and shapes that are alike', async () => {
    const device = fakeDevice({});
    const report = await tune(device, {}, [...work, ...work, { kernel, params: { n: 1004 } }, { kernel, params: { n: 8 } }]);
    expect(report.measured.map(({ key }) => key.split('|')[2])).toEqual(['n=2^10/4', 'n=8']);
    expect(await tune(device)).toMatchObject({ measured: [], known: 1, skipped: 0 });
  });

  it('is not needed where there is no choice', async () => {
    const device = fakeDevice({});
    const single = fakeKernel(['naive', 'vectors']);
    const twins = fakeKernel(['a', 'b']);
    const same = { ...twins, variants: twins.variants.map(({ id }) => ({ id, plan: twins.variants[0]?.plan as never })) };
    const report = await tune(device, {}, [
      { kernel: single, params: { n: 64 } },
      { kernel: same, params: { n: 64 } },
    ]);
    expect(report).toMatchObject({ measured: [], known: 0, skipped: 0 });
    expect(device.batches).toEqual([]);
  });
});

describe('the budget', () => {
  const sizes = [64, 256, 1024, 4096, 16384, 65536];
  const much = sizes.map((n) => ({ kernel, params: { n } }));

  it('ends the measurements, the largest buffers having had their turn', async () => {
    const device = fakeDevice({ tile: 10, wide: 10 });
    const report = await tune(device, { budgetMs: 200 }, much);
    expect(device.clock.now).toBeLessThanOrEqual(200 + 10.1);
    expect(report.measured.length).toBeGreaterThan(0);
    expect(report.skipped).toBe(sizes.length - report.measured.length);
    expect(report.skipped).toBeGreaterThan(0);
    expect(report.measured[0]?.key).toContain('n=2^16/4');
    expect(chosen(device, 64)).toBe('wide by rule');
    expect((await tune(device, {}, much)).known, 'the rest has its turn next time').toBe(report.measured.length);
  });

  it('counts compilation, and keeps nothing of a kernel it did not finish', async () => {
    const device = fakeDevice({ tile: 1, wide: 5 }, { compileMs: 150 });
    const report = await tune(device, { budgetMs: 200 });
    expect(report).toMatchObject({ measured: [], skipped: 1 });
    expect(chosen(device)).toBe('wide by rule');
    expect(device.held.size).toBe(0);
  });

  it('two callers at once measure one after the other', async () => {
    const device = fakeDevice({ tile: 0.5, wide: 2 });
    const [first, second] = await Promise.all([tune(device), tune(device)]);
    expect(first.measured.length).toBe(1);
    expect(second).toMatchObject({ measured: [], known: 1 });
  });
});

describe('what is not measured', () => {
  it('anything, where it is off, stored choices are wanted, the page is hidden or the adapter is software', async () => {
    for (const mode of ['off', 'stored'] as const) {
      const device = fakeDevice({});
      await tune(device, { mode });
      expect(device.batches).toEqual([]);
    }
    const hidden = fakeDevice({ tile: 0.5, wide: 2 });
    expect(await tune(hidden, { mayMeasure: () => false })).toMatchObject({ measured: [], skipped: 1 });
    expect(hidden.batches).toEqual([]);
    const software = fakeDevice({ tile: 0.5, wide: 2 }, { software: true });
    for (const mode of ['measure', 'stored'] as const) await tune(software, { mode });
    expect(software.batches).toEqual([]);
    await tune(software, { mode: 'force' });
    expect(chosen(software)).toBe('tile by measured');
  });

  it('a page that is hidden meanwhile: what was timed then is thrown away', async () => {
    const seen = fakeDevice({ tile: 0.5, wide: 2 });
    await tune(seen);
    for (const last of [1, 4, seen.batches.length]) {
      const device = fakeDevice({ tile: 0.5, wide: 2 });
      const report = await tune(device, { mayMeasure: () => device.batches.length < last });
      expect(device.batches.length).toBeLessThanOrEqual(last + 1);
      expect(report).toMatchObject({ measured: [], skipped: 1 });
      expect(chosen(device)).toBe('wide by rule');
    }
  });
});

describe('the store', () => {
  it('gives the choices back to another device of the same adapter, without a measurement', async () => {
    const store = memoryStore();
    await tune(fakeDevice({ tile: 0.5, wide: 2 }), { store });
    const later = fakeDevice({ tile: 9, wide: 1 });
    expect(await tune(later, { store })).toMatchObject({ measured: [], known: 1 });
    expect(later.batches).toEqual([]);
    expect(chosen(later)).toBe('tile by measured');
    const onlyStored = fakeDevice({});
    await tune(onlyStored, { store, mode: 'stored' }, []);
    expect(chosen(onlyStored), 'taken over with no work').toBe('tile by measured');
  });

  it('is not asked where everything is to be measured anew, once per session', async () => {
    const store = memoryStore();
    await tune(fakeDevice({ tile: 0.5, wide: 2 }), { store });
    const device = fakeDevice({ tile: 9, wide: 1 });
    expect((await tune(device, { store, mode: 'force' })).measured.length).toBe(1);
    expect((await tune(device, { store, mode: 'force' })).measured.length).toBe(0);
    expect(chosen(device)).toBe('wide by measured');
    const later = fakeDevice({});
    await tune(later, { store, mode: 'stored' });
    expect(chosen(later), 'the new result is stored').toBe('wide by measured');
  });

  it('keeps what another page has stored meanwhile', async () => {
    const store = memoryStore();
    const other = [{ kernel: fakeKernel(['naive', 'a', 'b'], { name: 'other' }), params: { n: 64 } }];
    const [one, two] = [fakeDevice({}), fakeDevice({})];
    await tune(one, { store, mode: 'stored' });
    await tune(two, { store, mode: 'stored' });
    await tune(one, { store });
    await tune(two, { store }, other);
    const later = fakeDevice({});
    expect(await tune(later, { store }, [...work, ...other])).toMatchObject({ known: 2, measured: [] });
  });

  it('has nothing for a kernel whose WGSL or candidates have changed', async () => {
    const store = memoryStore();
    await tune(fakeDevice({ tile: 0.5, wide: 2 }), { store });
    const edited = [{ kernel: fakeKernel(['naive', 'tile', 'wide'], { text: 'v2' }), params: { n: 1000 } }];
    expect(await tune(fakeDevice({}), { store, mode: 'stored' }, edited)).toMatchObject({ known: 0, skipped: 1 });
    const longer = [{ kernel: fakeKernel(['naive', 'tile', 'wide', 'wider']), params: { n: 1000 } }];
    expect(await tune(fakeDevice({}), { store, mode: 'stored' }, longer)).toMatchObject({ known: 0, skipped: 1 });
  });

  it.each([
    ['another format', { format: 99, entries: {} }],
    ['another adapter', { format: 1, adapter: 'someone else', entries: {} }],
    ['broken entries', { format: 1, adapter: 'ADAPTER', entries: { a: { variant: 3 } } }],
    ['no object', 'hello'],
  ])('is ignored with a warning where it holds %s, and written anew', async (_, value) => {
    const device = fakeDevice({ tile: 0.5, wide: 2 });
    const { adapter } = await tune(device, { mode: 'off' });
    const content = JSON.parse(JSON.stringify(value).replace('ADAPTER', adapter));
    const store = memoryStore({ [adapter]: content });
    const warnings: string[] = [];
    await tune(device, { store, warn: (message) => warnings.push(message) });
    expect(warnings).toEqual(['tuning: the stored choices are damaged or of another version; they are ignored']);
    expect(chosen(device)).toBe('tile by measured');
    expect(JSON.parse(store.saved.get(adapter) as string)).toMatchObject({ format: 1, adapter });
  });

  it('breaks nothing where it throws', async () => {
    const refuse = async () => {
      throw new Error('forbidden');
    };
    const warnings: string[] = [];
    const device = fakeDevice({ tile: 0.5, wide: 2 });
    await tune(device, { store: { load: refuse, save: refuse }, warn: (message) => warnings.push(message) });
    expect(warnings).toEqual([
      'tuning: the stored choices could not be read: forbidden',
      'tuning: the choices could not be stored: forbidden',
    ]);
    expect(chosen(device)).toBe('tile by measured');
  });
});
