/** Where no worker can be had, training in the page itself must leave it usable: no task longer than 60 ms. */
import { expect, it } from 'vitest';
import { openPageRunner } from './page-runner.ts';
import type { WindowRun } from './window-turns.probe.ts';

/** An event of Chrome's trace; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** What the thread itself computed: other programs of the machine do not count. */
  readonly tdur?: number;
}

/** Milliseconds that each task of the page's thread computed between the two marks. */
function tasks(events: readonly TraceEvent[]): number[] {
  const [begin, end] = ['training begins', 'training ends'].map((mark) => events.find(({ name }) => name === mark));
  if (!begin || !end) throw new Error('the marks are not in the trace');
  return events.flatMap(({ name, pid, tid, ts, tdur }) => {
    const isTask = /(^|::)RunTask$/.test(name) && pid === begin.pid && tid === begin.tid && tdur !== undefined;
    return isTask && ts >= begin.ts && ts <= end.ts ? [tdur / 1000] : [];
  });
}

it('compiling and training in a window never hold the page for more than 60 ms', { timeout: 180_000 }, async () => {
  const runner = await openPageRunner({ adapter: 'none' });
  try {
    const tracer = await runner.browser.newPage();
    await tracer.tracing.start({ categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'blink.user_timing'] });
    const { value, errors } = await runner.runInPage<WindowRun>('tests/browser/window-turns.probe.ts', 'trainInWindow', [30]);
    const trace = new TextDecoder().decode(await tracer.tracing.stop());
    expect(errors).toEqual([]);
    expect(value).toEqual({ device: 'wasm', steps: 30 });
    const all = tasks((JSON.parse(trace) as { traceEvents: TraceEvent[] }).traceEvents).sort((a, b) => b - a);
    expect(all.length).toBeGreaterThan(30);
    console.log(`longest tasks of the page: ${all.slice(0, 8).map((task) => task.toFixed(0))} ms of ${all.length}`);
    expect(all[0]).toBeLessThanOrEqual(60);
  } finally {
    await runner.close();
  }
});
