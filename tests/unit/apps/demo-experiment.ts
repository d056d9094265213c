/** A pure TypeScript experiment for tests of the runtime: gradient descent on a parabola. */

import type { Environment } from '../../../apps/runtime/environment.ts';
import { boolean, choice, defineLab, defineSchema, type Experiment, int, json, number } from '../../../apps/runtime/index.ts';
import { ConfigError } from '../../../engine/errors.ts';

export const schema = defineSchema({
  steps: int({ default: 20, min: 1, max: 1000, label: 'steps', live: 'restart' }),
  rate: number({
    default: 0.1,
    min: 1e-5,
    max: 10,
    scale: 'log',
    label: 'learning rate',
    symbol: 'η',
    term: ['adam/eta', 'sgd-momentum/eta'],
    live: 'live',
    group: 'descent',
  }),
  decay: number({
    default: 0,
    min: 0,
    max: 1,
    scale: 'log',
    smallest: 1e-6,
    label: 'weight decay',
    symbol: 'λ',
    term: 'weight-decay/lambda',
    live: 'live',
    group: 'descent',
  }),
  start: number({ default: 1, min: -5, max: 5, label: 'start', live: 'restart', unit: 'm' }),
  method: choice(['gd', 'sign'], {
    default: 'gd',
    names: { gd: 'gradient', sign: 'its sign' },
    label: 'method',
    live: 'restart',
  }),
  noisy: boolean({ default: false, label: 'noise', live: 'restart' }),
  noise: number({ default: 0.1, min: 0, max: 1, label: 'noise level', live: 'live', when: { key: 'noisy', is: [true] } }),
  points: json<readonly number[]>({
    default: [1, 2],
    label: 'points',
    live: 'restart',
    hidden: true,
    parse(value) {
      if (!Array.isArray(value) || value.some((v) => typeof v !== 'number')) throw new Error('must be a list of numbers');
      return value as number[];
    },
  }),
});

export const definition = defineLab({
  id: 'demo',
  title: 'Descent',
  question: 'Where does it end?',
  version: 1,
  schema,
  presets: { quick: { values: {} }, full: { values: { steps: 100, rate: 0.05 } } },
  device: 'any',
});

class DeviceLostError extends Error {
  /** As in a bundled page: the class's name is gone, the code stays. */
  override name = 'u';
  readonly code = 'DEVICE_LOST';
  readonly reason = 'driver reset';
}

/** What a test wants to go wrong; `loseAt` counts down the losses. */
export const faults = { loseAt: 0, losses: 0, failAt: 0, refuseAt: 0, disposed: 0, returned: 0, crashAt: 0 };

/** What run and page of this lab say to each other. */
export interface Demo {
  result: { x: number };
  requests: { where(): number; fail(): never };
}

export const experiment: Experiment<typeof schema, Demo> = {
  ...definition,
  async *run(config, context) {
    context.onDispose(() => {
      faults.disposed += 1;
    });
    let x = config.start;
    let first = 1;
    if (context.checkpoint) {
      const [step, value] = new Float64Array(context.checkpoint.slice().buffer);
      first = (step as number) + 1;
      x = value as number;
    }
    context.serve('where', () => x);
    context.serve('fail', () => {
      throw new RangeError('asked to fail');
    });
    try {
      yield { type: 'phase', name: 'train', progress: 0 };
      for (let step = first; step <= config.steps; step++) {
        if (faults.losses > 0 && step === faults.loseAt) {
          faults.losses -= 1;
          throw new DeviceLostError('The GPU device was lost');
        }
        if (step === faults.refuseAt) throw new ConfigError('rate', 'too steep from here: set to 0.05.');
        if (step === faults.failAt) throw new TypeError('nothing works');
        x -= context.live.rate * 2 * x;
        yield { type: 'metric', series: 'loss', x: step, y: x * x };
        yield { type: 'tensor', name: 'x', shape: [1], data: Float32Array.of(x), map: 'diverging' };
        if (step % 5 === 0) {
          yield { type: 'checkpoint', name: 'x', step, bytes: new Uint8Array(Float64Array.of(step, x).buffer) };
        }
        yield { type: 'step', step, total: config.steps, loss: x * x };
      }
      return { x };
    } finally {
      faults.returned += 1;
    }
  },
};

export const environment: Environment = {
  data: { read: async () => undefined },
  open: async () => ({ info: { kind: 'cpu', name: 'test', software: true } }),
};
