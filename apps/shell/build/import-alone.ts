/** Imports a TypeScript module while a site is being built: what it exports is needed by the build itself. */
import { type InlineConfig, runnerImport } from 'vite';

/** One at a time, whoever asks: each import starts a module runner of its own, and many at once time out on a small machine. */
let importing: Promise<unknown> = Promise.resolve();

/** @param root of the repository */
export function importAlone<T>(file: string, root: string): ReturnType<typeof runnerImport<T>> {
  const config: InlineConfig = { root, configFile: false, logLevel: 'error' };
  const next = importing.then(() => runnerImport<T>(file, config));
  importing = next.catch(() => undefined);
  return next;
}
