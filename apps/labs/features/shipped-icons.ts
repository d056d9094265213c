/** Icons that come with the lab (made by `icons.main.ts`): the first look at the building blocks of Tiny Darknet need not wait for them. */
import { imageDecoder } from '../../runtime/own-images.ts';
import type { IconSet } from './icon-file.ts';
import { shippedChannels, shippedColumns, shippedKey, shippedSide } from './shipped-channels.ts';

/** A square of a picture of many. */
function cut(sheet: Uint8Array, width: number, at: number): Uint8Array {
  const side = shippedSide;
  const [top, left] = [Math.floor(at / shippedColumns) * side, (at % shippedColumns) * side];
  const icon = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++)
    icon.set(sheet.subarray(((top + y) * width + left) * 3, ((top + y) * width + left + side) * 3), y * side * 3);
  return icon;
}

/** @returns undefined where none ship for this network, layer and recipe */
export async function shippedIcons(key: string): Promise<IconSet | undefined> {
  if (key !== shippedKey) return undefined;
  const { default: address } = await import('./icons.jpg?inline');
  const file = Uint8Array.from(atob(address.slice(address.indexOf(',') + 1)), (c) => c.charCodeAt(0));
  const { data, width } = await (await imageDecoder())(file, 'icons.jpg');
  const pixels = new Uint8Array(shippedChannels.length * shippedSide * shippedSide * 3);
  shippedChannels.forEach((_, at) => {
    pixels.set(cut(data, width, at), at * shippedSide * shippedSide * 3);
  });
  return { key, side: shippedSide, depth: 3, channels: Uint16Array.from(shippedChannels), pixels };
}
