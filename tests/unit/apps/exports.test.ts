import { describe, expect, it, vi } from 'vitest';
import { widget } from '../../../apps/embed/widget.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { bandsOf, seriesOf } from '../../../apps/shell/chart-series.ts';
import { commonExports, runScript } from '../../../apps/shell/exports.ts';
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
  const source = { definition, preset: 'quick', config, store: filled(), device: undefined, recorded: false };
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

  it('is a script that names the lab and its configuration', () => {
    const script = runScript(source);
    expect(script).toContain("from './apps/labs/demo/experiment.ts'");
    expect(script).toContain('"rate": 0.1');
    expect(script).toContain('labs/demo/#v=1&seed=3');
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
      { id: 'fit band', label: 'fit ± band', x: [0, 1], low: [1.5, 2], high: [2.5, 4], color: 'model' },
    ]);
    expect(bandsOf(filled(), 'loss')).toEqual([]);
  });
});

describe('the module for other pages', () => {
  it('is a widget whose traits are the parameters', () => {
    const lab = Object.assign(new EventTarget(), {
      config: { seed: 1, learningRate: 0.1 } as Record<string, unknown>,
      remove: vi.fn(),
    });
    vi.stubGlobal('document', { createElement: () => lab });
    const listeners = new Map<string, () => void>();
    const traits: Record<string, unknown> = { learning_rate: 0.5, state: '', config: null };
    const model = {
      get: (key: string) => traits[key],
      set: (key: string, value: unknown) => {
        traits[key] = value;
      },
      save_changes: vi.fn(),
      on: (name: string, callback: () => void) => listeners.set(name, callback),
      off: (name: string) => listeners.delete(name),
    };
    const append = vi.fn();
    const end = widget('chalk-lab-demo').render({ model, el: { append } as unknown as HTMLElement });
    expect(append).toHaveBeenCalledWith(lab);
    expect(lab.config).toEqual({ learningRate: 0.5 });
    lab.dispatchEvent(new CustomEvent('lab-state', { detail: { state: 'running' } }));
    expect(traits.state).toBe('running');
    traits.learning_rate = 0.75;
    listeners.get('change:learning_rate')?.();
    expect(lab.config).toEqual({ learningRate: 0.75 });
    end();
    expect([listeners.size, lab.remove.mock.calls.length]).toEqual([0, 1]);
    vi.unstubAllGlobals();
  });
});
