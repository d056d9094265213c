import { crc32 } from 'node:zlib';

/** Numbers that lengths and counts go wrong with. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Damages a file in one to four places: bits, bytes, numbers, pieces that are cut, doubled or moved. */
export function mutate(file: Uint8Array, uniform: () => number): Uint8Array {
  const below = (n: number): number => Math.floor(uniform() * n);
  let out = Buffer.from(file);
  for (let times = 1 + below(4); times > 0; times--) {
    // Headers are where the lengths are.
    const at = uniform() < 0.5 ? below(Math.min(out.length, 64)) : below(out.length);
    const piece = out.subarray(at, at + 1 + below(40));
    const kind = below(8);
    if (out.length === 0) break;
    if (kind === 0) out[at] = (out[at] as number) ^ (1 << below(8));
    else if (kind === 1) out[at] = below(256);
    else if (kind === 2 && at + 4 <= out.length)
      out[below(2) ? 'writeUInt32LE' : 'writeUInt32BE'](EXTREMES[below(EXTREMES.length)] as number, at);
    else if (kind === 3 && at + 2 <= out.length) out[below(2) ? 'writeUInt16LE' : 'writeUInt16BE'](below(65536), at);
    else if (kind === 4) out = Buffer.from(out.subarray(0, at));
    else if (kind === 5) out = Buffer.concat([out.subarray(0, at), out.subarray(at + piece.length)]);
    else if (kind === 6) out = Buffer.concat([out.subarray(0, at), piece, out.subarray(at)]);
    else out.set(piece, Math.min(below(out.length), out.length - piece.length));
  }
  return new Uint8Array(out);
}

/** Other characters in a text: digits, signs of the format, names that objects have. */
export function mutateText(text: string, uniform: () => number): string {
  const below = (n: number): number => Math.floor(uniform() * n);
  const tokens = [
    '0',
    '-1',
    '1e99',
    'null',
    'true',
    '""',
    '[]',
    '{}',
    '"__proto__"',
    '"constructor"',
    ',',
    ':',
    '"',
    '\\',
    '\n',
    '9007199254740993',
    '\ud800',
  ];
  let out = text;
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(out.length + 1);
    const length = below(8);
    // A whole value more often than a character, so that most texts still parse.
    const value = [...out.matchAll(/-?\d+(\.\d+)?|"[^"]*"/g)];
    const found = value[below(value.length)];
    const token = tokens[below(tokens.length)] as string;
    if (found && uniform() < 0.7) out = out.slice(0, found.index) + token + out.slice(found.index + found[0].length);
    else out = out.slice(0, at) + (below(2) ? token : '') + out.slice(at + length);
  }
  return out;
}

/** Writes the right checksums into the chunks of a damaged PNG file, so that its content is read at all. */
export function mendPng(file: Uint8Array): Uint8Array {
  const out = Buffer.from(file);
  for (let at = 8; at + 12 <= out.length; ) {
    const length = out.readUInt32BE(at);
    if (at + 12 + length > out.length) break;
    out.writeUInt32BE(crc32(out.subarray(at + 4, at + 8 + length)), at + 8 + length);
    at += 12 + length;
  }
  return new Uint8Array(out);
}

/** Writes the right checksums into the headers of a damaged tar archive. */
export function mendTar(file: Uint8Array): Uint8Array {
  const out = Buffer.from(file);
  for (let at = 0; at + 512 <= out.length; at += 512) {
    const block = out.subarray(at, at + 512);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(32, 148, 156);
    block.write(
      `${block
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
  }
  return new Uint8Array(out);
}
