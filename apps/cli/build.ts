/** `npm run build`: the site as static files in dist/, and each lab as one module for other pages in dist/embed/. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { buildEmbeds } from '../embed/build.ts';
import { prepareData } from './prepare.ts';
import { repositoryRoot } from './root.ts';

/** @param args `--no-data` skips the data step, for a site whose data lies elsewhere */
export async function main(args: readonly string[]): Promise<void> {
  if (!args.includes('--no-data')) prepareData();
  // This process ran with the plugins of a tool; the build checks kernels and writes types as well.
  delete process.env.CHALKGRAD_RUNNER;
  // The launcher's module runner leaves 'development' here, and Lit would come in its slow, talkative edition.
  process.env.NODE_ENV = 'production';
  await build({ configFile: join(repositoryRoot, 'vite.config.ts'), logLevel: 'warn' });
  const index = join(repositoryRoot, 'dist/index.html');
  if (!existsSync(index)) throw new Error(`${index} was not written`);
  for (const [lab, bytes] of await buildEmbeds(repositoryRoot, join(repositoryRoot, 'dist/embed'))) {
    console.log(`dist/embed/${lab}.js: ${Math.round(bytes / 1024)} KiB`);
  }
  console.log('The site is in dist/; any static host serves it.');
}
