/** Photographs that may not be passed on: neither the repository nor the built site holds one of them, in whatever container. */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { userPlaces } from '../../../apps/cli/data/folders.ts';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { isImageName } from '../../../engine/data/formats/image.ts';

/** Bytes from within a JPEG's compressed data: they stand in every file and pack that holds the picture as it is. */
const PIECE = 48;

const photographs = userPlaces(['photos']).flatMap(({ folder }) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(isImageName)
        .map((name) => join(folder, name))
    : [],
);

function* built(folder: string): Generator<string> {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* built(path);
    else yield path;
  }
}

function files(): string[] {
  const listed = existsSync(join(root, '.git'))
    ? execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
    : [];
  return [...listed.map((file) => join(root, file)).filter((file) => existsSync(file)), ...built(join(root, 'dist'))];
}

/** Texts hold a picture at most in base64, of which three bytes in a row begin anywhere. */
function pieces(bytes: Buffer): Buffer[] {
  const middle = Math.floor(bytes.length / 2);
  const piece = bytes.subarray(middle, middle + PIECE);
  const encoded = [0, 1, 2].map((shift) => Buffer.from(piece.subarray(shift, shift + 33).toString('base64')));
  return [piece, ...encoded];
}

it.skipIf(photographs.length === 0)('no local photograph is in the repository or in the built site', () => {
  const wanted = photographs.flatMap((path) => pieces(readFileSync(path)).map((piece) => ({ path, piece })));
  // What is looked for is found where it is: in the photographs themselves.
  for (const path of photographs) {
    expect(wanted.filter((one) => one.path === path).some(({ piece }) => readFileSync(path).includes(piece))).toBe(true);
  }
  const found: string[] = [];
  for (const file of files()) {
    if (/\.(ts|md|wgsl|css)$/.test(file)) continue;
    const bytes = readFileSync(file);
    for (const { path, piece } of wanted) if (bytes.includes(piece)) found.push(`${file}: ${path}`);
  }
  expect(found).toEqual([]);
});
