import { expect, it } from 'vitest';
import { framed } from '../../../apps/shell/build/site-frame.ts';

const page = '<head><!-- site head --></head><body><!-- site header --><!-- a remark --></body>';

it('gives each page the same head and header, from where it stands', () => {
  for (const [path, up] of [
    ['/index.html', './'],
    ['/glossary/index.html', '../'],
    ['/glossary/', '../'],
    ['/labs/mode/index.html', '../../'],
  ] as const) {
    const html = framed(page, path);
    expect(html).toContain(`href="${up}shell/page.css"`);
    expect(html).toContain(`src="${up}shell/page.ts"`);
    expect(html).toContain(`class="brand" href="${up}index.html"`);
    expect(html).not.toContain('<!-- site');
    expect(html).toContain('<!-- a remark -->');
  }
});

it('leads from the home page to its own labs, and past the header', () => {
  const home = framed(page, '/index.html');
  expect(home).toContain('<a class="skip" href="#labs">');
  expect(home).toContain('aria-current="page"');
  expect(framed(page, '/gallery/index.html')).not.toMatch(/skip|aria-current/);
});

it('refuses a mark that names no part', () => {
  expect(() => framed('<!-- site haed -->', '/index.html')).toThrow(
    '/index.html: <!-- site haed --> is no part of the site; there are head, header',
  );
});
