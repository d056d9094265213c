/**
 * Builds each lab as one ES module, `dist/embed/<lab>.js`: it defines the lab's element, exports its class, and its default export
 * is an anywidget. Beside it lie what it fetches when it is wanted: `<lab>.recording.json`, and `<lab>.engine.js` for pages that
 * forbid its worker. Data packs come from the site that the module was loaded from.
 */
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, loadConfigFromFile, type Plugin } from 'vite';
import { type LabFolders, labFolders } from '../shell/build/lab-folders.ts';
import { labs } from '../shell/build/lab-plugin.ts';
import { engineEntry, engineEntryPlugin, leaveEngineOut } from './engine-beside.ts';

/** Made by other plugins here, or the site's own: pages and their data. */
const REPLACED = ['chalkgrad:site-data', 'chalkgrad:labs'];

async function buildModule(root: string, outDir: string, file: string, entry: string, own: readonly Plugin[]): Promise<void> {
  // Loaded anew for each build: plugins keep state.
  const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' }, join(root, 'vite.config.ts'), root, 'error');
  if (!loaded) throw new Error('vite.config.ts cannot be read');
  const plugins = (loaded.config.plugins ?? []).flat().filter((p) => !(p && 'name' in p && REPLACED.includes(p.name)));
  await build({
    root: join(root, 'apps'),
    configFile: false,
    publicDir: false,
    base: './',
    logLevel: 'warn',
    cacheDir: join(root, 'node_modules/.vite'),
    plugins: [...own, ...plugins],
    // A worker from a blob has no folder from which it could import other files.
    worker: { ...loaded.config.worker, rolldownOptions: { output: { codeSplitting: false } } },
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
 * @param folders what to build, by id; default: every lab
 * @returns bytes of each module
 */
export async function buildEmbeds(
  root: string,
  outDir: string,
  folders: LabFolders = labFolders(root),
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  mkdirSync(outDir, { recursive: true });
  // The site's build has checked the kernels; this asks for its plugins without that.
  process.env.CHALKGRAD_RUNNER = '1';
  // The launcher's module runner leaves 'development' here, and Lit would come in its slow, talkative edition.
  process.env.NODE_ENV = 'production';
  for (const [id, folder] of folders) {
    const made = labs({ root, folders, door: 'embed' });
    const engine = `${id}.engine.js`;
    const beside = leaveEngineOut(root, folder, engine);
    await buildModule(root, outDir, `${id}.js`, join(folder, 'embed.ts'), [made, beside.plugin]);
    await buildModule(root, outDir, engine, engineEntry, [made, engineEntryPlugin(beside.left)]);
    const recording = join(folder, 'recording.json');
    if (existsSync(recording)) copyFileSync(recording, join(outDir, `${id}.recording.json`));
    sizes.set(id, statSync(join(outDir, `${id}.js`)).size);
  }
  return sizes;
}
