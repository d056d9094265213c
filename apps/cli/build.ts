/** `npm run build`: the site as static files in dist/. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { prepareData } from './prepare.ts';
import { repositoryRoot } from './root.ts';

/** @param args `--no-data` skips the data step, for a site whose data lies elsewhere */
export async function main(args: readonly string[]): Promise<void> {
  if (!args.includes('--no-data')) prepareData();
  // This process ran with the plugins of a tool; the build checks kernels and writes types as well.
  delete process.env.CHALKGRAD_RUNNER;
  await build({ configFile: join(repositoryRoot, 'vite.config.ts'), logLevel: 'warn' });
  const index = join(repositoryRoot, 'dist/index.html');
  if (!existsSync(index)) throw new Error(`${index} was not written`);
  console.log('The site is in dist/; any static host serves it.');
}
