/** `npm run build`: the site as static files in dist/, with each lab as one module for other pages in dist/embed/. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { labWeights } from '../embed/weights.ts';
import { prepareData } from './prepare.ts';
import { repositoryRoot } from './root.ts';

/** @param args `--no-data` skips the data step, for a site whose data lies elsewhere */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { 'no-data': { type: 'boolean' } } });
  if (!values['no-data']) prepareData();
  // This process ran with the plugins of a tool; the build checks kernels and writes types as well.
  delete process.env.CHALKGRAD_RUNNER;
  // The launcher's module runner leaves 'development' here, and Lit would come in its slow, talkative edition.
  process.env.NODE_ENV = 'production';
  await build({ configFile: join(repositoryRoot, 'vite.config.ts'), logLevel: 'warn' });
  const dist = join(repositoryRoot, 'dist');
  const index = join(dist, 'index.html');
  if (!existsSync(index)) throw new Error(`${index} was not written`);
  const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
  console.log('Compressed script of each lab on another page: first, whole on a GPU (more without one, more that is asked for):');
  for (const { id, first, whole, processor, asked } of labWeights(dist))
    console.log(`  embed/${id}.js  ${kib(first)}, ${kib(whole)} (+ ${kib(processor)}, + ${kib(asked)})`);
  console.log('The site is in dist/; any static host serves it.');
}
