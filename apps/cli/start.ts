/** `npm start`: prepares the data and serves the site from its sources, or with `--built` from dist/. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer, preview } from 'vite';
import { prepareData } from './prepare.ts';
import { repositoryRoot } from './root.ts';

/**
 * Serves until interrupted.
 * @param args `--built` serves the built site; `--port N`; `--no-data`
 */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { built: { type: 'boolean', default: false }, port: { type: 'string' }, 'no-data': { type: 'boolean' } },
  });
  const { built } = values;
  const port = values.port === undefined ? undefined : Number(values.port || Number.NaN);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536))
    throw new Error(`--port ${values.port} is no port`);
  if (!values['no-data']) prepareData();
  delete process.env.CHALKGRAD_RUNNER;
  const configFile = join(repositoryRoot, 'vite.config.ts');
  const options = { port, strictPort: port !== undefined };
  const server = built ? await preview({ configFile, preview: options }) : await createServer({ configFile, server: options });
  if ('listen' in server) await server.listen();
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('the server did not open a port');
  console.log(`\n  Chalkgrad: ${url}\n  Stop with Ctrl+C.\n`);
  if (process.stdout.isTTY && process.stdin.isTTY && !process.env.CI && process.env.BROWSER !== 'none') openBrowser(url);
}

/** A convenience: where it fails, the address stands on the terminal. */
function openBrowser(url: string): void {
  const [command, ...args]: [string, ...string[]] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
