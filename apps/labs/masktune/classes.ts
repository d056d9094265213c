/** The two classes, their groups, and for which of them the square speaks. */
export const CLASSES = ['0–4', '5–9'] as const;

/** Class and cue of a sample: 2 · class + (it has the cue). */
export const GROUPS = ['0–4, no square', '0–4, square', '5–9, no square', '5–9, square'] as const;

/** The class of which a larger share carries the square in training; 0–4, as published, where the shares are equal. */
export const carrierOf = ({ mix0, mix1 }: { readonly mix0: number; readonly mix1: number }): 0 | 1 => (mix1 > mix0 ? 1 : 0);
