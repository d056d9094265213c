/** The page of a lab: it paints before any script, without a style of its own. */

import { escaped } from '../../components/shared/escape.ts';
import { framed } from './site-frame.ts';

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
  const page = `<!doctype html>
<html lang="en">
  <head>
    <!-- site head -->
    <title>${title} · Chalkgrad</title>
    <meta name="description" content="${question}" />
    <script>
      if (/[#&?]embed(=1|&|$)/.test(location.hash) || new URLSearchParams(location.search).has('embed'))
        document.documentElement.setAttribute('embed', '');
    </script>
    <script type="module" src="../../shell/page-parts.ts"></script>
    <script type="module" src="./element.ts"></script>
  </head>
  <body>
    <!-- site header -->
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
  return framed(page, `/labs/${id}/index.html`);
}
