/** The request with which a lab hands out its training as a PyTorch script. */
import type { StateDict } from '../../../engine/nn/state-dict.ts';
import type { TrainerConfig } from '../../../engine/train/types.ts';
import type { AnyDefinition } from '../experiment.ts';
import { type Config, writeLink } from '../link.ts';
import { type PyTorchExport, pytorchName } from './name.ts';

/** Served by a run that trains a plain network; the shell then offers both files. `requests: PyTorchRequests & { … }` */
export interface PyTorchRequests {
  pytorch(): PyTorchExport;
}

/** A training that can be taken elsewhere. */
export interface PlainTraining {
  readonly definition: AnyDefinition;
  readonly config: Config & { readonly seed: number };
  /** The trainer's configuration with a network as it was before the first step, made anew at every call. */
  readonly begin: () => TrainerConfig & { readonly loss: 'crossEntropy' | 'mse' };
  /** The weights of the moment. */
  readonly trained: () => Promise<StateDict>;
}

/** Makes both files. What does so is fetched when it is asked for. */
export async function pytorchOf({ definition, config, begin, trained }: PlainTraining): Promise<PyTorchExport> {
  const [{ firstSteps }, { pytorchExport }] = await Promise.all([import('./first-steps.ts'), import('./export.ts')]);
  const about = {
    title: `${definition.title}: ${definition.question}`,
    name: pytorchName(definition.id, config.seed),
    link: `labs/${definition.id}/#${writeLink(definition, { preset: 'quick', config } as never, { seed: true })}`,
  };
  return pytorchExport(about, await firstSteps(begin()), await trained());
}
