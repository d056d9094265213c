import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { widget } from '../../../apps/embed/widget.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { bandsOf, seriesOf } from '../../../apps/shell/chart-series.ts';
import { commonExports } from '../../../apps/shell/exports.ts';
import { runScript } from '../../../apps/shell/run-texts.ts';
import { definition, schema } from './demo-experiment.ts';

function filled(): RunStore {
  const store = new RunStore();
  store.apply([
    { type: 'metric', series: 'validation', x: 1, y: 0.5 },
    { type: 'metric', series: 'train', x: 1, y: 0.25 },
    { type: 'metric', series: 'train', x: 2, y: 0.125 },
    {
      type: 'curve',
      series: 'fit',
      chart: 'fit',
      x: Float32Array.of(0, 1),
      y: Float32Array.of(2, 3),
      band: Float32Array.of(0.5, 1),
    },
    { type: 'row', table: 'runs', row: { setting: 'a, b', loss: 1 } },
    { type: 'row', table: 'runs', row: { loss: 2, better: true } },
  ]);
  return store;
}

describe('what a lab exports', () => {
  const config = { ...defaults(schema), seed: 3 };
  const made = { config, changes: [] };
  const source = { definition, preset: 'quick', made, store: filled(), device: undefined, recorded: false };
  const item = (id: string) => commonExports(source).find((i) => i.id === id);

  it('are curves and tables as CSV', async () => {
    expect(await item('curves')?.provide()).toBe(
      'chart,series,x,y\nloss,validation,1,0.5\nloss,train,1,0.25\nloss,train,2,0.125\nfit,fit,0,2\nfit,fit,1,3\n',
    );
    expect(await item('table-runs')?.provide()).toBe('setting,loss,better\n"a, b",1,\n,2,true\n');
  });

  it('is the run as JSON', async () => {
    vi.stubGlobal('navigator', { userAgent: 'test', hardwareConcurrency: 2 });
    const run = JSON.parse((await item('run')?.provide()) as string);
    vi.unstubAllGlobals();
    expect(run).toMatchObject({
      lab: 'demo',
      config: { seed: 3, points: [1, 2] },
      curves: { loss: { train: { x: [1, 2], y: [0.25, 0.125] } } },
    });
  });

  it('is a script that names the lab and its configuration', async () => {
    const script = await runScript(source);
    expect(script).toContain("from './apps/labs/demo/experiment.ts'");
    expect(script).toContain('"rate": 0.1');
    expect(script).toContain('labs/demo/#v=1&seed=3');
    expect(script).toContain('npm run lab -- demo --preset quick --set seed=3');
    expect(script).not.toMatch(/changes|checkpoint|readFileSync/);
  });

  it('is a script with what was changed on the way, and the files that it needs', async () => {
    const more = {
      config: { ...config, points: [1, 'a'] },
      changes: [{ step: 7, values: { rate: 0.5 } }],
      checkpoint: Uint8Array.of(1, 2),
      files: new Map([['cats/1.png', Uint8Array.of(3)]]),
    };
    const script = await runScript({ ...source, made: more });
    expect(script).toContain('changes: [{"step":7,"values":{"rate":0.5}}]');
    expect(script).toContain('checkpoint: read("demo-seed-3-start.safetensors")');
    expect(script).toContain('files: new Map(["cats/1.png"].map((name) => [name, read(name)]))');
    for (const [name, bytes] of [
      ['cats/1.png', [3]],
      ['demo-seed-3-start.safetensors', [1, 2]],
    ] as const)
      expect(script).toContain(`"${name}": "${createHash('sha256').update(Uint8Array.from(bytes)).digest('hex')}"`);
    expect(script).toContain(`--set points='[1,"a"]'`);
    const items = commonExports({ ...source, made: more });
    expect(items.find(({ id }) => id === 'start')?.provide()).toEqual(Uint8Array.of(1, 2));
  });

  it('are checkpoints by their names, each once, also of one step', () => {
    const store = new RunStore();
    const bytes = Uint8Array.of(1);
    store.apply(['model topK 0.1, hard', 'run'].map((name) => ({ type: 'checkpoint', name, step: 504, bytes })));
    const found = commonExports({ ...source, store }).filter(({ format }) => format === 'safetensors');
    expect(found.map(({ label }) => label)).toEqual([
      'model topK 0.1, hard, checkpoint of step 504',
      'run, checkpoint of step 504',
    ]);
    expect(found.map(({ name }) => name)).toEqual(['demo-seed-3-model-topk-0.1-hard-504', 'demo-seed-3-run-504']);
  });

  it('cannot have curves before there are any', () => {
    const empty = commonExports({ ...source, store: new RunStore() });
    expect(empty.find((i) => i.id === 'curves')?.unavailable).toBe('after the first step');
  });
});

describe('curves for charts', () => {
  it('come in the order of their looks, without a copy', () => {
    const store = filled();
    const series = seriesOf(store, 'loss', { train: { color: 'model', label: 'training' } });
    expect(series.map((s) => [s.id, s.label, s.color])).toEqual([
      ['train', 'training', 'model'],
      ['validation', 'validation', undefined],
    ]);
    expect(series[0]?.x).toBe(store.series()[1]?.x);
  });

  it('bring their bands', () => {
    expect(bandsOf(filled(), 'fit', { fit: { color: 'model' } })).toEqual([
      { id: 'fit band', label: 'fit, interval', x: [0, 1], low: [1.5, 2], high: [2.5, 4], color: 'model' },
    ]);
    expect(bandsOf(filled(), 'loss')).toEqual([]);
  });
});

describe('the module for other pages', () => {
  it.each([
    ['at once', (fire: () => void) => fire()],
    ['later', (fire: () => void) => queueMicrotask(fire)],
  ])('is a widget whose traits are the parameters; changes of the model are told %s', async (_, deliver) => {
    const lab = Object.assign(new EventTarget(), { remove: vi.fn() }) as EventTarget & {
      config: Record<string, unknown>;
      remove: ReturnType<typeof vi.fn>;
    };
    // As the element does: what is set is merged.
    let own: Record<string, unknown> = { seed: 1, learningRate: 0.1, steps: 10 };
    Object.defineProperty(lab, 'config', {
      get: () => own,
      set: (values) => {
        own = { ...own, ...values };
      },
    });
    const reader = (values: Record<string, unknown>) => {
      own = { ...own, ...values };
      lab.dispatchEvent(new CustomEvent('chalk-change', { detail: { config: own } }));
    };
    vi.stubGlobal('document', { createElement: () => lab });
    const listeners = new Map<string, () => void>();
    const traits: Record<string, unknown> = { learning_rate: 0.5, state: '', config: null, result: null };
    const model = {
      get: (key: string) => traits[key],
      set: (key: string, value: unknown) => {
        if (JSON.stringify(traits[key]) === JSON.stringify(value)) return;
        traits[key] = value;
        deliver(() => listeners.get(`change:${key}`)?.());
      },
      save_changes: vi.fn(),
      on: (name: string, callback: () => void) => listeners.set(name, callback),
      off: (name: string) => listeners.delete(name),
    };
    const settled = () => new Promise((resolve) => setTimeout(resolve));
    const append = vi.fn();
    const end = widget('chalk-lab-demo').render({ model, el: { append } as unknown as HTMLElement });
    expect(append).toHaveBeenCalledWith(lab);
    expect(own).toEqual({ seed: 1, learningRate: 0.5, steps: 10 });

    // The reader's changes stand, whatever the model makes of them, and the traits follow.
    reader({ learningRate: 0.75 });
    reader({ learningRate: 0.8, steps: 20 });
    await settled();
    expect(own).toEqual({ seed: 1, learningRate: 0.8, steps: 20 });
    expect(traits).toMatchObject({ learning_rate: 0.8, config: { learningRate: 0.8, steps: 20 } });
    expect(traits).not.toHaveProperty('steps');

    // From Python, one parameter or all.
    model.set('learning_rate', 0.2);
    await settled();
    expect(own.learningRate).toBe(0.2);
    model.set('config', { learningRate: 0.3, seed: 4 });
    await settled();
    expect(own).toEqual({ seed: 4, learningRate: 0.3, steps: 20 });

    // Of a run: its own settings and what it found, whatever the controls say meanwhile.
    const run = (state: string, result?: unknown) =>
      lab.dispatchEvent(
        new CustomEvent('chalk-state', { detail: { state, result, config: { learningRate: 0.3, seed: 4, steps: 20 } } }),
      );
    run('running');
    reader({ steps: 99 });
    await settled();
    expect(traits).toMatchObject({ state: 'running', config: { steps: 20 }, result: null });
    expect(own.steps).toBe(99);
    run('finished', { loss: 2 });
    await settled();
    expect(traits).toMatchObject({ state: 'finished', config: { steps: 20 }, result: { loss: 2 } });
    expect(own.steps).toBe(99);
    // The same value again is a wish of the notebook once another stood between.
    model.set('learning_rate', 0.7);
    await settled();
    model.set('learning_rate', 0.8);
    await settled();
    expect(own.learningRate).toBe(0.8);
    end();
    expect([listeners.size, lab.remove.mock.calls.length]).toEqual([0, 1]);
    vi.unstubAllGlobals();
  });
});
