/** Pictures under their maps, as the gallery's strips show them. */
import { scaleEnd } from '../../components/attribution-gallery/scale.ts';
import { type ImageBatch, imageRgba } from '../../components/shared/images.ts';
import { colorize } from '../../shell/colors.ts';

/** Share of a map's mass within its scale: single outliers shall not leave the rest pale. */
const KEPT = 0.98;

/**
 * Magnitudes over pictures, each map on a scale of its own: bright where it is strong, dark where it is weak, over the brightness of the
 * picture. In both themes the colours are those for dark ground, whose strong end shines.
 * @param opacity of the map
 * @param maps [n, h, w]; of another size than the pictures: each cell a rectangle
 */
export function overlaid(pictures: ImageBatch, maps: Float32Array, h: number, w: number, opacity: number): ImageBatch {
  const { width, height } = pictures;
  const count = Math.min(pictures.count, maps.length / (h * w));
  const data = new Uint8Array(count * height * width * 3);
  const colour = new Uint8ClampedArray(h * w * 4);
  for (let n = 0; n < count; n++) {
    const map = maps.subarray(n * h * w, (n + 1) * h * w).map(Math.abs);
    const limit = scaleEnd([{ values: map }], KEPT);
    colorize(map, 'sequential', limit, 'dark', colour);
    const rgba = imageRgba(pictures, n, 'light');
    for (let i = 0; i < width * height; i++) {
      const cell = Math.floor((Math.floor(i / width) * h) / height) * w + Math.floor(((i % width) * w) / width);
      const [r, g, b] = [0, 1, 2].map((c) => rgba[4 * i + c] as number) as [number, number, number];
      const grey = 0.299 * r + 0.587 * g + 0.114 * b;
      for (let c = 0; c < 3; c++) {
        data[(n * width * height + i) * 3 + c] = opacity * (colour[4 * cell + c] as number) + (1 - opacity) * grey;
      }
    }
  }
  return { data, count, width, height, channels: 3 };
}
