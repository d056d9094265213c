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
  clothes: number({
    default: 1,
    min: 0.05,
    max: 20,
    scale: 'log',
    label: 'clothes for each digit',
    help: 'In the two trainings on both. Of the set that there is more of, as many images as above; of the other, the share that this says.',
    live: restart,
    group: 'data',
  }),
  order: choice(['digits first', 'clothes first'], {
    default: 'digits first',
    label: 'order in sequence',
    help: 'Which comes first where both are seen in sequence. What comes last is remembered best.',
    live: restart,
    group: 'data',
  }),
  clothesNormalisation: choice(['as digits', 'own'], {
    default: 'as digits',
    names: { 'as digits': 'the digits’, as published', own: 'their own' },
    label: 'mean and deviation of clothes',
    help: 'The source normalises clothes with MNIST’s constants (0.1307, 0.3081). Their own are 0.2860 and 0.3530; errors are then in other units.',
    live: restart,
    group: 'data',
  }),
  clothesShown: choice(['train', 'test'], {
    default: 'train',
    names: { train: 'training split, as published', test: 'test split' },
    label: 'clothes that are shown',
    help: 'The source shows clothes that two of the three networks have been trained on. Errors are always of the test split.',
    live: restart,
    group: 'data',
  }),
  testImages: int({
    default: 10000,
    min: 64,
    max: 10000,
    scale: 'log',
    label: 'test images of each set',
    help: 'On so many the errors of the table are measured. Fewer take less time, and the ± beside each error grows.',
    live: restart,
    group: 'data',
  }),
  noisePower: number({
    default: 1.5,
    min: 0,
    max: 5,
    label: 'darkening exponent',
    symbol: 'γ',
    term: 'noise/gamma',
    help: 'Each pixel is multiplied by uᵞ with u uniform: the larger the exponent, the darker.',
    live: restart,
    group: 'noise',
  }),
  noiseLevel: number({
    default: 0.75,
    min: 0,
    max: 3,
    label: 'noise level',
    symbol: 'σ',
    term: 'noise/sigma',
    live: restart,
    group: 'noise',
  }),
  maps: int({
    default: 64,
    min: 2,
    max: 64,
    scale: 'log',
    label: 'channels at the first level',
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
  presets: {
    quick: { values: { images: 768, testImages: 256, maps: 8, batch: 16, epochs: 1, rate: 3e-3, strips: 16 } },
    full: { values: {} },
  },
  resumes: 'model',
  device: 'any',
  commandLine: { testImages: 10000 },
  parts: {
    checkpoint: { label: 'loading a checkpoint' },
    own: { label: 'own picture', free: true },
    inside: { label: 'looking inside', free: true },
  },
});
