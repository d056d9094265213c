/** The life of a run on a page: wishes, sight, the floor, starts that overtake each other, workers that die. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { host } from '../../../apps/runtime/host.ts';
import { defineLab, defineSchema, type Experiment, int, number } from '../../../apps/runtime/index.ts';
import { Recorder, writeRecording } from '../../../apps/runtime/recording.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunController } from '../../../apps/shell/run-controller.ts';
import type { RunHost } from '../../../apps/shell/run-host.ts';
import { slowEnvironment } from './slow-environment.ts';

const schema = defineSchema({
  steps: int({ default: 1000, min: 1, max: 1000, label: 'steps', live: 'restart' }),
  milliseconds: int({ default: 1, min: 1, max: 1000, label: 'time of a step', live: 'restart' }),
  end: int({ default: 0, min: 0, max: 1000, label: 'time between the last step and the result', live: 'restart' }),
  rate: number({ default: 1, min: 0, max: 10, label: 'rate', live: 'live' }),
});

interface Counting {
  result: { sum: number };
  requests: { never(): number; sum(): number };
}

/** Runs that have begun and not ended, and the most there were at once. */
const alive = { now: 0, most: 0, begun: 0 };

const experiment: Experiment<typeof schema, Counting> = {
  ...defineLab({
    id: 'counting',
    title: 'Counting',
    question: 'How far?',
    version: 1,
    schema,
    presets: { quick: { values: {} }, full: { values: {} } },
    device: 'any',
  }),
  async *run(config, context) {
    alive.begun += 1;
    alive.now += 1;
    alive.most = Math.max(alive.most, alive.now);
    let sum = 0;
    context.serve('never', () => new Promise(() => {}));
    context.serve('sum', () => sum);
    try {
      for (let step = 1; step <= config.steps; step++) {
        sum += context.live.rate;
        await new Promise((resolve) => setTimeout(resolve, config.milliseconds));
        yield { type: 'metric', series: 'sum', x: step, y: sum };
        yield { type: 'step', step, total: config.steps };
      }
      if (config.end > 0) await new Promise((resolve) => setTimeout(resolve, config.end));
      return { sum };
    } finally {
      alive.now -= 1;
    }
  },
};

const environment = slowEnvironment(5);

/** A worker that lives in this thread, loads for a while, and dies when told. */
class FakeWorker extends EventTarget {
  readonly #near: MessagePort;
  readonly #far: MessagePort;
  constructor(loads: number) {
    super();
    const { port1, port2 } = new MessageChannel();
    [this.#near, this.#far] = [port1, port2];
    port1.addEventListener('message', ({ data }) => this.dispatchEvent(new MessageEvent('message', { data })));
    port1.start();
    setTimeout(() => {
      host(experiment, () => environment, port2);
      port2.start();
    }, loads);
  }
  postMessage(message: unknown): void {
    this.#near.postMessage(message);
  }
  terminate(): void {
    this.#near.close();
    this.#far.close();
  }
  crash(): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  }
}

let workers: FakeWorker[];
let controllers: RunController<Counting>[];

function lab(loads = 0, recording?: string): RunController<Counting> {
  const runHost: RunHost = {
    hosting: {
      worker: () => {
        const worker = new FakeWorker(loads);
        workers.push(worker);
        return worker as unknown as Worker;
      },
      local: async () => ({ experiment, environment: () => environment }),
    },
    devicePreference: 'auto',
    tune: 'off',
    dataUrl: '',
    loadRecording: async () => recording,
    runStarted() {},
    runChanged() {},
    runEvents() {},
    runStateChanged() {},
  };
  const made = new RunController<Counting>(runHost);
  controllers.push(made);
  return made;
}

const config = defaults(schema);
const start = (run: RunController<Counting>, values: Partial<typeof config> = {}, patient = false) =>
  run.start({ config: { ...config, ...values } }, { play: true, patient });
const steps = (run: RunController<Counting>) => run.progress.step?.step ?? 0;
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};
const rest = (milliseconds = 40) => new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeEach(() => {
  workers = [];
  controllers = [];
  Object.assign(alive, { now: 0, most: 0, begun: 0 });
});
afterEach(() => {
  for (const controller of controllers) controller.close();
});

describe('a run', () => {
  it('plays, pauses and goes on', async () => {
    const run = lab();
    void start(run);
    await until(() => steps(run) > 3);
    run.pause();
    await until(() => run.state === 'paused');
    const at = steps(run);
    await rest();
    expect(steps(run)).toBe(at);
    run.resume({ advance: 2 });
    await until(() => steps(run) === at + 2 && run.state === 'paused');
    expect(run.active).toBe(false);
    run.resume({ play: true });
    await until(() => steps(run) > at + 4);
  });

  it('that is paused while its worker loads stays paused, and goes on when it is told to', async () => {
    const run = lab(30);
    void start(run);
    run.pause();
    expect(run.active).toBe(false);
    await until(() => run.state === 'paused');
    await rest();
    expect(steps(run)).toBe(0);
    run.resume({ play: true });
    await until(() => steps(run) > 2);
  });

  it('that is paused while its device opens stays paused', async () => {
    const run = lab();
    await start(run);
    expect(run.state).toBe('starting');
    run.pause();
    await until(() => run.state === 'paused');
    await rest();
    expect(steps(run)).toBe(0);
  });

  it('that is paused while the one before it ends stays paused', async () => {
    const run = lab();
    void start(run, { milliseconds: 60 });
    await until(() => steps(run) > 0);
    await start(run);
    run.pause();
    await until(() => run.state === 'paused');
    await rest();
    expect([run.state, run.active, steps(run)]).toEqual(['paused', false, 0]);
    run.resume({ advance: 2 });
    await until(() => steps(run) === 2 && run.state === 'paused');
  });

  it('leaves no other behind when starts overtake each other, before and while the worker runs', async () => {
    const run = lab(10);
    for (let i = 1; i <= 3; i++) void start(run, { rate: i });
    await until(() => steps(run) > 2);
    expect([alive.now, alive.most]).toEqual([1, 1]);
    for (let i = 4; i <= 8; i++) {
      void start(run, { rate: i });
      await rest(i === 6 ? 8 : 0);
    }
    await until(() => steps(run) > 2);
    expect([alive.now, alive.most]).toEqual([1, 1]);
    expect(run.store.charts.get('loss')?.get('sum')?.y[0]).toBe(8);
    expect(workers).toHaveLength(1);
  });

  it('leaves what was shown on the screen, with its own settings, until the next has something to show', async () => {
    const run = lab();
    await start(run, { steps: 2, rate: 2 });
    await until(() => run.state === 'finished');
    const { store } = run;
    const started = start(run, { steps: 3, rate: 5, milliseconds: 30 });
    expect([run.store === store, run.stale, run.ran?.rate, run.started?.config.rate]).toEqual([true, true, 2, 5]);
    await started;
    await until(() => run.state === 'running');
    expect(run.store).toBe(store);
    await until(() => steps(run) >= 1);
    expect([run.store === store, run.stale, run.ran?.rate]).toEqual([false, false, 5]);
    await until(() => run.state === 'finished');
    expect(run.store.result).toEqual({ sum: 15 });
  });

  it('waits for the step in progress of the one before, however many starts there are meanwhile', async () => {
    const run = lab();
    void start(run, { milliseconds: 60 });
    await until(() => steps(run) === 1);
    await rest(10);
    for (let i = 2; i <= 4; i++) {
      void start(run, { rate: i });
      await rest(5);
    }
    await until(() => steps(run) > 2 && run.store.charts.get('loss')?.get('sum')?.y[0] === 4);
    // The one whose step was in progress, and the newest: those between never began.
    expect([alive.now, alive.most, alive.begun]).toEqual([1, 1, 2]);
  });

  it('tells who asked it that its worker has died, and the next start makes a new one', async () => {
    const run = lab();
    void start(run);
    await until(() => run.serves('never') && steps(run) > 0);
    const asked = run.ask('never');
    workers[0]?.crash();
    await expect(asked).rejects.toThrow(/The worker stopped: out of memory/);
    expect(run.state).toBe('failed');
    expect(run.banners.map(({ message }) => message)).toContain('out of memory');
    await expect(run.ask('sum')).rejects.toThrow(/Start a live run first/);
    void start(run, { steps: 3 });
    await until(() => run.state === 'finished');
    expect(run.store.result).toEqual({ sum: 3 });
    expect(workers).toHaveLength(2);
  });

  it('tells who asked it that it was replaced, or that its lab is gone', async () => {
    const run = lab();
    void start(run);
    await until(() => run.serves('never') && steps(run) > 0);
    const asked = run.ask('never');
    void start(run);
    await expect(asked).rejects.toThrow(/replaced/);
    await until(() => run.serves('sum') && steps(run) > 0);
    const again = run.ask('never');
    run.close();
    await expect(again).rejects.toThrow(/removed from the page/);
    await rest();
    expect(run.state).toBe('idle');
  });

  it('is not started by a worker that comes after its lab has gone', async () => {
    const run = lab(30);
    void start(run);
    run.close();
    await rest(60);
    expect([alive.begun, run.state]).toEqual([0, 'idle']);
    void start(run, { steps: 2 });
    await until(() => run.state === 'finished');
    expect(alive.begun).toBe(1);
  });

  it('shows no recording once it was started', async () => {
    const recorder = new Recorder();
    recorder.add({ type: 'step', step: 7, total: 7 });
    const device = { kind: 'cpu', name: 'A machine', software: true } as const;
    const text = writeRecording(recorder.finish({ lab: 'counting', version: 1, config: { rate: 5 }, device }));
    const run = lab(0, text);
    const shown = run.showRecording();
    void start(run, { steps: 2 });
    await shown;
    expect(run.recorded).toBe(false);
    await until(() => run.state === 'finished');
    const other = lab(0, text);
    await other.showRecording();
    expect([other.recorded, other.ran?.rate, steps(other)]).toEqual([true, 5, 7]);
  });
});

describe('the settings of a run', () => {
  it('are those it was made with: live changes on the way, and apart from them those after its end', async () => {
    const run = lab();
    void start(run, { steps: 30 });
    await until(() => steps(run) > 3);
    run.update({ rate: 2 });
    await until(() => run.made?.changes.length === 1);
    expect(run.ran?.rate).toBe(2);
    expect(run.applied?.rate).toBe(1);
    await until(() => run.state === 'finished');
    const [change] = run.made?.changes ?? [];
    expect(run.store.result?.sum).toBe(30 + (30 - (change?.step ?? 0)));
    run.update({ rate: 9 });
    await until(() => run.settings?.rate === 9);
    expect([run.ran?.rate, run.made?.changes.length]).toEqual([2, 1]);
  });

  it('are not changed by a restart, and take over what is changed while the run before ends', async () => {
    const run = lab();
    run.update({ rate: 1 });
    void start(run, { milliseconds: 40 });
    await until(() => steps(run) > 0);
    await start(run, { milliseconds: 40 });
    await until(() => steps(run) > 0);
    expect(run.started?.changes).toEqual([]);
    await start(run, { steps: 5 });
    run.update({ rate: 3 });
    await until(() => run.state === 'finished');
    expect(run.started?.changes).toEqual([{ step: 0, values: { rate: 3 } }]);
    expect(run.store.result).toEqual({ sum: 15 });
  });

  it('take over what was changed while the engine was loading', async () => {
    const run = lab(20);
    void start(run, { steps: 5 });
    run.update({ rate: 3 });
    await until(() => run.state === 'finished');
    expect(run.store.result).toEqual({ sum: 15 });
    expect(run.ran?.rate).toBe(3);
  });
});

describe('labs on one page', () => {
  it('that start by themselves run one after the other', async () => {
    const [a, b] = [lab(), lab(10)];
    void start(a, { steps: 40 }, true);
    void start(b, { steps: 5 }, true);
    await until(() => b.state === 'paused');
    expect([a.state, steps(b)]).toEqual(['running', 0]);
    expect(b.banners.map(({ heading }) => heading)).toEqual(['Waiting:']);
    await until(() => b.state === 'finished');
    expect([a.state, a.banners, b.banners]).toEqual(['finished', [], []]);
  });

  it('that start by themselves out of sight leave the one that is seen running', async () => {
    const [a, b] = [lab(), lab(60)];
    void start(a, { steps: 200 }, true);
    void start(b, { steps: 5 }, true);
    b.setVisible(false);
    await until(() => a.state === 'finished' || (a.state === 'paused' && b.state === 'paused'));
    expect([a.state, steps(b)]).toEqual(['finished', 0]);
    b.setVisible(true);
    await until(() => b.state === 'finished');
  });

  it('make way for one that the reader starts, also while they are still loading', async () => {
    const [a, b] = [lab(20), lab()];
    void start(a);
    void start(b);
    await until(() => steps(b) > 3 && a.state === 'paused');
    await rest();
    expect(steps(a)).toBe(0);
    expect(a.banners.map(({ heading }) => heading)).toEqual(['Paused:']);
    a.resume({ play: true });
    await until(() => steps(a) > 3 && b.state === 'paused');
  });

  it('do not take the floor back when they are seen again, but go on after the other', async () => {
    const [a, b] = [lab(), lab()];
    void start(a);
    await until(() => steps(a) > 2);
    a.setVisible(false);
    await until(() => a.state === 'paused');
    void start(b, { steps: 60 });
    await until(() => steps(b) > 2);
    const at = steps(a);
    a.setVisible(true);
    await rest();
    expect([b.state, steps(a)]).toEqual(['running', at]);
    await until(() => b.state === 'finished');
    await until(() => steps(a) > at);
  });

  it('give the floor back where they end out of sight, with the pull in progress', async () => {
    const [a, b] = [lab(), lab()];
    void start(a, { steps: 1, end: 400 }, true);
    await until(() => steps(a) === 1);
    await rest(10);
    a.setVisible(false);
    await until(() => a.state === 'finished');
    expect(a.active).toBe(false);
    a.setVisible(true);
    void start(b, { steps: 2 }, true);
    await until(() => b.state === 'finished' || b.banners.length > 0);
    expect([b.state, b.banners]).toEqual(['finished', []]);
  });

  it('that end while they wait do not say that they go on', async () => {
    const [a, b] = [lab(), lab()];
    void start(a, { steps: 1, end: 400 });
    await until(() => steps(a) === 1);
    await rest(10);
    a.setVisible(false);
    void start(b, { steps: 40 });
    a.setVisible(true);
    expect(a.banners.map(({ heading }) => heading)).toEqual(['Waiting:']);
    await until(() => a.state === 'finished');
    expect(a.banners).toEqual([]);
  });

  it('go on when they are seen again, unless the reader paused them meanwhile', async () => {
    const run = lab();
    void start(run);
    await until(() => steps(run) > 2);
    run.setVisible(false);
    await until(() => run.state === 'paused');
    const at = steps(run);
    run.setVisible(true);
    await until(() => steps(run) > at);
    run.setVisible(false);
    run.pause();
    run.setVisible(true);
    await until(() => run.state === 'paused');
    await rest();
    expect(run.active).toBe(false);
  });

  it('wait out of sight, unless they may run there', async () => {
    const run = lab();
    run.setVisible(false);
    void start(run, {}, true);
    await until(() => run.state === 'paused');
    await rest();
    expect(steps(run)).toBe(0);
    run.background = true;
    await until(() => steps(run) > 2);
  });

  it('run side by side where they may', async () => {
    const [a, b] = [lab(), lab()];
    a.parallel = b.parallel = true;
    void start(a);
    void start(b);
    await until(() => steps(a) > 3 && steps(b) > 3);
    expect([a.state, b.state]).toEqual(['running', 'running']);
  });
});

vi.setConfig({ testTimeout: 20_000 });
