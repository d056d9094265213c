/** Saving what the reader made: CSV text, PNG of a canvas, downloads. */

const quote = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** RFC 4180 with `\n`; numbers in full precision, missing ones empty. */
export function toCsv(
  header: readonly string[],
  rows: Iterable<readonly (string | number | boolean | null | undefined)[]>,
): string {
  const lines = [header.map(quote).join(',')];
  for (const row of rows) {
    lines.push(
      row.map((cell) => (cell === null || cell === undefined || Number.isNaN(cell) ? '' : quote(String(cell)))).join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** @throws Error where the browser cannot encode the canvas (no memory) */
export function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The browser could not encode this picture as PNG.'))),
      'image/png',
    );
  });
}

/** Offers a file for download. */
export function saveBlob(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
  // The download has started when the task ends; Safari needs a little longer.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const saveText = (text: string, filename: string, type = 'text/plain'): void =>
  saveBlob(new Blob([text], { type: `${type};charset=utf-8` }), filename);

/** A name that every file system takes: lower case, words joined by dashes. */
export const fileName = (...parts: readonly string[]): string =>
  parts
    .join(' ')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');
