import { gunzip, gunzipStream, gzip } from '../../engine/data/formats/gzip.ts';
import { browserDecoder } from '../../engine/data/formats/image-browser.ts';
import { nodeDecoder } from '../../engine/data/formats/image-node.ts';
import { streamOf } from '../../engine/data/formats/tar.ts';

/** Runs in a page: the readers there, on what the test sends. */

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

export interface Decoded {
  readonly width: number;
  readonly height: number;
  /** Largest difference between the two decoders, in levels of 255; −1 where the sizes differ. */
  readonly apart: number;
  readonly first: readonly number[];
}

/** Decodes pictures by the browser and by plain code. */
export async function decodeBoth(files: readonly { name: string; base64: string }[]): Promise<Record<string, Decoded>> {
  const out: Record<string, Decoded> = {};
  for (const { name, base64 } of files) {
    const [a, b] = [await browserDecoder(bytesOf(base64), name), await nodeDecoder(bytesOf(base64), name)];
    const same = a.width === b.width && a.height === b.height;
    const apart = same ? a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.data[i] as number))), 0) : -1;
    out[name] = { width: a.width, height: a.height, apart, first: [...a.data.subarray(0, 3)] };
  }
  return out;
}

/** What a decoder says of damaged or absurd files: name of the error, or how many pixels came out. */
export async function decodeDamaged(files: readonly string[]): Promise<string[]> {
  const results = files.map((base64) =>
    browserDecoder(bytesOf(base64), 'x').then(
      ({ data }) => `${data.length} bytes`,
      (error: Error) => error.name,
    ),
  );
  return Promise.all(results);
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Several gzip members, and zeros behind, whole and as a stream. */
export async function gzipMembers(): Promise<Record<string, string>> {
  const [a, b] = [await gzip(new Uint8Array(1000).fill(1)), await gzip(new Uint8Array(500).fill(2))];
  const say = (work: Promise<number>): Promise<string> => work.then(String, (error: Error) => error.name);
  const whole = (bytes: Uint8Array) => say(gunzip(bytes, 'x').then((out) => out.length));
  const streamed = async (bytes: Uint8Array): Promise<number> => {
    let length = 0;
    for await (const part of gunzipStream(streamOf(bytes, 7), 'x')) length += part.length;
    return length;
  };
  return {
    'two members': await whole(joined(a, b)),
    'two members in pieces': await say(streamed(joined(a, b))),
    'zeros behind': await whole(joined(a, new Uint8Array(512))),
    'zeros behind in pieces': await say(streamed(joined(a, b, new Uint8Array(512)))),
    'text behind': await whole(joined(a, Uint8Array.of(120, 121))),
    cut: await whole(joined(a, b).subarray(0, a.length + b.length - 3)),
  };
}
