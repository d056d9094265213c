/** Tells how much of a file has come: bytes, and how many there will be where that is known. */
export type ByteProgress = (loaded: number, total: number | undefined) => void;

/** How to follow and stop a reading. */
export interface ReadOptions {
  readonly onProgress?: ByteProgress;
  readonly signal?: AbortSignal;
}

/** A place that files are read from by relative path. The same loading code runs on a web page, in a worker and in Node. */
export interface DataSource {
  /** The bytes of a file, or undefined where there is no such file. Other failures reject. */
  read(path: string, options?: ReadOptions): Promise<Uint8Array | undefined>;
}

/** Joins the pieces of a response, reporting progress. */
async function collect(response: Response, onProgress: ByteProgress | undefined): Promise<Uint8Array> {
  const length = Number(response.headers.get('content-length'));
  // A compressed transfer announces its compressed length, which says nothing about the bytes that arrive here.
  const encoded = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  const total = Number.isSafeInteger(length) && length > 0 && !encoded ? length : undefined;
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  let out = new Uint8Array(total ?? 1 << 20);
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > out.length) {
      const larger = new Uint8Array(Math.max(2 * out.length, loaded + value.length));
      larger.set(out.subarray(0, loaded));
      out = larger;
    }
    out.set(value, loaded);
    loaded += value.length;
    onProgress?.(loaded, total);
  }
  return loaded === out.length ? out : out.slice(0, loaded);
}

/**
 * Files over HTTP, relative to a base address: on the site `new URL('data/packs/', document.baseURI)` or what the bundler makes of it.
 * A page that a server sends in place of a missing file counts as missing.
 *
 * @param base absolute address of the folder, with a slash at its end
 */
export function httpSource(base: string | URL): DataSource {
  return {
    async read(path, { onProgress, signal } = {}) {
      const response = await fetch(new URL(path, base), signal ? { signal } : {});
      const isPage = (response.headers.get('content-type') ?? '').startsWith('text/html');
      if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
        await response.body?.cancel();
        return undefined;
      }
      if (!response.ok) throw new Error(`${response.url}: the server answered ${response.status} ${response.statusText}`);
      return collect(response, onProgress);
    },
  };
}

/** A source that remembers what it read, so that labs on one page share a download. Failed and missing reads are tried again. */
export function cachedSource(source: DataSource): DataSource {
  const kept = new Map<string, Promise<Uint8Array | undefined>>();
  return {
    read(path, options) {
      const known = kept.get(path);
      if (known) return known;
      const reading = source.read(path, options);
      kept.set(path, reading);
      const forget = (): void => {
        kept.delete(path);
      };
      reading.then((bytes) => {
        if (bytes === undefined) forget();
      }, forget);
      return reading;
    },
  };
}
