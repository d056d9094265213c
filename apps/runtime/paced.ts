/** Generators between work and a run: work goes on when its consumer asks for more, and ends when it is left. */

/**
 * Work that tells through a callback, as a generator.
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

/** What a generator yields, told otherwise; it is left when its consumer leaves. @returns what it returns */
export async function* translated<A, B, T>(
  source: AsyncGenerator<A, T>,
  events: (value: A) => Iterable<B>,
): AsyncGenerator<B, T> {
  try {
    for (;;) {
      const { value, done } = await source.next();
      if (done) return value;
      yield* events(value);
    }
  } finally {
    await source.return(undefined as never);
  }
}
