/** A reader's own list of layers as it comes out of a link: checked for its form here, for its meaning by the engine. */

const MOST_LAYERS = 100;

/** @throws Error unless the value is a list of objects with a type */
export function parseLayers(value: unknown): readonly object[] {
  if (!Array.isArray(value) || value.length > MOST_LAYERS) throw new Error(`must be a list of at most ${MOST_LAYERS} layers`);
  for (const [index, layer] of value.entries()) {
    if (typeof layer !== 'object' || layer === null || typeof (layer as { type?: unknown }).type !== 'string') {
      throw new Error(`layer ${index} must be an object with a 'type'`);
    }
  }
  return value as readonly object[];
}
