/**
 * The design system in one place: colours as [light, dark] pairs, type, space and shape. `theme.css` is generated from this
 * file (a test keeps them equal); Lit elements take `tokenStyles` and `baseStyles` from styles.ts; canvas drawing takes
 * `palette(theme)` and the colour maps from colors.ts. Nothing else in the site names a colour.
 *
 * Meaning is fixed: `data` is what was given (points, true labels, noisy input), `model` what the network says (curve,
 * prediction). Signed tensors use the diverging map, centred at zero; magnitudes the sequential one; `nonfinite` marks NaN
 * and infinity and nothing else.
 */
export type Theme = 'light' | 'dark';
export type Pair = readonly [light: string, dark: string];

export const colors = {
  paper: ['#fbfaf6', '#161b19'],
  surface: ['#ffffff', '#1e2522'],
  sunken: ['#f1efe8', '#111513'],
  raised: ['#ffffff', '#28302d'],
  ink: ['#1d2522', '#eceae2'],
  'ink-soft': ['#4d5853', '#b4beb9'],
  'ink-faint': ['#69746f', '#8d9893'],
  rule: ['#dedbd0', '#333d39'],
  'rule-strong': ['#858f8a', '#7a8680'],
  /** The blackboard itself: header, hero. Dark in both themes. */
  board: ['#1f2e29', '#0f1513'],
  'board-ink': ['#f3f0e4', '#eceae2'],
  'board-soft': ['#b9c6bf', '#a3b0aa'],
  accent: ['#1c6b52', '#7fd1ae'],
  'accent-ink': ['#ffffff', '#10201a'],
  'accent-soft': ['#e2f0e9', '#20352d'],
  focus: ['#1c6b52', '#9be3c4'],
  data: ['#0b63ae', '#6ab2f5'],
  'data-soft': ['#d9e8f6', '#1c3346'],
  model: ['#c4480c', '#ff8a4d'],
  'model-soft': ['#fbe3d6', '#47291a'],
  /** A selected term in equation, code, kernel and control. */
  selected: ['#ffe27a', '#6a5710'],
  'selected-ink': ['#1d2522', '#fff6d6'],
  nonfinite: ['#e62e8a', '#ff2fc0'],
  error: ['#9c0012', '#ffa38c'],
  'error-soft': ['#fdeaea', '#421d1d'],
  warning: ['#8c5400', '#f2c46a'],
  'warning-soft': ['#fff3d6', '#3d3014'],
  ok: ['#146c43', '#7fd1ae'],
  'ok-soft': ['#e6f4ec', '#1b3529'],
  note: ['#2b5a8c', '#9cc8f2'],
  'note-soft': ['#e7eff8', '#1d2c3b'],
} as const satisfies Record<string, Pair>;

export type ColorName = keyof typeof colors;

/** Ten categories (digits, classes, runs). Tested: ≥ 3:1 against the paper, distinct under deuteranopia, protanopia and tritanopia. */
export const categorical: readonly Pair[] = [
  ['#0b63ae', '#6ab2f5'],
  ['#c4480c', '#ff8a4d'],
  ['#0a8a64', '#46d9ae'],
  ['#b03a8a', '#e88bc4'],
  ['#a28c85', '#f3c03e'],
  ['#3592cc', '#a6dcff'],
  ['#3c2a8c', '#9989ef'],
  ['#7d1f45', '#c4546f'],
  ['#819335', '#afcc7d'],
  ['#626662', '#ada994'],
];

/** Signed values from −limit (cool) over 0 (the paper) to +limit (warm); eleven stops. */
export const diverging: Record<Theme, readonly string[]> = {
  light: [
    '#003c30',
    '#01665e',
    '#35978f',
    '#80cdc1',
    '#c7eae5',
    '#f8f7f2',
    '#f6e8c3',
    '#dfc27d',
    '#bf812d',
    '#8c510a',
    '#543005',
  ],
  dark: ['#a5f7e8', '#5fdccb', '#2fa699', '#1f7068', '#1b443f', '#1a201e', '#45331c', '#7a5420', '#b57d31', '#e6b566', '#ffe3ad'],
};

/** Magnitudes from 0 (the paper) to the maximum; nine stops, monotone in lightness. */
export const sequential: Record<Theme, readonly string[]> = {
  light: ['#fbfaf6', '#dcecdf', '#a9d8c8', '#66bcb3', '#3499a5', '#2a7594', '#2b517c', '#2a305d', '#1c1536'],
  dark: ['#161b19', '#1d2b3f', '#274a6b', '#2a6f8d', '#2f97a0', '#58bda5', '#9edbb0', '#d9efc2', '#fdfde8'],
};

/** Type, space, shape and motion; the same in both themes. Fonts are the reader's own, but for that of equations (apps/math/font). */
export const scale = {
  'font-prose': "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, 'Noto Serif', Georgia, serif",
  'font-ui': "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
  'font-mono': "ui-monospace, 'Cascadia Code', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  'font-math': "'Chalk Math', 'STIX Two Math', 'Cambria Math', 'Latin Modern Math', 'Libertinus Math', math, serif",
  'text-xs': '0.75rem',
  'text-s': '0.8125rem',
  'text-m': '0.9375rem',
  'text-l': '1.125rem',
  'text-xl': '1.5rem',
  'text-2xl': 'clamp(1.75rem, 1.3rem + 2vw, 2.5rem)',
  'text-3xl': 'clamp(2.25rem, 1.5rem + 3.4vw, 3.75rem)',
  'leading-tight': '1.2',
  'leading-ui': '1.4',
  'leading-prose': '1.6',
  'space-1': '0.25rem',
  'space-2': '0.5rem',
  'space-3': '0.75rem',
  'space-4': '1rem',
  'space-5': '1.5rem',
  'space-6': '2rem',
  'space-7': '3rem',
  'space-8': '4.5rem',
  'radius-s': '3px',
  'radius-m': '6px',
  'radius-l': '10px',
  'control-height': '2rem',
  measure: '40rem',
  page: '80rem',
  'focus-width': '2px',
  shadow: '0 1px 2px rgb(0 0 0 / 8%), 0 4px 16px rgb(0 0 0 / 5%)',
  duration: '150ms',
} as const;

/** All tokens as custom property declarations; a pair becomes `light-dark()`, which follows the element's `color-scheme`. */
export function tokenDeclarations(): string {
  const lines: string[] = [];
  const pair = (name: string, [light, dark]: Pair) => lines.push(`  --chalk-${name}: light-dark(${light}, ${dark});`);
  for (const [name, value] of Object.entries(colors)) pair(name, value);
  categorical.forEach((value, i) => {
    pair(`cat-${i}`, value);
  });
  diverging.light.forEach((light, i) => {
    pair(`div-${i}`, [light, diverging.dark[i] as string]);
  });
  sequential.light.forEach((light, i) => {
    pair(`seq-${i}`, [light, sequential.dark[i] as string]);
  });
  for (const [name, value] of Object.entries(scale)) lines.push(`  --chalk-${name}: ${value};`);
  return lines.join('\n');
}

/**
 * The token block for a selector. `theme="light"` or `"dark"` on the selected element overrules the system; `auto` or no
 * attribute follows it.
 * @param host the selector that carries the tokens: `:root` for pages, `:host` for elements embedded in a foreign page
 */
export function tokenCss(host: ':root' | ':host'): string {
  const themed = (theme: Theme) => (host === ':host' ? `:host([theme='${theme}'])` : `:root[theme='${theme}']`);
  // An element in a foreign page takes that page's scheme, unless it is told otherwise: dark islands in a light page are ugly.
  const auto = host === ':host' ? ":host([theme='auto'])" : host;
  return `${auto} {
  color-scheme: light dark;
}
${host} {
${tokenDeclarations()}
}
${themed('light')} {
  color-scheme: light;
}
${themed('dark')} {
  color-scheme: dark;
}
@media (prefers-reduced-motion: reduce) {
  ${host} {
    --chalk-duration: 0ms;
  }
}
@media (forced-colors: active) {
  ${host} {
    --chalk-paper: Canvas;
    --chalk-surface: Canvas;
    --chalk-sunken: Canvas;
    --chalk-raised: Canvas;
    --chalk-ink: CanvasText;
    --chalk-ink-soft: CanvasText;
    --chalk-ink-faint: CanvasText;
    --chalk-rule: CanvasText;
    --chalk-rule-strong: CanvasText;
    --chalk-board: Canvas;
    --chalk-board-ink: CanvasText;
    --chalk-board-soft: CanvasText;
    --chalk-accent: LinkText;
    --chalk-accent-ink: Canvas;
    --chalk-focus: Highlight;
    --chalk-selected: Highlight;
    --chalk-selected-ink: HighlightText;
  }
}
`;
}
