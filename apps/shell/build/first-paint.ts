/**
 * Vite plugin: what a page needs for its first paint, and a lab for its first sentence, asked for at once. The style sheet, a few kilobytes, stands
 * in the page; the numbers of the recording are named in its head, so that they come beside the scripts and not after them.
 */
import type { Plugin } from 'vite';
import { STORY } from './lab-plugin.ts';

/** Characters of a style sheet that stands in the page; a larger one stays a file. */
const INLINE = 20_000;

export function firstPaint(): Plugin {
  return {
    name: 'chalkgrad:first-paint',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle, path }) {
        if (!bundle) return undefined;
        const sheet = (file: string): string | undefined => {
          const asset = bundle[file];
          const text = asset?.type === 'asset' ? String(asset.source) : '';
          // A relative address in it would mean something else in the page.
          return text !== '' && text.length <= INLINE && !text.includes('url(') ? text.trim() : undefined;
        };
        const styled = html.replace(/<link rel="stylesheet"[^>]* href="[^"]*?(assets\/[^"]+\.css)">/g, (link, file: string) => {
          const text = sheet(file);
          return text === undefined ? link : `<style>${text}</style>`;
        });
        const id = /labs\/([\w-]+)\/index\.html$/.exec(path)?.[1];
        const story = Object.keys(bundle).find((file) => file.startsWith(`assets/${STORY}-${id}-`));
        if (id === undefined || story === undefined) return styled;
        const attrs = { rel: 'preload', as: 'fetch', crossorigin: '', href: `../../${story}` };
        return { html: styled, tags: [{ tag: 'link', attrs, injectTo: 'head-prepend' as const }] };
      },
    },
  };
}
