import { DataFormatError } from '../../errors.ts';
import { type ImageDecoder, imageFormat, rgbaToRgb } from './image.ts';

/**
 * Decodes JPEG and PNG with the browser's own decoder, in a window or a worker. Colour profiles are not applied, so that a picture has
 * the same numbers on every screen.
 *
 * @throws DataFormatError when the browser cannot decode the file
 */
export const browserDecoder: ImageDecoder = async (bytes, file) => {
  const type = imageFormat(bytes);
  if (type === undefined) throw new DataFormatError(file, 0, 'a JPEG or PNG image');
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: `image/${type}` }), {
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
    });
  } catch (error) {
    throw new DataFormatError(file, 0, `a complete ${type.toUpperCase()} image`, { cause: error });
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new DataFormatError(file, 0, 'a picture small enough for a 2-D canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return rgbaToRgb(context.getImageData(0, 0, width, height).data, width, height, file);
};
