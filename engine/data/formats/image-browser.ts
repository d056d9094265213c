import { DataFormatError } from '../../errors.ts';
import { checkSize, type ImageDecoder, imageFormat, rgbaToRgb } from './image.ts';

/**
 * Decodes JPEG and PNG with the browser's own decoder, in a window or a worker. Colour profiles are not applied, so that a picture has
 * the same numbers on every screen.
 *
 * @throws DataFormatError when the browser cannot decode the file
 */
export const browserDecoder: ImageDecoder = async (bytes, file) => {
  const type = imageFormat(bytes);
  if (type === undefined) throw new DataFormatError(file, 0, 'a JPEG or PNG image');
  checkSize(bytes, file);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: `image/${type}` }), {
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
      // The default of today's browsers; earlier ones had another.
      imageOrientation: 'from-image',
    });
  } catch (error) {
    throw new DataFormatError(file, 0, `a complete ${type.toUpperCase()} image`, { cause: error });
  }
  const { width, height } = bitmap;
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new RangeError('no 2-D canvas of this size');
    context.drawImage(bitmap, 0, 0);
    return rgbaToRgb(context.getImageData(0, 0, width, height).data, width, height, file);
  } catch (error) {
    throw new DataFormatError(file, 0, `a picture small enough for a 2-D canvas, found ${width} × ${height}`, { cause: error });
  } finally {
    bitmap.close();
  }
};
