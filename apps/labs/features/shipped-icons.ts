/** Icons that come with the lab, made by `npm run lab` from Tiny Darknet: the first look at its building blocks need not wait. */
import type { IconSet } from './icon-file.ts';

/** Undefined where none ship. */
export async function shippedIcons(): Promise<IconSet | undefined> {
  return undefined;
}
