/** Progress of work that reports through a callback, as events of an experiment. */
import type { ExperimentEvent } from '../../runtime/experiment.ts';

/** Runs `work` and tells, as often as it reports and the consumer asks, how far it is. */
export async function* withProgress<T>(
  name: string,
  detail: string,
  work: (report: (share: number) => void) => Promise<T>,
): AsyncGenerator<ExperimentEvent, T> {
  yield { type: 'phase', name, detail, progress: 0 };
  let share = 0;
  let wake = () => {};
  let ended = false;
  const running = work((value) => {
    share = value;
    wake();
  }).finally(() => {
    ended = true;
    wake();
  });
  // Its error is thrown by the last line; until then nobody else may call it unhandled.
  running.catch(() => undefined);
  while (!ended) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (ended) resolve();
    });
    if (!ended) yield { type: 'phase', name, detail, progress: share };
  }
  return running;
}
