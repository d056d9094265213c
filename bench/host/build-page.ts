/** Builds the benchmark's page with Vite and serves it, with the peers' WebAssembly files beside it. */
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { wgsl } from '../../shaders/build/plugin.ts';
import { type Served, serveFolder } from '../../tests/browser/serve.ts';
import { benchRoot } from './peers.ts';

export async function serveBenchPage(versions: Record<string, string>): Promise<Served> {
  const outDir = join(benchRoot, 'dist');
  await build({
    root: join(benchRoot, 'page'),
    configFile: false,
    logLevel: 'error',
    // The runner that started this process set a development environment.
    mode: 'production',
    define: { __PEER_VERSIONS__: JSON.stringify(versions), 'process.env.NODE_ENV': '"production"' },
    plugins: [wgsl({ root: repositoryRoot })],
    // No minification: tfjs's WebAssembly threads are started from the text of a function, which must stay what it was.
    build: {
      outDir,
      emptyOutDir: true,
      target: 'esnext',
      minify: false,
      chunkSizeWarningLimit: 20_000,
      reportCompressedSize: false,
    },
  });
  // A link instead of a copy: the WebAssembly files of the peers are some 60 MB.
  if (!existsSync(join(outDir, 'peers'))) symlinkSync(join(benchRoot, 'node_modules'), join(outDir, 'peers'), 'junction');
  return serveFolder(outDir);
}
