import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type InlineConfig, runnerImport } from 'vite';
import { defineConfig } from 'vitest/config';
import { pagesOf } from './apps/cli/pages.ts';
import { siteData } from './apps/cli/site-data.ts';
import { vulkanEnvironment } from './apps/cli/vulkan.mjs';
import { elementDocumentation } from './apps/gallery/plugin.ts';
import { mathCards } from './apps/math/plugin.ts';
import { offline } from './apps/offline/plugin.ts';
import { sharedChunks } from './apps/shell/build/chunks.ts';
import { firstPaint } from './apps/shell/build/first-paint.ts';
import { labFolders } from './apps/shell/build/lab-folders.ts';
import { labs } from './apps/shell/build/lab-plugin.ts';
import { leanKernels } from './apps/shell/build/lean-kernels.ts';
import { shortenTemplates } from './apps/shell/build/short-templates.ts';
import { siteFrame } from './apps/shell/build/site-frame.ts';
import { stylesAsProperties } from './apps/shell/build/style-properties.ts';
import { wgsl } from './shaders/build/plugin.ts';
import { LongestFirst } from './tests/longest-first.ts';

const root = fileURLToPath(new URL('.', import.meta.url)).replace(/[\\/]$/, '');
/** The launcher's tools and the test runner take the plugin alone; a site's build or server also checks and writes types. */
const tool = process.env.CHALKGRAD_RUNNER === '1' || process.env.VITEST !== undefined;

// Workers of the test runner inherit this; without a GPU they find the software adapter of an installed Chromium.
Object.assign(process.env, vulkanEnvironment());

/** Every page of the site, by its path under apps/; those of the labs are made by their plugin. */
function pages(): Record<string, string> {
  const made = [...labFolders(root).keys()].map((id) => `labs/${id}/index.html`);
  const all = [...pagesOf(join(root, 'apps')), ...made];
  return Object.fromEntries(all.map((page) => [page.replace(/\.html$/, ''), join(root, 'apps', page)]));
}

/** Stops a build where a kernel definition disagrees with its shader; under the test runner a test does the same. */
async function checkKernels(): Promise<void> {
  const config: InlineConfig = { root, configFile: false, logLevel: 'error', plugins: [wgsl({ root })] };
  // Awaited inside the module: its runner closes as soon as the import is done.
  await runnerImport(join(root, 'apps/cli/check-kernels.main.ts'), config);
}

/** Pages may use SharedArrayBuffer and precise timers only when isolated from other origins. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  root: join(root, 'apps'),
  // Relative addresses: the built site works on any static host and in any folder of it.
  base: './',
  publicDir: join(root, 'apps/public'),
  cacheDir: join(root, 'node_modules/.vite'),
  plugins: [
    wgsl(tool ? { root } : { root, types: true, check: checkKernels }),
    leanKernels(root),
    stylesAsProperties(),
    shortenTemplates(),
    siteFrame(),
    labs({ root }),
    mathCards({ root }),
    elementDocumentation({ root }),
    offline(root),
    firstPaint(),
    siteData(root),
  ],
  // The search for packages to prepare reads files only, and these are made by the labs' plugin.
  optimizeDeps: { rolldownOptions: { external: [/labs\/[^/]+\/element\.ts$/] } },
  server: { host: '127.0.0.1', headers: isolation, fs: { allow: [root] } },
  preview: { host: '127.0.0.1', headers: isolation },
  build: {
    outDir: join(root, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // For the budget of each lab.
    manifest: true,
    // What a page needs first is named in its HTML; a worker and a module on another page have no document to name it in.
    modulePreload: { polyfill: false, resolveDependencies: (_file, needed, { hostType }) => (hostType === 'html' ? needed : []) },
    rollupOptions: {
      input: pages(),
      treeshake: {
        // What a lab does not use of the engine it does not load. One file registers itself: the tape adds gradients with it, and
        // apps/runtime/engine-device.ts asks for it. So do the kernels' references, where they are needed.
        moduleSideEffects: [
          { test: /^(?!.*(\/engine\/ops\/binary\.ts|[?]references)$).*\/(engine|shaders)\//, sideEffects: false },
        ],
      },
      // All scripts in one folder: apps/site-root.ts counts on it.
      output: {
        entryFileNames: (chunk) => `assets/${chunk.name.replaceAll('/', '-')}-[hash].js`,
        chunkFileNames: 'assets/[name]-[hash].js',
        codeSplitting: sharedChunks(labFolders(root), join(root, 'apps/labs/lab-worker.ts')),
      },
    },
  },
  test: {
    root,
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/browser/**'],
          // All cores: left alone, the runner keeps one to itself, which on a machine with two is half the time.
          maxWorkers: availableParallelism(),
        },
      },
      // Two browsers at a time: a page waits more than it computes, but on a machine without a GPU its WebGPU takes all cores.
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          globalSetup: 'tests/browser/global-setup.ts',
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
