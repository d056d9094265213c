import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { colorize, parseHex } from '../../../apps/shell/colors.ts';
import { themeFile } from '../../../apps/shell/theme-file.ts';
import { type ColorName, categorical, colors, diverging, type Pair, sequential } from '../../../apps/shell/tokens.ts';

const linear = (hex: string) =>
  parseHex(hex).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];

const luminance = (hex: string) => {
  const [r, g, b] = linear(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** WCAG 2 contrast ratio. */
const contrast = (a: string, b: string) => {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};

/** Linear RGB to OKLab (Ottosson 2020). */
function oklab([r, g, b]: readonly [number, number, number]): [number, number, number] {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/**
 * Colour vision deficiency at full severity: the matrices for 1.0 of Machado, Oliveira & Fernandes 2009, “A physiologically-based model for
 * simulation of color vision deficiency” (IEEE TVCG 15), on linear RGB.
 */
const vision: Record<string, readonly number[]> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

const seen = (hex: string, kind: string) => {
  const c = linear(hex);
  const m = vision[kind] as readonly number[];
  const row = (i: number) =>
    Math.min(1, Math.max(0, (m[i] as number) * c[0] + (m[i + 1] as number) * c[1] + (m[i + 2] as number) * c[2]));
  return oklab([row(0), row(3), row(6)]);
};

/** Distance in OKLab of two colours as they are seen: about 0.02 is the least that is noticed side by side. */
const apart = (a: string, b: string, kind: string): number => {
  const [x, y] = [seen(a, kind), seen(b, kind)];
  return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
};

describe.each([0, 1] as const)('theme %i', (theme) => {
  const color = (name: ColorName) => colors[name][theme];

  it.each([
    ['ink', 'paper', 7],
    ['ink', 'surface', 7],
    ['ink-soft', 'paper', 4.5],
    ['ink-soft', 'sunken', 4.5],
    ['ink-soft', 'raised', 4.5],
    ['ink-faint', 'paper', 4.5],
    ['ink-faint', 'surface', 4.5],
    ['accent', 'paper', 4.5],
    ['accent', 'surface', 4.5],
    ['accent', 'accent-soft', 4.5],
    ['accent-ink', 'accent', 4.5],
    ['board-ink', 'board', 7],
    ['board-soft', 'board', 4.5],
    ['data', 'paper', 4.5],
    ['data', 'data-soft', 4.5],
    ['model', 'paper', 4.5],
    ['error', 'error-soft', 4.5],
    ['warning', 'warning-soft', 4.5],
    ['note', 'note-soft', 4.5],
    ['ok', 'ok-soft', 4.5],
    ['selected-ink', 'selected', 4.5],
    ['rule-strong', 'surface', 3],
    ['focus', 'paper', 3],
    ['nonfinite', 'paper', 3],
  ] as [ColorName, ColorName, number][])('%s on %s has contrast ≥ %d', (front, back, least) => {
    expect(contrast(color(front), color(back))).toBeGreaterThanOrEqual(least);
  });

  it('keeps ten categories apart from the paper and from each other, also under colour blindness', () => {
    const list = categorical.map((pair: Pair) => pair[theme]);
    expect(list).toHaveLength(10);
    for (const c of list) expect(contrast(c, color('paper'))).toBeGreaterThanOrEqual(3);
    for (const kind of Object.keys(vision)) {
      for (let i = 0; i < list.length; i++) {
        for (let j = 0; j < i; j++) {
          const distance = apart(list[i] as string, list[j] as string, kind);
          expect(distance, `${list[i]} and ${list[j]} for ${kind}`).toBeGreaterThan(0.05);
        }
      }
    }
  });

  // What stands side by side in a figure and means different things.
  it.each([
    ['data', 'model'],
    ['data', 'ink'],
    ['model', 'ink'],
    ['data', 'error'],
    ['model', 'error'],
    ['ok', 'error'],
    ['ok', 'warning'],
    ['warning', 'error'],
    ['data', 'nonfinite'],
    ['model', 'nonfinite'],
    ['data-soft', 'model-soft'],
    ['selected', 'paper'],
  ] as [ColorName, ColorName][])('%s and %s are told apart, also under colour blindness', (a, b) => {
    const least = a.endsWith('-soft') ? 0.03 : 0.05;
    for (const kind of Object.keys(vision)) expect(apart(color(a), color(b), kind), kind).toBeGreaterThan(least);
  });

  it('has maps whose signs and sizes are told apart under colour blindness', () => {
    const name = theme ? 'dark' : 'light';
    const [div, seq] = [diverging[name], sequential[name]];
    for (const kind of Object.keys(vision)) {
      // The same magnitude with either sign, from the second stop on; and each stop from the next.
      for (let i = 0; i < 4; i++)
        expect(apart(div[i] as string, div[10 - i] as string, kind), `${kind}: ${div[i]}`).toBeGreaterThan(0.05);
      for (let i = 1; i < seq.length; i++)
        expect(apart(seq[i - 1] as string, seq[i] as string, kind), `${kind}: ${seq[i]}`).toBeGreaterThan(0.05);
    }
  });

  it('has maps that move away from the paper monotonically', () => {
    const name = theme ? 'dark' : 'light';
    const lightness = (hex: string) => oklab(linear(hex))[0];
    const away = (a: string, b: string) => (theme ? lightness(b) > lightness(a) : lightness(b) < lightness(a));
    const seq = sequential[name];
    for (let i = 1; i < seq.length; i++) expect(away(seq[i - 1] as string, seq[i] as string), seq[i]).toBe(true);
    const div = diverging[name];
    for (let i = 6; i < 11; i++) {
      expect(away(div[i - 1] as string, div[i] as string), div[i]).toBe(true);
      expect(away(div[11 - i] as string, div[10 - i] as string), div[10 - i]).toBe(true);
    }
  });
});

describe('colorize', () => {
  it('centres the diverging map at zero, clamps, and shouts about NaN and infinity', () => {
    const out = new Uint8ClampedArray(6 * 4);
    colorize([0, -9, 2, 3, Number.NaN, Number.POSITIVE_INFINITY], 'diverging', 2, 'light', out);
    const at = (i: number) => [out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3]];
    const near = (i: number, hex: string) =>
      parseHex(hex).forEach((v, c) => {
        expect(Math.abs((out[4 * i + c] as number) - v)).toBeLessThanOrEqual(3);
      });
    near(0, '#f8f7f2');
    near(1, '#003c30');
    near(2, '#543005');
    expect(at(2)).toEqual(at(3));
    expect(at(4)).toEqual([...parseHex(colors.nonfinite[0]), 255]);
    expect(at(5)).toEqual(at(4));
  });

  it('gives zero everywhere for a limit of zero', () => {
    const out = new Uint8ClampedArray(4);
    colorize([0], 'gray', 0, 'dark', out);
    expect([...out]).toEqual([0, 0, 0, 255]);
  });
});

describe('theme.css', () => {
  const path = new URL('../../../apps/shell/theme.css', import.meta.url);
  it('is what tokens.ts says', () => {
    if (process.env.CHALKGRAD_WRITE_THEME) writeFileSync(path, themeFile());
    const text = (css: string) => css.replace(/\s+/g, ' ').replaceAll('"', "'");
    expect(text(readFileSync(path, 'utf8'))).toBe(text(themeFile()));
  });
});
