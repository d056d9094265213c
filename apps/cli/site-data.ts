/**
 * The data packs of the site. They lie in the git-ignored `data/packs/` of the repository and are served, and copied into the
 * built site, as `data/packs/`, so that every page reads them from its own origin. What is below `local/` there stays on this machine.
 */
import { cpSync, createReadStream, existsSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { Plugin } from 'vite';

const PACKS = 'data/packs';
/** Packs that may not be passed on: the development server shows them, the built site has none of them. */
const LOCAL = `${PACKS}/local`;

/** @param root of the repository */
export function siteData(root: string): Plugin {
  const folder = join(root, PACKS);
  let outDir: string | undefined;
  return {
    name: 'chalkgrad:site-data',
    configResolved(config) {
      // Vite resolves a configuration for a root that does not exist where it only wants the plugins.
      outDir = config.command === 'build' && existsSync(config.root) ? config.build.outDir : undefined;
    },
    configureServer(server) {
      server.middlewares.use(`/${PACKS}/`, (request, response) => {
        const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname));
        const file = join(folder, path);
        if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
          response.statusCode = 404;
          response.end(`${PACKS}${path} is missing: run \`npm run data\``);
          return;
        }
        response.setHeader('Content-Type', file.endsWith('.json') ? 'application/json' : 'application/octet-stream');
        response.setHeader('Content-Length', statSync(file).size);
        for (const [name, value] of Object.entries(server.config.server.headers ?? {})) response.setHeader(name, String(value));
        createReadStream(file).pipe(response);
      });
    },
    closeBundle() {
      if (outDir === undefined || this.environment?.config.consumer === 'server' || !existsSync(folder)) return;
      const local = join(root, LOCAL);
      cpSync(folder, join(outDir, PACKS), { recursive: true, filter: (source) => !source.startsWith(local) });
    },
  };
}
