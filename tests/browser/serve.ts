/** Servers on 127.0.0.1 for the browser tests, with the headers that isolate a page from other origins. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createServer as createViteServer } from 'vite';
import { repositoryRoot } from '../../apps/cli/root.ts';

export interface Served {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly origin: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

export const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export interface FolderOptions {
  /** Of every answer, instead of those that isolate a page. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Pages beside the folder, by path: what a course has around a lab. Headers are theirs alone. */
  readonly pages?: ReadonlyMap<string, { readonly html: string; readonly headers?: Readonly<Record<string, string>> }>;
  /** Text is sent compressed, as a static host does where the browser takes it. */
  readonly compress?: boolean;
  /** Changes a file as it is sent; undefined: as it is. */
  readonly edit?: (path: string, text: () => string) => string | undefined;
}

/**
 * Serves a folder as a plain static host does: no rewriting.
 * @param folder absolute path
 * @param under path prefix, for a site that lies in a folder of a host, such as `/course/`
 */
export async function serveFolder(folder: string, under = '/', options: FolderOptions = {}): Promise<Served> {
  const { headers = ISOLATION, pages, edit, compress } = options;
  const compressed = new Map<string, Buffer>();
  const server = createHttpServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    const page = pages?.get(path);
    if (page) {
      response.writeHead(200, { ...headers, ...page.headers, 'Content-Type': 'text/html; charset=utf-8' }).end(page.html);
      return;
    }
    const inside = path.startsWith(under) ? normalize(path.slice(under.length)) : '..';
    let file = join(folder, inside);
    if (!inside.startsWith('..') && existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
    if (inside.startsWith('..') || !existsSync(file)) {
      response.writeHead(404, headers).end('not found');
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    const edited = edit?.(inside, () => readFileSync(file, 'utf8'));
    if (edited !== undefined) {
      response.writeHead(200, { ...headers, 'Content-Type': type }).end(edited);
      return;
    }
    if (compress && /^text|javascript|json|svg/.test(type)) {
      const body = compressed.get(file) ?? gzipSync(readFileSync(file));
      compressed.set(file, body);
      response
        .writeHead(200, { ...headers, 'Content-Type': type, 'Content-Encoding': 'gzip', 'Content-Length': body.length })
        .end(body);
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': statSync(file).size });
    createReadStream(file).pipe(response);
  });
  const origin = await listen(server);
  return {
    origin: origin + under.replace(/\/$/, ''),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

/** Address path of the empty page in which `runInPage` imports modules. */
export const EMPTY_PAGE = '/__empty';

/** What the empty page offers. It lives in the page, as the test runner rewrites `import()` in code that a test sends there. */
const EMPTY_HTML = `<!doctype html><html lang="en"><title>tests</title><link rel="icon" href="data:,"><body><script type="module">
globalThis.callExport = async (address, name, args) => {
  try {
    const called = (await import(address))[name];
    if (typeof called !== 'function') return { ok: false, message: "no function '" + name + "' is exported" };
    return { ok: true, json: JSON.stringify(await called(...JSON.parse(args))) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};
</script></body></html>`;

/** Serves the sources through Vite, so that a page can import any TypeScript module of the repository. */
export async function serveSources(): Promise<Served> {
  const server = await createViteServer({
    root: join(repositoryRoot, 'apps'),
    configFile: join(repositoryRoot, 'vite.config.ts'),
    logLevel: 'error',
    // Not the cache of a development server, which bundles other dependencies.
    cacheDir: join(repositoryRoot, 'node_modules/.vite-tests'),
    // A dependency found late would be bundled then and reload the page in the middle of a test.
    optimizeDeps: { noDiscovery: true, include: ['jpeg-js'] },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    plugins: [
      {
        name: 'chalkgrad:empty-page',
        configureServer(vite) {
          vite.middlewares.use(EMPTY_PAGE, (_request, response) => {
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value);
            response.end(EMPTY_HTML);
          });
        },
      },
    ],
  });
  await server.listen();
  const address = server.httpServer?.address();
  if (!address || typeof address === 'string') throw new Error('the development server did not open a port');
  return { origin: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}
