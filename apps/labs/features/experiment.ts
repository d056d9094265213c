/** Looks into a network: images that its parts respond to most, and a photograph taken apart with them. */
import { ConfigError } from '../../../engine/errors.ts';
import type { Experiment } from '../../runtime/experiment.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import type { Look } from './inspect.ts';
import { definition, type schema } from './schema.ts';
import { type LayerInfo, openSubject } from './subject.ts';
import { type BlocksResult, type Questions, type TakenApart, takeApart } from './take-apart.ts';
import { compareWays, type WayResult } from './visualisation.ts';
import type { WayName } from './ways.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

/** What a run of the visualisation found. */
export interface VisualisationResult {
  readonly objective: string;
  readonly steps: number;
  readonly ways: readonly WayResult[];
}

/** One of the two, as the run showed it. */
export interface FeaturesResult {
  readonly visualisation: VisualisationResult | null;
  readonly blocks: BlocksResult | null;
}

/** What run and page say to each other. */
export interface Features {
  result: FeaturesResult;
  data: TakenApart & {
    /** What is looked into, for the reader. */
    network: string;
    classes: readonly string[];
    layers: readonly LayerInfo[];
    ways: readonly WayName[];
    snapshots: readonly number[];
  };
  requests: CardRequests & Questions;
}

export const experiment: Experiment<typeof schema, Features> = {
  ...definition,
  async *run(config, context) {
    const subject = yield* openSubject(config, context);
    context.onDispose(() => subject.dispose());
    yield { type: 'data', name: 'network', value: subject.origin };
    yield { type: 'data', name: 'classes', value: subject.classNames };
    yield { type: 'data', name: 'layers', value: subject.layers };
    let look: Look | undefined;
    const looked = (): Look => {
      if (!look) throw new ConfigError('cards', 'there is an image after the first step.');
      return look;
    };
    context.serve('tensors', async () => (await inspection()).inspect(looked()));
    context.serve('verify', async ({ card }) => (await inspection()).verify(looked(), card));
    const see = (seen: Look): void => {
      look = seen;
    };
    if (config.figure === 'blocks') return { visualisation: null, blocks: yield* takeApart(config, subject, context, see) };
    return { visualisation: yield* compareWays(config, subject, context, see), blocks: null };
  },
};
