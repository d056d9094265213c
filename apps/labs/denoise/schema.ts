/** The denoise lab: its parameters, presets and question. */
import { choice, defineLab, defineSchema, int, number } from '../../runtime/index.ts';

/** The three trainings of the exercise. */
export const trainings = ['MNIST', 'both in sequence', 'both shuffled'] as const;
export type TrainingName = (typeof trainings)[number];

/** The sets whose images are shown. */
export const sets = ['MNIST', 'Fashion-MNIST'] as const;
export type SetName = (typeof sets)[number];

const restart = 'restart' as const;

export const schema = defineSchema({
  training: choice(['all three', ...trainings], {
    default: 'all three',
    names: { MNIST: 'MNIST only' },
    label: 'training',
    help: 'MNIST only; MNIST first and Fashion-MNIST after it; both in random order. All three start from the same weights.',
    live: restart,
  }),
  images: int({
    default: 60000,
    min: 64,
    max: 60000,
    scale: 'log',
    label: 'images of each set',
    live: restart,
    group: 'data',
  }),
  noisePower: number({
    default: 1.5,
    min: 0,
    max: 5,
    label: 'power of the shadow',
    symbol: 'γ',
    help: 'Each pixel is multiplied by uᵞ with u uniform: the larger the power, the darker.',
    live: restart,
    group: 'noise',
  }),
  noiseLevel: number({ default: 0.75, min: 0, max: 3, label: 'noise level', symbol: 'σ', live: restart, group: 'noise' }),
  maps: int({
    default: 64,
    min: 2,
    max: 64,
    scale: 'log',
    label: 'maps of the first level',
    symbol: 'C',
    live: restart,
    group: 'network',
  }),
  depth: int({ default: 3, min: 1, max: 3, label: 'levels', live: restart, group: 'network' }),
  epochs: int({ default: 5, min: 1, max: 20, label: 'epochs', live: restart, group: 'training' }),
  batch: int({ default: 64, min: 4, max: 256, scale: 'log', label: 'batch size', symbol: 'B', live: restart, group: 'training' }),
  rate: number({
    default: 5e-4,
    min: 1e-5,
    max: 0.03,
    scale: 'log',
    label: 'learning rate',
    symbol: 'η',
    term: 'adam/eta',
    live: 'live',
    group: 'training',
  }),
  strips: int({
    default: 50,
    min: 1,
    max: 1000,
    scale: 'log',
    label: 'show pictures every … steps',
    live: restart,
    group: 'training',
  }),
  cut: choice(['none', 'upper', 'lower', 'both'], {
    default: 'none',
    names: { upper: 'upper (28×28)', lower: 'lower (14×14)' },
    label: 'cut skip connections',
    help: 'Sends zeros through a skip connection of the trained network: what did it carry?',
    live: 'live',
    group: 'look inside',
  }),
});

export const definition = defineLab({
  id: 'denoise',
  title: 'Denoise',
  question: 'What does a denoiser do with something it has never seen?',
  version: 1,
  schema,
  presets: { quick: { values: { images: 768, maps: 8, batch: 16, epochs: 1, rate: 3e-3, strips: 16 } }, full: { values: {} } },
  device: 'any',
  parts: { inside: { label: 'looking inside', free: true } },
});
