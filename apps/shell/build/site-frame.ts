/** Vite plugin: what all pages of the site have in common. A page asks for it by `<!-- site head -->` and `<!-- site header -->`. */
import type { Plugin } from 'vite';

const MARK = /<!-- site (\S+) -->/g;

/** Addresses begin with `up`, the way from the page to the site's root. The theme is set before anything is painted. */
const head = (up: string): string => `<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <script>
      try {
        const theme = localStorage.getItem('chalk-theme');
        if (theme === 'light' || theme === 'dark') document.documentElement.setAttribute('theme', theme);
      } catch {}
    </script>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${up}shell/page.css" />
    <script type="module" src="${up}shell/page.ts"></script>`;

/** The home page is where the others' brand leads; it has the labs itself. */
function header(up: string): string {
  const home = up === './';
  return `<header class="site-header">
      ${home ? '<a class="skip" href="#labs">Skip to the labs</a>' : ''}
      <a class="brand" href="${up}index.html"${home ? ' aria-current="page"' : ''}>
        <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 6.5 28 6 16.5 27.5 4 6.5M8.5 9 16.8 23.5" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" /></svg>
        Chalkgrad
      </a>
      <nav aria-label="Site">${home ? '<a href="#labs">Labs</a>' : `<a href="${up}index.html#labs">All labs</a>`}</nav>
      <chalk-theme-switch></chalk-theme-switch>
    </header>`;
}

const PARTS: Readonly<Record<string, (up: string) => string>> = { head, header };

/**
 * A page with its parts in place of the marks.
 * @param path of the page from the site's root, as `/glossary/index.html`
 * @throws Error when a mark names no part
 */
export function framed(html: string, path: string): string {
  const up = '../'.repeat(path.split('/').length - 2) || './';
  return html.replace(MARK, (mark, name: string) => {
    const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (!part) throw new Error(`${path}: ${mark} is no part of the site; there are ${Object.keys(PARTS).join(', ')}`);
    return part(up);
  });
}

export const siteFrame = (): Plugin => ({
  name: 'chalkgrad:site-frame',
  transformIndexHtml: { order: 'pre', handler: (html, { path }) => framed(html, path) },
});
