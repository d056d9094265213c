/** The far side of a session: owns the runner of one experiment and speaks the protocol on a port. */
import { Batch } from './batch.ts';
import type { Environment } from './environment.ts';
import type { AnyExperiment } from './experiment.ts';
import type { Port, StartMessage, ToClient, ToHost } from './protocol.ts';
import { Runner } from './runner.ts';
import { serializeError } from './serialize-error.ts';

/** Events are delivered at most this often, in milliseconds. */
const interval = 16;
/** Batches a page may have open before the run waits for it. */
const maxUnanswered = 2;

/**
 * Serves an experiment on a port until the port closes.
 * @param environment made for each start, with the address of the site's data
 */
export function host(experiment: AnyExperiment, environment: (dataUrl: string) => Environment, port: Port): void {
  const post = (message: ToClient) => port.postMessage(message);
  const batch = new Batch();
  let run = 0;
  let runner: Runner | undefined;
  /** Starts happen one after the other; a start that is overtaken does not begin. */
  let starts: Promise<unknown> = Promise.resolve();
  let unanswered = 0;
  let seen = true;
  let stepsPerSecond = Number.POSITIVE_INFINITY;
  let lastFlush = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAck: (() => void) | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (batch.size === 0) return;
    lastFlush = performance.now();
    unanswered += 1;
    post({ type: 'events', run, events: batch.take() });
  };

  const makeRunner = (dataUrl: string, of: number) => {
    /** Nothing of a run that was replaced is told. */
    const told =
      <A extends unknown[]>(tell: (...values: A) => void) =>
      (...values: A) => {
        if (of === run) tell(...values);
      };
    return new Runner(experiment, environment(dataUrl), {
      event: told((event) => {
        batch.add(event);
        if (performance.now() - lastFlush >= interval) flush();
        else timer ??= setTimeout(flush, interval);
      }),
      state: told((report) => {
        flush();
        post({ type: 'state', run, report });
      }),
      lost: told((notice) => {
        flush();
        post({ type: 'lost', run, notice });
      }),
      serves: told((name) => post({ type: 'serves', run, name })),
      changed: told((change, ended) => post({ type: 'changed', run, change, ended })),
      log: (message) => post({ type: 'log', message }),
      ready() {
        if (of !== run || unanswered < maxUnanswered) return undefined;
        return new Promise((resolve) => {
          onAck = resolve;
        });
      },
    });
  };

  const release = () => {
    onAck?.();
    onAck = undefined;
  };

  const start = (message: StartMessage): Promise<void> => {
    const old = runner;
    run = message.run;
    batch.take();
    unanswered = 0;
    release();
    const fresh = makeRunner(message.dataUrl, run);
    runner = fresh;
    fresh.setSeen(seen);
    fresh.setSpeed(stepsPerSecond);
    const stopped = old?.stop();
    // At once, not at its start: a pause that comes while the old run ends shall take it back.
    const { wanted, ...options } = message;
    if (wanted) fresh.advance(wanted);
    const begun = starts.then(async () => {
      await stopped;
      if (runner === fresh) await fresh.start(options);
    });
    starts = begun.catch(() => undefined);
    return begun;
  };

  const handle = async (message: ToHost) => {
    switch (message.type) {
      case 'start':
        await start(message);
        break;
      case 'play':
        runner?.play();
        break;
      case 'advance':
        runner?.advance(message.count);
        break;
      case 'pause':
        release();
        await runner?.pause();
        break;
      case 'seen':
        seen = message.seen;
        runner?.setSeen(seen);
        break;
      case 'speed':
        stepsPerSecond = message.stepsPerSecond;
        runner?.setSpeed(stepsPerSecond);
        break;
      case 'update':
        runner?.update(message.config);
        break;
      case 'stop':
        release();
        await runner?.stop();
        break;
      case 'lose-device':
        runner?.loseDevice();
        break;
      case 'close':
        // What is still on its way belongs to no run.
        run = -1;
        release();
        await runner?.stop();
        runner = undefined;
        port.close?.();
        break;
      case 'ack':
        unanswered = Math.max(0, unanswered - 1);
        release();
        break;
      case 'request':
        try {
          if (!runner) throw new Error('nothing has been started');
          post({ type: 'reply', id: message.id, value: await runner.request(message.name, message.payload) });
        } catch (error) {
          post({ type: 'reply', id: message.id, error: serializeError(error) });
        }
        break;
    }
  };

  port.addEventListener('message', (event) => {
    void handle(event.data);
  });
  post({ type: 'ready' });
}
