/** One server of the sources for all browser tests: what a page has loaded once is not translated again for the next file. */
import { type Served, serveSources } from './serve.ts';

let served: Served | undefined;

export async function setup(): Promise<void> {
  served = await serveSources();
  // Inherited by the processes of the test files; see page-runner.ts.
  process.env.CHALKGRAD_SOURCES = served.origin;
}

export async function teardown(): Promise<void> {
  await served?.close();
}
