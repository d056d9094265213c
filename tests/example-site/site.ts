/**
 * The example lab of apps/labs/README.md as a site of its own: its five files beside the repository's `apps`, `engine` and `shaders`, the
 * way a lab lies in the repository. `tsconfig.json` lays the two folders over each other for the compiler; here links do.
 */
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { repositoryRoot as root } from '../../apps/cli/root.ts';
import { mathCards } from '../../apps/math/plugin.ts';
import { labs } from '../../apps/shell/build/lab-plugin.ts';
import { wgsl } from '../../shaders/build/plugin.ts';

export const id = 'descent';
/** Where the five files are kept. */
export const source = join(root, 'tests/example-site/apps/labs', id);
const place = join(root, '.cache/example-site');
const folder = join(place, 'apps/labs', id);
export const dist = join(place, 'dist');

/** Lays the site out. @returns the lab's folder in it */
export function layOut(): string {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, 'apps/labs'), { recursive: true });
  for (const name of ['engine', 'shaders']) symlinkSync(join(root, name), join(place, name));
  for (const name of readdirSync(join(root, 'apps'))) {
    if (name !== 'labs') symlinkSync(join(root, 'apps', name), join(place, 'apps', name));
  }
  cpSync(source, folder, { recursive: true });
  return folder;
}

/** Builds the page of the lab into `dist`, with the plugins that the site is built with. */
export async function buildSite(): Promise<void> {
  const made = () => labs({ root: place, folders: new Map([[id, folder]]) });
  await build({
    root: join(place, 'apps'),
    configFile: false,
    base: './',
    logLevel: 'error',
    cacheDir: join(place, 'cache'),
    plugins: [wgsl({ root }), made(), mathCards({ root })],
    worker: { format: 'es', plugins: () => [made(), wgsl({ root })] },
    build: {
      outDir: dist,
      emptyOutDir: true,
      target: 'es2022',
      rollupOptions: {
        input: { [`labs/${id}/index`]: join(folder, 'index.html') },
        output: {
          entryFileNames: (chunk) => `assets/${chunk.name.replaceAll('/', '-')}-[hash].js`,
          chunkFileNames: 'assets/[name]-[hash].js',
        },
      },
    },
  });
}
