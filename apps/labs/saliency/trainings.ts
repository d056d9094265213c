/** What the networks of the bench were trained on. Plain data, without the engine. */
export const TRAININGS = {
  tainted: 'saw the cue on its class',
  clean: 'never saw the cue',
  indifferent: 'saw the cue on half of every class',
} as const;
export type Training = keyof typeof TRAININGS;
export const trainings = Object.keys(TRAININGS) as readonly Training[];

/** The cues of failure-modes. */
export type CueName = 'dot' | 'grid';
