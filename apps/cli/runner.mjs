/** Runs TypeScript with `.wgsl` imports in Node through Vite's module runner, with the plugins of vite.config.ts. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRunnableDevEnvironment, loadConfigFromFile, mergeConfig, resolveConfig } from 'vite';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Imports a module. Its environment stays open, so that the module may import others later; it keeps no process alive.
 * @param {string} file
 * @returns {Promise<Record<string, unknown>>}
 */
export async function importModule(file) {
  // The site's configuration and this runner share their plugins; the flag spares a tool the checks of a build.
  process.env.CHALKGRAD_RUNNER = '1';
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
