/** The maps as a file that makes them again with the engine alone. */
import type { ConfigOf } from '../../runtime/schema.ts';
import type { PanelSpec } from './panel.ts';
import type { schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** Why there is no such file, or undefined. @param files the reader's own images or networks */
export function withoutCode({ dataset, layer, spaces, view }: Config, files: number): string | undefined {
  if (dataset === 'own' || files > 0) return 'own images and networks stay on this machine: take the script that repeats the run';
  if (layer !== 'pixels' || (view === 'grid' && /[a-z]/i.test(spaces.replace(/pixels/gi, ''))))
    return 'for maps of the pixels; of a layer, take the script that repeats the run';
  return undefined;
}

/** TypeScript for Node that prints the divergence and the vote of ten neighbours of each map. */
export function runnableCode(config: Config, panels: readonly PanelSpec[]): string {
  const { dataset, count, schedule, exaggeration, exaggerated, components, iterations, rate, init, stopEarly } = config;
  const own =
    schedule === 'scikit-learn'
      ? ''
      : schedule === 'paper'
        ? `, components: ${components}`
        : `, exaggeration: ${exaggeration}, exaggerated: ${exaggerated}, momentumSwitch: ${exaggerated}, components: ${components}`;
  const base = schedule === 'paper' ? 'tsneSchedules.paper' : "tsneSchedules['scikit-learn']";
  return `/**
 * t-SNE of test images, written with Chalkgrad's engine. Save this file in the root of a Chalkgrad checkout and run it with
 * \`node apps/cli/run.mjs exec FILE\`; \`npm run data\` must have prepared the images.
 */
import { loadDataset } from './engine/data/load.ts';
import { folderSource } from './engine/data/source-node.ts';
import { nearestNeighbours, neighbourAgreement } from './engine/explain/neighbours.ts';
import { Tsne, TsneConvergence, tsneSchedules } from './engine/explain/tsne.ts';
import { init } from './engine/index.ts';

const device = await init({ device: 'auto' });
console.log(device.info.name);
const set = await loadDataset('${dataset}', { source: folderSource('data/packs'), split: 'test', count: ${count} });
const points = Float32Array.from(set.images, (byte) => byte / 255);
const schedule = { ...${base}, iterations: ${iterations}${own}${rate > 0 ? `, learningRate: () => ${rate}` : ''} };

for (const { perplexity, seed } of ${JSON.stringify(panels.map(({ perplexity, seed }) => ({ perplexity, seed })))}) {
  const map = await Tsne.create(points, set.count, { perplexity, seed, init: '${init}', schedule });
  const convergence = new TsneConvergence();
  while (map.iteration < schedule.iterations) {
    const before = map.iteration;
    map.step(Math.min(50, schedule.iterations - before));
    if (before < schedule.exaggerated && map.iteration >= schedule.exaggerated) convergence.restart(map.iteration);
    const value = await map.evaluate();
    const reason = convergence.check(map.iteration, value);
    if (${stopEarly} && map.iteration > schedule.exaggerated && reason !== undefined) break;
  }
  const { divergence } = await map.evaluate();
  const near = await nearestNeighbours(await map.positions(), set.count, 10);
  console.log(JSON.stringify({ perplexity, seed, iterations: map.iteration, KL: divergence, agreement: neighbourAgreement(near, set.labels, 10) }));
  map.dispose();
}
`;
}
