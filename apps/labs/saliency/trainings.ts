/** What the networks of the bench were trained on. Plain data, without the engine. */
export const TRAININGS = {
  tainted: 'saw the cue on its class',
  clean: 'never saw the cue',
  indifferent: 'saw the cue on half of every class',
} as const;
export type Training = keyof typeof TRAININGS;
export const trainings = Object.keys(TRAININGS) as readonly Training[];

/** The cues of failure-modes, and the class that each gives away. */
export const CUE_CLASS = { dot: 7, grid: 4 } as const;
export type CueName = keyof typeof CUE_CLASS;
export const cueNames = Object.keys(CUE_CLASS) as readonly CueName[];
