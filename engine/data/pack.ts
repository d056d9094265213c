import { ChalkgradError, ConfigError, DataFormatError } from '../errors.ts';
import { isCount, isFiniteNumber, isRecord, parseJson } from '../json.ts';
import { type ImageDataset, type ImageSetInfo, imageDataset, imageSize } from './dataset.ts';
import { concatBytes, dataView, requireBytes } from './formats/bytes.ts';
import { gunzip, gzip } from './formats/gzip.ts';
import { decodeResiduals, encodeResiduals } from './residuals.ts';

/**
 * A pack is one split of an image set as one file, so that any static host can serve it from the site's own origin:
 *
 *   8 bytes   'CHALKPK1'
 *   4 bytes   length of the header, little-endian
 *   header    JSON, see PackHeader
 *   payload   labels, then images: as they are ('files') or compressed together with gzip ('pixels')
 *
 * 'pixels' packs hold bytes, N·H·W·C, as they are or as residuals (residuals.ts). 'files' packs hold N image files (JPEG or PNG, already compressed) one after another.
 */
const MAGIC = 'CHALKPK1';

/** What every pack says of itself. */
interface PackFacts {
  readonly name: string;
  readonly split: string;
  readonly count: number;
  readonly classNames: readonly string[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Where the images came from, in words. */
  readonly source: string;
}

/** Header of a pack of raw pixels. */
export interface PixelPackHeader extends PackFacts {
  readonly content: 'pixels';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** How the bytes are to be read: the pixels themselves, or their differences from a prediction. */
  readonly coding: 'plain' | 'residuals';
}

/** Header of a pack of image files. */
export interface FilePackHeader extends PackFacts {
  readonly content: 'files';
  /** Bytes of each file, in order. */
  readonly lengths: readonly number[];
}

/** Header of a pack. */
export type PackHeader = PixelPackHeader | FilePackHeader;

/** Labelled image files that have not been decoded. */
export interface ImageFiles {
  readonly header: FilePackHeader;
  readonly labels: Uint8Array;
  readonly files: readonly Uint8Array[];
}

function frame(header: PackHeader, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(12);
  head.set(new TextEncoder().encode(MAGIC));
  dataView(head).setUint32(8, json.length, true);
  return concatBytes([head, json, payload]);
}

/** Writes a pack of raw pixels. Equal data give equal bytes on one platform (its gzip decides). */
export async function writePixelPack(dataset: ImageDataset, source: string): Promise<Uint8Array<ArrayBuffer>> {
  const { name, split, count, height, width, channels, classNames, mean, std, labels, images } = dataset;
  // Prediction pays for photographs; drawings with even background compress better as they are.
  const coding = channels === 3 ? 'residuals' : 'plain';
  const header: PixelPackHeader = {
    content: 'pixels',
    name,
    split,
    count,
    height,
    width,
    channels,
    coding,
    classNames,
    mean,
    std,
    source,
  };
  const coded = coding === 'residuals' ? encodeResiduals(images, dataset) : images;
  return frame(header, await gzip(concatBytes([labels, coded])));
}

/**
 * Writes a pack of image files.
 *
 * @throws ConfigError when there is not one label for each file
 */
export function writeFilePack(
  info: Omit<FilePackHeader, 'content' | 'count' | 'lengths'>,
  files: readonly Uint8Array[],
  labels: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (files.length !== labels.length) throw new ConfigError('labels', `must be one for each of ${files.length} files`);
  const lengths = files.map((file) => file.length);
  return frame({ content: 'files', ...info, count: files.length, lengths }, concatBytes([labels, ...files]));
}

const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isFiniteNumber);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((v) => typeof v === 'string');

function isHeader(value: unknown): value is PackHeader {
  if (!isRecord(value)) return false;
  const h = value;
  const facts =
    typeof h.name === 'string' &&
    typeof h.split === 'string' &&
    typeof h.source === 'string' &&
    isCount(h.count) &&
    isTexts(h.classNames) &&
    isNumbers(h.mean) &&
    isNumbers(h.std);
  if (!facts) return false;
  if (h.content === 'files') return Array.isArray(h.lengths) && h.lengths.length === h.count && h.lengths.every(isCount);
  const coded = h.coding === 'plain' || h.coding === 'residuals';
  return h.content === 'pixels' && coded && isCount(h.height) && isCount(h.width) && isCount(h.channels);
}

/** Reads a pack's header and says where its payload starts. */
function readFrame(bytes: Uint8Array, file: string): { header: PackHeader; start: number } {
  requireBytes(bytes, 12, file, 'the start of a pack');
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) throw new DataFormatError(file, 0, `a pack ('${MAGIC}')`);
  const length = dataView(bytes).getUint32(8, true);
  requireBytes(bytes, 12 + length, file, `a header of ${length} bytes`);
  const text = new TextDecoder().decode(bytes.subarray(12, 12 + length));
  const header = parseJson(text, file, 12, 'a header of JSON');
  if (!isHeader(header)) throw new DataFormatError(file, 12, 'the header of a pack of pixels or files');
  return { header, start: 12 + length };
}

/**
 * Reads a pack of raw pixels.
 *
 * @param bytes the whole file
 * @param file its name, for messages
 * @throws DataFormatError when it is no such pack, is damaged or cut short
 */
export async function readPixelPack(bytes: Uint8Array, file: string): Promise<ImageDataset> {
  const { header, start } = readFrame(bytes, file);
  if (header.content !== 'pixels') throw new DataFormatError(file, 12, "a pack of 'pixels', found one of 'files'");
  const info: ImageSetInfo = header;
  const expected = header.count * (1 + imageSize(info));
  const payload = await gunzip(bytes.subarray(start), file, expected, start);
  if (payload.length !== expected) {
    throw new DataFormatError(file, start, `${expected} bytes of uncompressed labels and images, found ${payload.length}`);
  }
  if (header.coding === 'residuals') decodeResiduals(payload.subarray(header.count), header);
  try {
    return imageDataset(info, payload.subarray(header.count), payload.subarray(0, header.count));
  } catch (error) {
    if (!(error instanceof ChalkgradError)) throw error;
    throw new DataFormatError(file, start, `labels and constants that fit the header (${error.message})`, { cause: error });
  }
}

/** Reads a pack of image files without decoding them. Errors as `readPixelPack`. */
export function readFilePack(bytes: Uint8Array, file: string): ImageFiles {
  const { header, start } = readFrame(bytes, file);
  if (header.content !== 'files') throw new DataFormatError(file, 12, "a pack of 'files', found one of 'pixels'");
  requireBytes(bytes, start + header.count, file, `${header.count} labels`);
  let offset = start + header.count;
  const files = header.lengths.map((length) => {
    requireBytes(bytes, offset + length, file, 'all image files');
    offset += length;
    return bytes.subarray(offset - length, offset);
  });
  if (offset !== bytes.length)
    throw new DataFormatError(file, offset, `the end of the pack, found ${bytes.length - offset} more bytes`);
  return { header, labels: bytes.subarray(start, start + header.count), files };
}

/** Content of a pack, told from its header. */
export function packContent(bytes: Uint8Array, file: string): 'pixels' | 'files' {
  return readFrame(bytes, file).header.content;
}
