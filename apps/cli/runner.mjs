/** Runs TypeScript with `.wgsl` imports in Node through Vite's module runner, with the plugins of vite.config.ts. */
import { rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Imports a module. Its environment stays open, so that the module may import others later; it keeps no process alive.
 * @param {string} file
 * @returns {Promise<Record<string, unknown>>}
 */
export async function importModule(file) {
  // The site's configuration and this runner share their plugins; the flag spares a tool the checks of a build.
  process.env.CHALKGRAD_RUNNER = '1';
  const { createRunnableDevEnvironment, loadConfigFromFile, mergeConfig, resolveConfig } = await import('vite');
  const loaded = await loadConfigFromFile(
    { command: 'serve', mode: 'production' },
    resolve(root, 'vite.config.ts'),
    root,
    'error',
  );
  const config = await resolveConfig(
    mergeConfig(
      { plugins: loaded?.config.plugins ?? [], resolve: loaded?.config.resolve ?? {} },
      {
        root,
        configFile: false,
        envDir: false,
        logLevel: 'error',
        cacheDir: resolve(root, 'node_modules/.vite'),
        environments: {
          cli: {
            consumer: 'server',
            dev: { moduleRunnerTransform: true },
            resolve: { external: true, mainFields: [], conditions: ['node'] },
          },
        },
      },
    ),
    'serve',
  );
  const environment = createRunnableDevEnvironment('cli', config, { runnerOptions: { hmr: { logger: false } }, hot: false });
  await environment.init();
  return environment.runner.import(pathToFileURL(resolve(file)).href);
}

/**
 * Imports a module that needs no plugin (so no `.wgsl` imports) as one bundle: a tenth of the time.
 * @param {string} file
 * @returns {Promise<Record<string, unknown>>}
 */
export async function importBundled(file) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: resolve(file), platform: 'node', external: [/^node:/, 'webgpu'], logLevel: 'silent' });
  // In the repository, so that packages are found, and as deep in it as apps/cli, so that root.ts is right. Several may run at once.
  const output = resolve(root, `node_modules/.vite/cli-${process.pid}.mjs`);
  await bundle.write({ file: output, format: 'esm', codeSplitting: false });
  try {
    return await import(pathToFileURL(output).href);
  } finally {
    rmSync(output, { force: true });
  }
}
