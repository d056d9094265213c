/**
 * Prints the source's table of regularisers, every row of it, as means and ranges over seeds:
 * `node apps/cli/run.mjs exec apps/labs/regression/measure.ts [SEED…]` (default 1 2 3 4; some seconds each on the reference device).
 */
import { runInNode } from '../../runtime/node.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import { experiment } from './experiment.ts';
import { DEGREES, polynomialFit } from './polynomial.ts';
import { elevenPoints, type Setting } from './schema.ts';

const rows: readonly { readonly name: string; readonly setting: Setting; readonly config: object }[] = [
  { name: 'none', setting: 'none', config: {} },
  { name: 'weight decay, λ = 0.001', setting: 'weight decay', config: { decay: 1e-3 } },
  { name: 'weight decay, λ = 0.01', setting: 'weight decay', config: { decay: 1e-2 } },
  { name: 'dropout, p = 0.1', setting: 'dropout', config: { p: 0.1 } },
  { name: 'dropout, p = 0.2', setting: 'dropout', config: { p: 0.2 } },
  { name: 'dropout, p = 0.5', setting: 'dropout', config: { p: 0.5 } },
  { name: 'early stopping on 0.1, 0.4, 0.7', setting: 'early stopping', config: {} },
  { name: 'the same, gradient descent at 0.05', setting: 'early stopping', config: { optimiser: 'sgd', rate: 0.05 } },
];

const range = (values: readonly number[], digits = 3): string => {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => String(Number(value.toPrecision(digits))));
  return least === most ? `${least}` : `${least} – ${most}`;
};

export async function main(args: readonly string[]): Promise<number> {
  const seeds = args.length > 0 ? args.map(Number) : [1, 2, 3, 4];
  console.log(`seeds ${seeds.join(', ')}\n\n| setting | train MSE | held-out MSE | R | best step |\n|---|---|---|---|---|`);
  for (const { name, setting, config } of rows) {
    const found = [];
    for (const seed of seeds) {
      const run = await runInNode(experiment, {
        environment: nodeEnvironment(),
        preset: 'full',
        config: { ...config, setting, seed, samples: 0 },
      });
      await run.runner.stop();
      const result = run.result?.[setting];
      if (result) found.push(result);
    }
    const held = found.flatMap(({ validationMSE }) => (validationMSE === null ? [] : [validationMSE]));
    const best = found.flatMap(({ bestStep }) => (bestStep === null ? [] : [bestStep]));
    const cells = [
      name,
      range(found.map(({ trainMSE }) => trainMSE)),
      held.length > 0 ? range(held) : '',
      range(found.map(({ roughness }) => roughness)),
      best.length > 0 ? range(best, 6) : '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  for (const [degree, name] of DEGREES) {
    const { trainMSE, roughness } = polynomialFit(elevenPoints, degree);
    console.log(`| ${name} | ${range([trainMSE])} | | ${range([roughness])} | |`);
  }
  return 0;
}
