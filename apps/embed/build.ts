/**
 * Builds each lab as one ES module, `dist/embed/<lab>.js`: it defines the lab's element, exports its class, and its default export
 * is an anywidget. Worker, styles and recording are inside; data packs are fetched from the site it was loaded from.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, loadConfigFromFile } from 'vite';
import { inlineWorkerPlugin } from './inline-worker.ts';

/** Lab id to the entry of its module. */
export function embedEntries(root: string): ReadonlyMap<string, string> {
  const labs = join(root, 'apps/labs');
  const entries = readdirSync(labs).map((id) => [id, join(labs, id, 'embed.ts')] as const);
  return new Map(entries.filter(([, file]) => existsSync(file)));
}

/**
 * @param root of the repository
 * @param entries what to build; default: every lab that has an `embed.ts`
 * @returns bytes of each module
 */
export async function buildEmbeds(
  root: string,
  outDir: string,
  entries = embedEntries(root),
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  // The site's build has checked the kernels; this asks for its plugins without that.
  process.env.CHALKGRAD_RUNNER = '1';
  // The launcher's module runner leaves 'development' here, and Lit would come in its slow, talkative edition.
  process.env.NODE_ENV = 'production';
  for (const [id, entry] of entries) {
    // Loaded anew for each build: plugins keep state.
    const loaded = await loadConfigFromFile(
      { command: 'build', mode: 'production' },
      join(root, 'vite.config.ts'),
      root,
      'error',
    );
    if (!loaded) throw new Error('vite.config.ts cannot be read');
    const skipped = ['chalkgrad:site-data'];
    const plugins = (loaded.config.plugins ?? []).flat().filter((p) => !(p && 'name' in p && skipped.includes(p.name)));
    await build({
      root: join(root, 'apps'),
      configFile: false,
      publicDir: false,
      base: './',
      logLevel: 'warn',
      cacheDir: join(root, 'node_modules/.vite'),
      plugins: [inlineWorkerPlugin(), ...plugins],
      ...(loaded.config.worker ? { worker: loaded.config.worker } : {}),
      define: { 'process.env.NODE_ENV': '"production"' },
      build: {
        outDir,
        emptyOutDir: false,
        copyPublicDir: false,
        target: 'es2022',
        lib: { entry, formats: ['es'], fileName: () => `${id}.js` },
        rollupOptions: { output: { codeSplitting: false } },
      },
    });
    sizes.set(id, statSync(join(outDir, `${id}.js`)).size);
  }
  return sizes;
}
