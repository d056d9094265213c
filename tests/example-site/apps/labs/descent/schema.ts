/** The descent lab: its parameters, presets and question. */
import { defineLab, defineSchema, int, number } from '../../runtime/index.ts';

export const schema = defineSchema({
  rate: number({ default: 0.1, min: 0.001, max: 1.2, scale: 'log', label: 'learning rate', symbol: 'η', live: 'live' }),
  start: number({ default: 3, min: -5, max: 5, label: 'start', symbol: 'x', live: 'restart' }),
  steps: int({ default: 50, min: 1, max: 1000, label: 'steps', live: 'restart' }),
});

export const definition = defineLab({
  id: 'descent',
  title: 'Descent',
  question: 'How large may a step be?',
  version: 1,
  schema,
  presets: {
    quick: { values: {} },
    full: { values: {} },
    leaps: { values: { rate: 1.05 }, shows: 'Each step is worse than the last.' },
  },
  device: 'small',
});
