/** The regression lab: its parameters, presets and question. */
import { boolean, choice, defineLab, defineSchema, int, json, number } from '../../runtime/index.ts';

/** The four trainings whose curves the lab overlays. */
export const settings = ['none', 'weight decay', 'dropout', 'early stopping'] as const;
export type Setting = (typeof settings)[number];

export interface Point {
  readonly x: number;
  readonly t: number;
  /** Held out: validates early stopping instead of training. */
  readonly held: boolean;
}

const X = Array.from({ length: 11 }, (_, n) => n / 10);
const T = [0.15, -0.16, -0.61, -0.86, -1.02, -0.44, 0.16, 0.05, 0.45, 1.39, 0.86];
const HELD = new Set([1, 4, 7]);

/** The eleven points of the exercise; 0.1, 0.4 and 0.7 are held out. */
export const elevenPoints: readonly Point[] = X.map((x, n) => ({ x, t: T[n] as number, held: HELD.has(n) }));

const MOST_POINTS = 60;

function parsePoints(value: unknown): readonly Point[] {
  if (!Array.isArray(value) || value.length < 2 || value.length > MOST_POINTS) {
    throw new Error(`must be a list of 2 to ${MOST_POINTS} points`);
  }
  return value.map((entry, n) => {
    const { x, t, held } = (entry ?? {}) as Partial<Point>;
    if (typeof x !== 'number' || typeof t !== 'number' || !Number.isFinite(x) || !Number.isFinite(t)) {
      throw new Error(`point ${n} must have numbers x and t`);
    }
    return { x: Math.min(1, Math.max(0, x)), t: Math.min(3, Math.max(-3, t)), held: held === true };
  });
}

export const schema = defineSchema({
  setting: choice(['all four', ...settings], {
    default: 'all four',
    label: 'setting',
    help: 'One setting, or all four side by side from the same initial weights.',
    live: 'restart',
  }),
  decay: number({
    default: 1e-3,
    min: 0,
    max: 1,
    scale: 'log',
    smallest: 1e-6,
    label: 'weight decay',
    symbol: 'λ',
    term: ['weight-decay/lambda', 'sgd/lambda'],
    help: 'Price of large weights. Try 0.01 and 0.0001: how much smoother is the curve?',
    live: 'live',
    group: 'regularisation',
    when: { key: 'setting', is: ['all four', 'weight decay'] },
  }),
  decayForm: choice(['L2', 'decoupled'], {
    default: 'L2',
    names: { L2: 'in the loss (L2)', decoupled: 'in the step (decoupled)' },
    label: 'form of decay',
    help: 'L2 adds λΣw² to the loss, for the weights. Decoupled decay (AdamW, or gradient descent) shrinks all parameters by 1 − ηλ in each step.',
    live: 'restart',
    group: 'regularisation',
    when: { key: 'setting', is: ['all four', 'weight decay'] },
  }),
  p: number({
    default: 0.2,
    min: 0,
    max: 0.9,
    label: 'dropout probability',
    symbol: 'p',
    term: 'dropout/p',
    help: 'Share of hidden units that are switched off in each training step.',
    live: 'restart',
    group: 'regularisation',
    when: { key: 'setting', is: ['all four', 'dropout'] },
  }),
  patience: int({
    default: 20,
    min: 1,
    max: 500,
    label: 'patience',
    symbol: 'P',
    term: 'early-stopping/patience',
    help: 'Evaluations without a better validation loss before training stops and the best weights are restored.',
    live: 'restart',
    group: 'regularisation',
    when: { key: 'setting', is: ['all four', 'early stopping'] },
  }),
  minDelta: number({
    default: 0,
    min: 0,
    max: 0.1,
    scale: 'log',
    smallest: 1e-6,
    label: 'minimum improvement (min_delta)',
    symbol: 'δ',
    term: 'early-stopping/delta',
    help: 'A smaller gain of the validation loss does not count.',
    live: 'restart',
    group: 'regularisation',
    when: { key: 'setting', is: ['all four', 'early stopping'] },
  }),
  holdOutForAll: boolean({
    default: false,
    label: 'hold out points for all settings',
    help: 'Off: only early stopping gives up the held-out points. On: all four train on the same points and can be compared on the others.',
    live: 'restart',
    group: 'regularisation',
  }),
  units: int({ default: 10, min: 1, max: 64, label: 'hidden units', symbol: 'J', live: 'restart', group: 'network' }),
  activation: choice(['tanh', 'sigmoid', 'relu', 'sin'], {
    default: 'tanh',
    names: { relu: 'ReLU', sigmoid: 'sigmoid', sin: 'sine' },
    label: 'nonlinearity',
    symbol: 'φ',
    term: ['tanh/phi', 'sigmoid/phi', 'relu/phi', 'sin/phi'],
    live: 'restart',
    group: 'network',
  }),
  initialScale: number({
    default: 3,
    min: 0.1,
    max: 20,
    scale: 'log',
    label: 'initial weight scale',
    help: 'Standard deviation of the first weights. Small: the network starts nearly linear.',
    live: 'restart',
    group: 'network',
  }),
  optimiser: choice(['adam', 'sgd'], {
    default: 'adam',
    names: { adam: 'Adam', sgd: 'gradient descent' },
    label: 'optimiser',
    live: 'restart',
    group: 'training',
  }),
  rate: number({
    default: 0.01,
    min: 1e-5,
    max: 1,
    scale: 'log',
    label: 'learning rate',
    symbol: 'η',
    term: ['adam/eta', 'sgd/eta'],
    live: 'live',
    group: 'training',
  }),
  steps: int({ default: 20000, min: 100, max: 200000, scale: 'log', label: 'steps', live: 'restart', group: 'training' }),
  evalEvery: int({
    default: 100,
    min: 10,
    max: 2000,
    scale: 'log',
    label: 'evaluate every … steps',
    live: 'restart',
    group: 'training',
  }),
  samples: int({
    default: 50,
    min: 0,
    max: 200,
    label: 'dropout samples of the band',
    help: 'Passes with dropout left on (MC dropout); the band is their mean ± one standard deviation.',
    live: 'restart',
    group: 'training',
    when: { key: 'setting', is: ['all four', 'dropout'] },
  }),
  points: json<readonly Point[]>({ default: elevenPoints, label: 'points', live: 'restart', hidden: true, parse: parsePoints }),
});

export const definition = defineLab({
  id: 'regression',
  title: 'Regression',
  question: 'What stops a network from drawing a curve through every point?',
  version: 1,
  schema,
  presets: { quick: { values: { steps: 6000 } }, full: { values: { steps: 20000 } } },
  resumes: 'model',
  device: 'small',
  parts: { checkpoint: { label: 'loading a checkpoint' } },
});
