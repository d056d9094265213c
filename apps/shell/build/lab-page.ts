/** The page of a lab: it paints before any script, without a style of its own. */

/** What stands on the page. */
export interface PageWords {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** The lab that follows in the order of the labs; undefined for the last, whose page leads back to the list. */
  readonly next?: { readonly id: string; readonly title: string } | undefined;
  /** The lab has a README with its findings. */
  readonly findings?: boolean;
  /** Address of the repository, where the package names one. */
  readonly repository?: string | undefined;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

export function labPage(words: PageWords): string {
  const [id, title, question] = [words.id, words.title, words.question].map(escaped);
  const links = [
    ...(words.findings ? ['<a href="./findings.txt">What was found, and how</a>'] : []),
    '<a href="./source.txt">Source of this lab</a>',
    '<a href="../../licences/chalkgrad.txt">Licence</a>',
    ...(words.repository ? [`<a href="${escaped(words.repository)}">Repository</a>`] : []),
    '<a href="../../glossary/index.html">Glossary</a>',
    words.next
      ? `<a class="next" href="../${words.next.id}/index.html">Next: ${escaped(words.next.title)} →</a>`
      : '<a class="next" href="../../index.html#labs">Back to all labs →</a>',
  ].join('\n        ');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title} · Chalkgrad</title>
    <meta name="description" content="${question}" />
    <script>
      try {
        const theme = localStorage.getItem('chalk-theme');
        if (theme === 'light' || theme === 'dark') document.documentElement.setAttribute('theme', theme);
      } catch {}
      if (/[#&?]embed(=1|&|$)/.test(location.hash) || new URLSearchParams(location.search).has('embed'))
        document.documentElement.setAttribute('embed', '');
    </script>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="../../shell/page.css" />
    <script type="module" src="../../shell/page.ts"></script>
    <script type="module" src="../../shell/page-parts.ts"></script>
    <script type="module" src="./element.ts"></script>
  </head>
  <body>
    <header class="site-header">
      <a class="brand" href="../../index.html">
        <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 6.5 28 6 16.5 27.5 4 6.5M8.5 9 16.8 23.5" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" /></svg>
        Chalkgrad
      </a>
      <nav aria-label="Site"><a href="../../index.html#labs">All labs</a></nav>
      <chalk-theme-switch></chalk-theme-switch>
    </header>
    <main>
      <chalk-lab-${id} page>
        <h1>${title}</h1>
        <p>${question}</p>
        <noscript><p>This lab computes in the page and needs JavaScript.</p></noscript>
      </chalk-lab-${id}>
    </main>
    <footer class="site-footer">
      <nav aria-label="This lab" class="lab-links">
        ${links}
      </nav>
      <p>
        Everything runs on this device; nothing is sent anywhere. The same seed gives the same run.
        <a href="../../device-check/index.html">Check this device</a>
      </p>
    </footer>
  </body>
</html>
`;
}
