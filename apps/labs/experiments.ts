/** Every lab's experiment, loaded on demand: for the command line and for tests that walk through all labs. */
import type { AnyExperiment } from '../runtime/experiment.ts';

const modules = import.meta.glob<AnyExperiment>('./*/experiment.ts', { import: 'experiment' });

/** Lab id to what loads its experiment. */
export const experiments: ReadonlyMap<string, () => Promise<AnyExperiment>> = new Map(
  Object.entries(modules).map(([path, load]) => [path.split('/')[1] as string, load]),
);
