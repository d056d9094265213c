/**
 * Address of the folder that holds the site's `index.html`, with a slash at its end: the same for every page and worker, on any
 * host and in any folder of it. The built scripts all lie one folder below it; in development this file lies in it.
 */
export const siteRoot: URL = new URL(import.meta.env.PROD ? '../' : './', import.meta.url);
