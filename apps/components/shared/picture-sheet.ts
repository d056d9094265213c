/** Pictures of several elements, or of a table, as one PNG. */
import { pngOf } from './files.ts';

const CAPTION = 22;
const GAP = 8;

export interface SheetPart {
  readonly label: string;
  toPng(): Promise<Blob>;
}

interface Inks {
  readonly ink: string;
  readonly surface: string;
  readonly font: string;
}

/** Colours and font of an element as it stands on the page. */
function inksOf(host: Element): Inks {
  const style = getComputedStyle(host);
  const surface = style.getPropertyValue('--chalk-surface').trim() || '#ffffff';
  return { ink: style.color, surface, font: style.fontFamily };
}

function canvasOf(width: number, height: number, { surface }: Inks): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.ceil(width), Math.ceil(height)];
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser cannot draw this picture.');
  context.fillStyle = surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  return [canvas, context];
}

/**
 * Each part below its label, in rows.
 * @param host whose colours the sheet has
 * @param columns parts beside one another
 */
export async function sheetPng(host: Element, parts: readonly SheetPart[], columns: number): Promise<Blob> {
  const inks = inksOf(host);
  const pictures = await Promise.all(
    parts.map(async (part) => ({ label: part.label, bitmap: await createImageBitmap(await part.toPng()) })),
  );
  const width = Math.max(...pictures.map(({ bitmap }) => bitmap.width)) + GAP;
  const height = Math.max(...pictures.map(({ bitmap }) => bitmap.height)) + CAPTION + GAP;
  const across = Math.min(columns, pictures.length);
  const [canvas, context] = canvasOf(across * width, Math.ceil(pictures.length / across) * height, inks);
  context.fillStyle = inks.ink;
  context.font = `14px ${inks.font}`;
  for (const [i, { label, bitmap }] of pictures.entries()) {
    const [x, y] = [(i % across) * width, Math.floor(i / across) * height];
    context.fillText(label, x, y + CAPTION - 7, width - GAP);
    context.drawImage(bitmap, x, y + CAPTION);
    bitmap.close();
  }
  return pngOf(canvas);
}

/** A table as it is drawn on the page: the colours and the words of its cells. @param title above it */
export async function tablePng(table: HTMLTableElement, title: string): Promise<Blob> {
  const inks = inksOf(table);
  const box = table.getBoundingClientRect();
  const scale = 2;
  const [canvas, context] = canvasOf(box.width * scale, (box.height + CAPTION) * scale, inks);
  context.scale(scale, scale);
  context.fillStyle = inks.ink;
  context.font = `14px ${inks.font}`;
  context.fillText(title, 0, CAPTION - 7, box.width);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const cell of table.querySelectorAll('td, th')) {
    const { left, top, width, height } = cell.getBoundingClientRect();
    const style = getComputedStyle(cell);
    const [x, y] = [left - box.left, top - box.top + CAPTION];
    context.fillStyle = style.backgroundColor;
    context.fillRect(x, y, width, height);
    context.fillStyle = style.color;
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const below = cell.querySelector('small')?.textContent?.trim() ?? '';
    context.fillText(
      (cell.textContent?.trim() ?? '').replace(below, '').trim(),
      x + width / 2,
      y + height / (below ? 3 : 2),
      width,
    );
    if (!below) continue;
    context.font = `9px ${style.fontFamily}`;
    context.fillText(below, x + width / 2, y + (3 * height) / 4, width);
  }
  return pngOf(canvas);
}
