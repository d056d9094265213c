/**
 * Builds each lab as one ES module, `dist/embed/<lab>.js`: it defines the lab's element, exports its class, and its default export
 * is an anywidget. Beside it lie what it fetches when it is wanted: `<lab>.recording.json`, and `<lab>.engine.js` for pages that
 * forbid its worker. Data packs come from the site that the module was loaded from.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, loadConfigFromFile, type Plugin } from 'vite';
import { engineImports, oneFilePlugin } from './one-file.ts';

/** Lab id to its directory, for labs that have an `embed.ts`. */
export function embeddable(root: string): ReadonlyMap<string, string> {
  const labs = join(root, 'apps/labs');
  const found = readdirSync(labs).map((id) => [id, join(labs, id)] as const);
  return new Map(found.filter(([, folder]) => existsSync(join(folder, 'embed.ts'))));
}

const engineEntry = '\0engine-entry';

/** The module of all that brings the engine into a page: the main-thread fallback, and what a lab asks of the engine itself. */
function enginePlugin(folder: string): Plugin {
  const texts = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const paths = engineImports(texts).map((path) => JSON.stringify(join(folder, path).replaceAll('\\', '/')));
  return {
    name: 'chalkgrad:engine-entry',
    // The bundler makes a path of an entry's name.
    resolveId: (source) => (source.endsWith('engine-entry') ? engineEntry : undefined),
    load: (id) => (id === engineEntry ? paths.map((path) => `export * from ${path};`).join('\n') : undefined),
  };
}

async function buildModule(root: string, outDir: string, file: string, entry: string, plugin: Plugin): Promise<void> {
  // Loaded anew for each build: plugins keep state.
  const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' }, join(root, 'vite.config.ts'), root, 'error');
  if (!loaded) throw new Error('vite.config.ts cannot be read');
  // Pages and their data are the site's own.
  const skipped = ['chalkgrad:site-data'];
  const plugins = (loaded.config.plugins ?? []).flat().filter((p) => !(p && 'name' in p && skipped.includes(p.name)));
  await build({
    root: join(root, 'apps'),
    configFile: false,
    publicDir: false,
    base: './',
    logLevel: 'warn',
    cacheDir: join(root, 'node_modules/.vite'),
    plugins: [plugin, ...plugins],
    ...(loaded.config.worker ? { worker: loaded.config.worker } : {}),
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2022',
      lib: { entry, formats: ['es'], fileName: () => file },
      rollupOptions: { output: { codeSplitting: false }, checks: { pluginTimings: false } },
    },
  });
}

/**
 * @param root of the repository
 * @param labs what to build, by id; default: every lab that has an `embed.ts`
 * @returns bytes of each module
 */
export async function buildEmbeds(root: string, outDir: string, labs = embeddable(root)): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  mkdirSync(outDir, { recursive: true });
  // The site's build has checked the kernels; this asks for its plugins without that.
  process.env.CHALKGRAD_RUNNER = '1';
  // The launcher's module runner leaves 'development' here, and Lit would come in its slow, talkative edition.
  process.env.NODE_ENV = 'production';
  for (const [id, folder] of labs) {
    await buildModule(root, outDir, `${id}.js`, join(folder, 'embed.ts'), oneFilePlugin(id));
    await buildModule(root, outDir, `${id}.engine.js`, 'engine-entry', enginePlugin(folder));
    const recording = join(folder, 'recording.json');
    if (existsSync(recording)) copyFileSync(recording, join(outDir, `${id}.recording.json`));
    sizes.set(id, statSync(join(outDir, `${id}.js`)).size);
  }
  return sizes;
}
