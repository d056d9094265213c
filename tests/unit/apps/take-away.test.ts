/** What a reader or a teacher takes out of a lab: event files, reports, code for other pages; and what a lab keeps of its runs. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { snippets } from '../../../apps/embed/snippets.ts';
import { byOrder, nextLab } from '../../../apps/labs/guide.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { KeptNotes, readNotes, writeNotes } from '../../../apps/shell/notes-store.ts';
import { reportHtml, reportMarkdown } from '../../../apps/shell/report.ts';
import { keptRun, metricsOf, RunHistory, readRuns, writeRuns } from '../../../apps/shell/run-history.ts';
import { formatDuration, keepTime, RunClock, timeOf } from '../../../apps/shell/run-times.ts';
import { crc32c, tensorboardEvents } from '../../../apps/shell/tensorboard.ts';
import { definition, schema } from './demo-experiment.ts';

function filled(): RunStore {
  const store = new RunStore();
  store.apply([
    { type: 'metric', series: 'train', x: 1, y: 0.25 },
    { type: 'metric', series: 'train', x: 300, y: 0.125 },
    { type: 'row', table: 'by class', row: { class: 'a | <b>', share: 1 / 3 } },
    { type: 'step', step: 300 },
  ]);
  return store;
}

/** Records of a TFRecord file, checked as its readers do. */
function records(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer);
  const unmask = (value: number) => {
    const turned = (value - 0xa282ead8) >>> 0;
    return ((turned >>> 17) | (turned << 15)) >>> 0;
  };
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true);
    expect(unmask(view.getUint32(at + 8, true))).toBe(crc32c(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(view.getUint32(at + 12 + length, true))).toBe(crc32c(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

describe('event files for TensorBoard', () => {
  it('have the checksums of the format', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('hold the version, then each point with its step, tag and value', () => {
    const [version, first, second, ...more] = records(tensorboardEvents(filled(), 1.5));
    expect(more).toEqual([]);
    expect(new TextDecoder().decode(version)).toContain('brain.Event:2');
    // wall_time 1.5 as a double, step as a varint, then summary { value { tag, simple_value } }.
    expect([...(first ?? [])].slice(0, 11)).toEqual([9, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 1]);
    expect([...(second ?? [])].slice(9, 12)).toEqual([0x10, 0xac, 0x02]);
    const text = new TextDecoder('latin1').decode(second);
    expect(text).toContain('\n\nloss/train');
    expect(new DataView((second as Uint8Array).slice(-4).buffer).getFloat32(0, true)).toBe(0.125);
  });
});

describe('a lab report', () => {
  const config = { ...defaults(schema), seed: 3, rate: 0.5 };
  const source = {
    definition,
    preset: 'quick',
    made: { config, changes: [{ step: 5, values: { rate: 1 } }] },
    store: filled(),
    device: { kind: 'wasm', name: 'WebAssembly SIMD', software: true } as const,
    recorded: false,
    finding: 'It ends at 0.',
    notes: { prediction: 'It <b>leaves</b> the valley.', answers: { 'What at 1?': 'It jumps.', 'And at 2?': ' ' } },
    figures: [{ caption: 'Height', address: 'data:image/png;base64,AAAA' }],
    address: 'https://host/labs/demo/',
  };

  it('as Markdown says what was expected, found, answered, and how to repeat it', () => {
    const text = reportMarkdown(source);
    for (const part of [
      '# Descent',
      'https://host/labs/demo/#v=1&rate=0.5&seed=3',
      'It ends at 0.',
      'It jumps.',
      '![Height](data:image/png;base64,AAAA)',
    ])
      expect(text).toContain(part);
    expect(text).toContain('| a \\| \\<b\\> | 0.333333 |');
    expect(text).toMatch(/\| learning rate.* \| 0\.5 \| changed \|/);
    expect(text).toContain('after step 5: rate = 1');
    expect(text).not.toContain('And at 2?');
  });

  it('as a page escapes what the reader wrote and has no script', () => {
    const text = reportHtml(source);
    expect(text).toContain('It &lt;b>leaves&lt;/b> the valley.');
    expect(text).toContain('<a href="https://host/labs/demo/#v=1&amp;rate=0.5&amp;seed=3">');
    expect(text).not.toMatch(/<script|<b>/);
  });
});

describe('the code for other pages', () => {
  const placed = {
    definition,
    preset: 'quick',
    config: { ...defaults(schema), rate: 0.25, seed: 9 },
    teacher: { hide: ['start'], lock: [], autostart: true },
    site: 'https://host/course/',
  };

  it('has four doors with the settings of the lab, and the policy that each needs', () => {
    const [link, frame, element, widget] = snippets(placed);
    expect(link).toMatchObject({
      code: 'https://host/course/labs/demo/#v=1&rate=0.25&seed=9&hide=start&autostart=1',
      policy: '',
    });
    expect(frame?.code).toContain('embed=1');
    expect(frame?.policy).toBe('frame-src https://host');
    expect(element?.code).toContain('<chalk-lab-demo rate="0.25" seed="9" hide="start" autostart>');
    expect(element?.policy).toContain("'wasm-unsafe-eval'");
    expect(widget?.code).toContain('_esm = "https://host/course/embed/demo.js"');
    expect(JSON.parse(JSON.parse(/json\.loads\((.*)\)\)/.exec(widget?.code ?? '')?.[1] ?? ''))).toEqual({ rate: 0.25, seed: 9 });
  });
});

describe('what a browser keeps', () => {
  afterEach(() => vi.unstubAllGlobals());
  const storage = () => {
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    });
    return kept;
  };

  it('are notes, runs and times', () => {
    storage();
    const notes = { prediction: 'up', answers: { why: 'so' } };
    expect(writeNotes('demo', notes)).toBe(true);
    expect(readNotes('demo')).toEqual(notes);
    const run = { ended: '2026-01-01', config: { rate: 1 }, finding: 'f', metrics: metricsOf(filled()), device: 'd' };
    let runs = readRuns('demo');
    for (let i = 0; i < 15; i++) runs = keptRun(runs, run);
    writeRuns('demo', runs);
    expect(readRuns('demo').map(({ id }) => id)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(readRuns('demo')[0]?.metrics).toEqual({ 'loss: train': 0.125 });
    keepTime('demo', 'quick', 'wasm', 12.4);
    expect([timeOf('demo', 'quick', 'wasm'), timeOf('demo', 'full', 'wasm')]).toEqual([12.4, undefined]);
  });

  it('has what two pages of a lab wrote, each beside the other', () => {
    storage();
    const [one, two] = [new KeptNotes('demo'), new KeptNotes('demo')];
    one.write({ answers: { why: 'so' } });
    two.write({ prediction: 'up' });
    one.write({ answers: { when: 'now' } });
    expect(readNotes('demo')).toEqual({ prediction: 'up', answers: { why: 'so', when: 'now' } });
    two.write({ answers: { why: '' } });
    expect(two.now).toEqual({ prediction: 'up', answers: { why: '', when: 'now' } });
    const run = (finding: string) => ({ ended: '2026-01-01', config: {}, finding, metrics: {}, device: 'd' });
    const [first, second] = [new RunHistory('demo'), new RunHistory('demo')];
    first.add(run('a'));
    second.add(run('b'));
    first.add(run('c'));
    expect(readRuns('demo').map(({ id, finding }) => `${id} ${finding}`)).toEqual(['1 a', '2 b', '3 c']);
    second.clear();
    first.add(run('d'));
    expect(first.now.map(({ finding }) => finding)).toEqual(['d']);
  });

  it('lives as long as the page where nothing can be kept', () => {
    vi.stubGlobal('localStorage', {
      getItem: () => null,
      setItem: () => {
        throw new Error('quota');
      },
    });
    const notes = new KeptNotes('demo');
    notes.write({ prediction: 'up' });
    expect([notes.write({ answers: { why: 'so' } }), notes.kept]).toEqual([{ prediction: 'up', answers: { why: 'so' } }, false]);
    const runs = new RunHistory('demo');
    for (const finding of ['a', 'b']) runs.add({ ended: '', config: {}, finding, metrics: {}, device: '' });
    expect(runs.now.map(({ finding }) => finding)).toEqual(['a', 'b']);
  });

  it('is nothing where it refuses, and nothing that is broken', () => {
    vi.stubGlobal('localStorage', {
      getItem: () => '{"answers": 3',
      setItem: () => {
        throw new Error('quota');
      },
    });
    expect(writeNotes('demo', { prediction: '', answers: {} })).toBe(false);
    expect(readNotes('demo')).toEqual({ prediction: '', answers: {} });
    expect([readRuns('demo'), writeRuns('demo', [])]).toEqual([[], false]);
    expect(timeOf('demo', 'quick', 'wasm')).toBeUndefined();
  });
});

it('a clock counts the time in which a run runs', () => {
  const clock = new RunClock();
  clock.tell('starting', 0);
  clock.tell('running', 1000);
  clock.tell('paused', 3000);
  clock.tell('running', 10_000);
  expect(clock.tell('finished', 12_000)).toBe(5);
  expect([formatDuration(0.2), formatDuration(59), formatDuration(130), formatDuration(120)]).toEqual([
    '1 s',
    '59 s',
    '2 min 10 s',
    '2 min',
  ]);
});

it('the labs have an order, and each but the last a next one', () => {
  expect(['tsne', 'own', 'regression'].sort(byOrder)).toEqual(['regression', 'tsne', 'own']);
  expect([nextLab('regression', ['tsne', 'regression']), nextLab('tsne', ['tsne', 'regression'])]).toEqual(['tsne', undefined]);
});
