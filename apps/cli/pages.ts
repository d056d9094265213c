import { readdirSync } from 'node:fs';

/** Every page below a folder, as paths from it with forward slashes. */
export function pagesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html') && !file.startsWith('public/'))
    .sort();
}
