/** The way from a number in a lab's words to what it was measured with. */
import { html, type TemplateResult } from 'lit';
import { siteRoot } from '../site-root.ts';

/** A link to the findings of a lab, its README: the tables with the commands that repeat them. */
export const findingsLink = (lab: string, words = 'the lab’s findings'): TemplateResult =>
  html`<a href=${new URL(`labs/${lab}/findings.txt`, siteRoot).href}>${words}</a>`;
