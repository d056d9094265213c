/** Colours for canvas drawing: the same tokens as numbers, and the colour maps as functions. */
import { type ColorName, categorical, colors, diverging, sequential, type Theme } from './tokens.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/** The colours of a theme by name, for 2-D canvases. */
export type Palette = Readonly<Record<ColorName, string>> & {
  readonly categories: readonly string[];
};

const palettes = new Map<Theme, Palette>();

/** Every named colour of a theme as a CSS colour, and the ten categories. */
export function palette(theme: Theme): Palette {
  let known = palettes.get(theme);
  if (!known) {
    const index = theme === 'dark' ? 1 : 0;
    const named = Object.fromEntries(Object.entries(colors).map(([name, pair]) => [name, pair[index]]));
    known = {
      ...named,
      categories: categorical.map((pair) => pair[index]),
    } as unknown as Palette;
    palettes.set(theme, known);
  }
  return known;
}

/**
 * The theme an element is shown in: its computed `color-scheme`; the system's where that allows both, light where it says nothing.
 * Needs a document.
 */
export function themeOf(element: Element): Theme {
  const scheme = getComputedStyle(element).colorScheme;
  const dark = scheme.includes('dark');
  if (dark && scheme.includes('light')) return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  return dark ? 'dark' : 'light';
}

/**
 * Calls back when the theme changes: the system's, or a `theme` attribute on the document or on an ancestor element that the
 * site's switch announces with a `chalk-theme` event on the document.
 * @returns a function that ends the observation
 */
export function onThemeChange(callback: () => void): () => void {
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', callback);
  document.addEventListener('chalk-theme', callback);
  return () => {
    media.removeEventListener('change', callback);
    document.removeEventListener('chalk-theme', callback);
  };
}

/** `#rrggbb` as three bytes. */
export function parseHex(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const tables = new Map<string, Uint8ClampedArray>();
const SIZE = 256;

/** 256 RGB entries between evenly spaced stops, linear in sRGB. */
function table(key: string, stops: readonly string[]): Uint8ClampedArray {
  let entries = tables.get(key);
  if (!entries) {
    entries = new Uint8ClampedArray(SIZE * 3);
    const parsed = stops.map(parseHex);
    for (let i = 0; i < SIZE; i++) {
      const t = (i / (SIZE - 1)) * (stops.length - 1);
      const k = Math.min(Math.floor(t), stops.length - 2);
      for (let c = 0; c < 3; c++) {
        const a = parsed[k]?.[c] ?? 0;
        const b = parsed[k + 1]?.[c] ?? 0;
        entries[i * 3 + c] = a + (b - a) * (t - k);
      }
    }
    tables.set(key, entries);
  }
  return entries;
}

export type ColorMap = 'diverging' | 'sequential' | 'gray';

/**
 * Colours `values` into RGBA bytes. NaN and infinity get the loud colour.
 * @param values any length n
 * @param limit diverging: ±limit are the ends; sequential and gray: 0 … limit
 * @param out 4n bytes, written in full
 */
export function colorize(values: ArrayLike<number>, map: ColorMap, limit: number, theme: Theme, out: Uint8ClampedArray): void {
  const loud = parseHex(palette(theme).nonfinite);
  const entries =
    map === 'gray'
      ? table('gray', ['#000000', '#ffffff'])
      : table(`${map}-${theme}`, map === 'diverging' ? diverging[theme] : sequential[theme]);
  const scale = limit > 0 ? 1 / limit : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const at = i * 4;
    if (!Number.isFinite(value)) {
      out[at] = loud[0];
      out[at + 1] = loud[1];
      out[at + 2] = loud[2];
    } else {
      const t = map === 'diverging' ? (value * scale + 1) / 2 : value * scale;
      const index = Math.round(Math.min(1, Math.max(0, t)) * (SIZE - 1)) * 3;
      out[at] = entries[index] as number;
      out[at + 1] = entries[index + 1] as number;
      out[at + 2] = entries[index + 2] as number;
    }
    out[at + 3] = 255;
  }
}

/** The colour of one value as CSS; see colorize. */
export function mapColor(value: number, map: ColorMap, limit: number, theme: Theme): string {
  const rgba = new Uint8ClampedArray(4);
  colorize([value], map, limit, theme, rgba);
  return `rgb(${rgba[0]} ${rgba[1]} ${rgba[2]})`;
}
