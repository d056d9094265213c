/** Downloads that resume where they stopped and prove what they brought. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Reporter } from './report.ts';

/** How long a server may keep silent before it is given up. */
const SILENCE_MS = 15_000;

/** SHA-256 of bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file of any size. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

/** The reason of a failure in one line; fetch hides it in the cause. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error ? (cause.message ?? '') : '';
  return inner && inner !== message ? `${message} (${inner})` : message;
}

/** Fetches what is missing of `part` from one address. */
async function fetchInto(part: string, url: string, reporter: Reporter): Promise<void> {
  const have = await sizeOf(part);
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error(`no answer within ${SILENCE_MS / 1000} s`)), SILENCE_MS);
  try {
    const response = await fetch(url, { signal: abort.signal, headers: have > 0 ? { Range: `bytes=${have}-` } : {} });
    // 416: nothing is left after what is here. 200: the server does not resume, so start over.
    if (response.status === 416) return;
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    const resumed = response.status === 206;
    const rest = Number(response.headers.get('content-length')) || undefined;
    let done = resumed ? have : 0;
    const total = rest === undefined ? undefined : rest + done;
    const file = await open(part, resumed ? 'a' : 'w');
    try {
      for await (const piece of response.body) {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(new Error(`silence for ${SILENCE_MS / 1000} s`)), SILENCE_MS);
        await file.write(piece);
        done += piece.length;
        reporter.progress(basename(part, '.part'), done, total);
      }
    } finally {
      await file.close();
    }
    if (total !== undefined && done < total) throw new Error(`the connection closed after ${done} of ${total} bytes`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Downloads a file, trying addresses in order and resuming what an earlier attempt left.
 *
 * @param path where the file goes; while incomplete it is called path.part
 * @param urls addresses of the same file
 * @param expected its SHA-256 in hexadecimal, or null where none is published
 * @throws Error with the reason of the last failure
 */
export async function download(
  path: string,
  urls: readonly string[],
  expected: string | null,
  reporter: Reporter,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  let failure: Error | undefined;
  for (const url of urls) {
    // The second attempt starts from nothing: a wrong sum can come from joining two different files.
    for (const attempt of [0, 1]) {
      try {
        const resumed = (await sizeOf(part)) > 0;
        await fetchInto(part, url, reporter);
        if (expected === null || (await sha256OfFile(part)) === expected) {
          await rename(part, path);
          return;
        }
        await rm(part, { force: true });
        failure = new Error(`${url}: the SHA-256 is not ${expected}`);
        if (!resumed) break;
      } catch (error) {
        failure = new Error(`${url}: ${reasonOf(error)}`, { cause: error });
        if (attempt === 1 || (await sizeOf(part)) === 0) break;
      }
    }
  }
  throw failure ?? new Error('no address is known');
}
