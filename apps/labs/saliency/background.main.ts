/**
 * `node apps/cli/run.mjs exec apps/labs/saliency/background.main.ts [PRESET]`: right for the wrong reason over three seeds, as the README
 * tells it. Each seed draws other scenes and other weights.
 */

import { join } from 'node:path';
import { repositoryRoot } from '../../cli/root.ts';
import { formatPercent } from '../../components/shared/format.ts';
import { runInNode } from '../../runtime/node.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import { experiment } from './experiment.ts';

const SEEDS = [1, 2, 3];

/** @returns 1 where a seed misses what the lab claims */
export async function main([preset = 'quick']: readonly string[]): Promise<number> {
  const environment = nodeEnvironment(join(repositoryRoot, 'data/packs'));
  let missed = 0;
  const rows = [];
  for (const seed of SEEDS) {
    const done = await runInNode(experiment, { environment, device: 'wasm', preset, config: { seed, methods: [] } });
    await done.runner.stop();
    const { area = 0, networks } = done.result?.background ?? {};
    if (!networks?.with || !networks.without) throw new Error(`the preset '${preset}' trains no two networks on scenes`);
    const { with: own, without } = networks;
    const points = 100 * (own.share - without.share);
    if (own.excess < 20 || points < 20 || own.flips < 0.9) missed += 1;
    const percent = (share: number) => formatPercent(share);
    rows.push({
      seed,
      'right (with, without)': `${percent(own.accuracy)}, ${percent(without.accuracy)}`,
      'CAM on the background': `${percent(own.share)}, ${percent(without.share)}`,
      'its area': percent(area),
      'points above the area': own.excess.toFixed(1),
      'points above the other': points.toFixed(1),
      flipped: `${percent(own.flips)}, ${percent(without.flips)}`,
      seconds: done.seconds.toFixed(0),
    });
  }
  console.table(rows);
  return missed > 0 ? 1 : 0;
}
