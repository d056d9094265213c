import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { download } from '../../../apps/cli/data/download.ts';
import { silent } from '../../../apps/cli/data/report.ts';
import { noise } from './noise.ts';

const BODY = noise(300_000, 1);
const SUM = createHash('sha256').update(BODY).digest('hex');

let folder: string;
let path: string;
let server: Server;
let base: string;
/** The Range header of each request. */
let ranges: (string | undefined)[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** Sends what is asked for, or with 'whole' everything. */
function serve(request: IncomingMessage, response: ServerResponse, whole = false): void {
  const start = whole ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= BODY.length) response.writeHead(416).end();
  else response.writeHead(start > 0 ? 206 : 200, { 'content-length': BODY.length - start }).end(BODY.subarray(start));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chalkgrad-'));
  path = join(folder, 'deep', 'file.bin');
  ranges = [];
  answer = (request, response) => serve(request, response);
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

/** Cuts the connection in the middle of the body. */
function cut(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-length': BODY.length });
  response.write(BODY.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
}

it('downloads, reporting progress, and leaves no part behind', async () => {
  const steps: [number, number | undefined][] = [];
  await download(path, [base], SUM, { say: () => {}, progress: (_, done, total) => steps.push([done, total]) });
  expect((await readFile(path)).equals(BODY)).toBe(true);
  expect(steps.at(-1)).toEqual([BODY.length, BODY.length]);
  expect(existsSync(`${path}.part`)).toBe(false);
});

it('resumes after a cut connection', async () => {
  answer = (request, response) => (ranges.length === 1 ? cut(request, response) : serve(request, response));
  await download(path, [base], SUM, silent);
  expect((await readFile(path)).equals(BODY)).toBe(true);
  expect(ranges).toEqual([undefined, 'bytes=100000-']);
});

it('resumes what an earlier command left, or starts over where the server does not resume', async () => {
  await download(join(folder, 'other'), [base], SUM, silent);
  const part = join(folder, 'file.bin.part');
  await writeFile(part, BODY.subarray(0, 250_000));
  await download(join(folder, 'file.bin'), [base], SUM, silent);
  expect(ranges.at(-1)).toBe('bytes=250000-');
  expect((await readFile(join(folder, 'file.bin'))).equals(BODY)).toBe(true);
  await writeFile(`${path.replace('/deep', '')}2.part`, BODY.subarray(0, 10));
  answer = (request, response) => serve(request, response, true);
  await download(`${path.replace('/deep', '')}2`, [base], SUM, silent);
  expect((await readFile(`${path.replace('/deep', '')}2`)).equals(BODY)).toBe(true);
});

it('starts anew when the resumed file is another one', async () => {
  const target = join(folder, 'file.bin');
  await writeFile(`${target}.part`, noise(1000, 99));
  await download(target, [base], SUM, silent);
  expect((await readFile(target)).equals(BODY)).toBe(true);
  expect(ranges).toEqual(['bytes=1000-', undefined]);
});

it('goes to the next address when one fails', async () => {
  answer = (request, response) => (request.url === '/gone' ? response.writeHead(404).end() : serve(request, response));
  await download(path, [`${base}/gone`, `${base}/here`], SUM, silent);
  expect((await readFile(path)).equals(BODY)).toBe(true);
});

it('refuses what has another sum and says why nothing came', async () => {
  await expect(download(path, [base], '0'.repeat(64), silent)).rejects.toThrow(`${base}: the SHA-256 is not 000`);
  expect(existsSync(path)).toBe(false);
  answer = (_, response) => response.writeHead(503, 'Busy').end();
  await expect(download(path, [base], SUM, silent)).rejects.toThrow('the server answered 503 Busy');
  server.close();
  server.closeAllConnections();
  await expect(download(path, [base], SUM, silent)).rejects.toThrow(/ECONNREFUSED/);
});
