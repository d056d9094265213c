/** What the labs' texts say in numbers, and where each number comes from. */
import type { LabFacts } from './claims.ts';
import { adversarial, features, masktune, mode, saliency } from './facts-methods.ts';
import { classifyFacts, denoise, failureModes, regression, tsneFacts } from './facts-training.ts';

export const facts: Readonly<Record<string, () => LabFacts>> = {
  regression,
  classify: classifyFacts,
  tsne: tsneFacts,
  'failure-modes': failureModes,
  denoise,
  saliency,
  features,
  adversarial,
  masktune,
  mode,
};
