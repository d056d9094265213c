/** Progress of work that reports through a callback, as events of an experiment. */
import type { PlainEvent } from './experiment.ts';

/**
 * Runs `work` and tells, as often as it reports and the consumer asks, how far it is.
 * @param name of the phase
 * @param detail more words; empty for none
 * @param work reports a share in 0 … 1, undefined where nobody knows
 */
export async function* withProgress<T>(
  name: string,
  detail: string,
  work: (report: (share: number | undefined) => void) => Promise<T>,
): AsyncGenerator<PlainEvent, T> {
  const phase = (progress: number | undefined): PlainEvent => ({
    type: 'phase',
    name,
    ...(detail && { detail }),
    ...(progress !== undefined && { progress }),
  });
  let share: number | undefined;
  yield phase(undefined);
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
    if (!ended) yield phase(share);
  }
  return running;
}
