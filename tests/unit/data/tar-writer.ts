/** A file for `tarOf`; the style tells where a name of more than 100 bytes goes. */
export interface TarFile {
  readonly name: string;
  readonly data: Uint8Array;
  readonly type?: string;
  readonly style?: 'gnu' | 'pax' | 'ustar';
}

function header(name: string, prefix: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name.slice(0, 100), 0);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  block.write(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function entry(name: string, prefix: string, data: Uint8Array, type: string): Buffer {
  return Buffer.concat([header(name, prefix, data.length, type), data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

/** The record of a pax header, whose length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const body = ` ${key}=${value}\n`;
  let length = body.length;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.from(`${length}${body}`);
}

/** A tar archive of the given files. */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const parts = files.flatMap(({ name, data, type = '0', style }) => {
    if (style === 'gnu') return [entry('././@LongLink', '', Buffer.from(`${name}\0`), 'L'), entry(name, '', data, type)];
    if (style === 'pax') return [entry('PaxHeader', '', paxRecord('path', name), 'x'), entry('short', '', data, type)];
    if (style === 'ustar') {
      const cut = name.indexOf('/');
      return [entry(name.slice(cut + 1), name.slice(0, cut), data, type)];
    }
    return [entry(name, '', data, type)];
  });
  return new Uint8Array(Buffer.concat([...parts, Buffer.alloc(1024)]));
}

/** An entry whose header is written field by field, right or wrong. */
export interface RawTarEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly type?: string;
  readonly magic?: string;
  /** The twelve bytes of the size field, one a character; the size of the data when left out. */
  readonly size?: string;
  readonly at345?: string;
  readonly at508?: string;
  /** Writes the checksum of old archivers, which summed signed bytes. */
  readonly signed?: boolean;
}

/** A tar archive of headers as they are given. */
export function rawTarOf(entries: readonly RawTarEntry[]): Uint8Array {
  const parts = entries.flatMap(({ name, data, type = '0', magic = 'ustar\x0000', size, at345 = '', at508 = '', signed }) => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write('0000644\0', 100);
    block.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
    block.write('        ', 148);
    block.write(type, 156, 'latin1');
    block.write(magic, 257, 'latin1');
    block.write(at345, 345, 'latin1');
    block.write(at508, 508, 'latin1');
    const sum = block.reduce((total, byte) => total + (signed && byte > 127 ? byte - 256 : byte), 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [block, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return new Uint8Array(Buffer.concat([...parts, Buffer.alloc(1024)]));
}
