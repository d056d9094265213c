/** Work that reports through a callback, as events that are pulled. */

interface Report<E> {
  readonly event: E;
  resume(): void;
  stop(reason: Error): void;
}

/**
 * The events of work, one at a time: its callback's promise is kept when the next event is asked for, so that not pulling pauses the work,
 * and leaving the loop ends it (the promise is rejected).
 * @param work must await what `report` returns
 */
export async function* paced<E, T>(work: (report: (event: E) => Promise<void>) => Promise<T>): AsyncGenerator<E, T> {
  const reports: Report<E>[] = [];
  let ended = false;
  let wake = () => {};
  const running = work(
    (event) =>
      new Promise<void>((resume, stop) => {
        reports.push({ event, resume, stop });
        wake();
      }),
  ).finally(() => {
    ended = true;
    wake();
  });
  // Its error is thrown below; until then nobody else may call it unhandled.
  running.catch(() => undefined);
  try {
    for (;;) {
      const [next] = reports;
      if (next) {
        yield next.event;
        reports.shift();
        next.resume();
      } else if (ended) return await running;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    for (const { stop } of reports) stop(new Error('stopped'));
    await running.catch(() => undefined);
  }
}
