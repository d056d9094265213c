/** Work that tells through a callback, pulled like a generator: it goes on when its consumer asks for more, and ends when it is left. */

/**
 * @param work awaits `tell` for each event; what it awaits settles when the consumer pulls the next one, and rejects when it does not
 * @returns what `work` returns
 */
export async function* paced<E, T>(work: (tell: (event: E) => Promise<void>) => Promise<T>): AsyncGenerator<E, T> {
  const told: { readonly event: E; readonly goOn: () => void; readonly stop: (reason: Error) => void }[] = [];
  let wake = () => {};
  let [ended, left] = [false, false];
  const tell = (event: E) =>
    new Promise<void>((goOn, stop) => {
      if (left) stop(new Error('nobody listens any more'));
      else told.push({ event, goOn, stop });
      wake();
    });
  const running = work(tell).finally(() => {
    ended = true;
    wake();
  });
  // Its error is thrown below; until then nobody else may call it unhandled.
  running.catch(() => undefined);
  try {
    for (;;) {
      const first = told[0];
      if (first) {
        yield first.event;
        told.shift();
        first.goOn();
      } else if (ended) return await running;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    left = true;
    for (const { stop } of told) stop(new Error('nobody listens any more'));
    await running.catch(() => undefined);
  }
}
