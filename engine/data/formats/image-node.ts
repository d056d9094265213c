import { DataFormatError } from '../../errors.ts';
import { jpegOrientation, upright } from './exif.ts';
import { checkSize, type ImageDecoder, imageFormat, MOST_PIXELS, rgbaToRgb } from './image.ts';
import { decodePng } from './png.ts';

/**
 * Decodes JPEG (with the package jpeg-js) and PNG in plain JavaScript: for Node, tests, and wherever the same bits on every platform
 * matter more than speed. Browsers have `browserDecoder`.
 *
 * @throws DataFormatError when the file is damaged or of another format
 */
export const nodeDecoder: ImageDecoder = async (bytes, file) => {
  const format = imageFormat(bytes);
  if (format === 'png') return decodePng(bytes, file);
  if (format !== 'jpeg') throw new DataFormatError(file, 0, 'a JPEG or PNG image');
  checkSize(bytes, file);
  // Loaded when first needed, so that a page that never decodes a JPEG this way does not carry it.
  const { decode } = await import('jpeg-js');
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: true,
      tolerantDecoding: false,
      maxResolutionInMP: MOST_PIXELS / 1e6,
      // Coefficients and components beside the pixels.
      maxMemoryUsageInMB: 2048,
    });
    return upright(rgbaToRgb(data, width, height, file), jpegOrientation(bytes));
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw new DataFormatError(file, 0, `a complete JPEG image (${(error as Error).message})`, { cause: error });
  }
};
