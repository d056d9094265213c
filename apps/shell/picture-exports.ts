/** Every picture that a lab shows, as PNG, and the numbers behind it as CSV, those of matrices and maps as JSON too: what is on the page can be taken away as it stands there. */
import type { ExportItem } from '../components/export-menu/element.ts';
import { fileName } from '../components/shared/files.ts';

/** An element that can hand itself over. */
interface Picture extends Element {
  readonly label?: string;
  readonly name?: string;
  toPng?(): Promise<Blob>;
  toCsv?(): string;
  /** Of matrices and maps. */
  toJson?(): string;
}

const PICTURES = [
  'chart',
  'confusion-matrix',
  'heat-map',
  'image-grid',
  'image-strips',
  'attribution-gallery',
  'tensor-view',
  'scatter-plot',
];
/** Curves stand in a file of all curves already; a table of its own is not what a reader of an image wants. */
const WITH_CSV = ['confusion-matrix', 'heat-map', 'attribution-gallery', 'scatter-plot'];

/** Whether there is something to take away: an element that waits for its numbers has nothing. */
function drawn(picture: Picture & { readonly images?: unknown }): boolean {
  const root = picture.shadowRoot;
  if (!root || (picture.localName === 'chalk-image-grid' && !picture.images)) return false;
  return (
    root.querySelector('canvas, table') !== null || [...root.querySelectorAll('chalk-image-grid, chalk-heat-map')].some(drawn)
  );
}

/**
 * @param root what the lab has rendered; pictures within other elements belong to these
 * @param lab start of the files' names
 */
export function pictureExports(root: ParentNode, lab: string): readonly ExportItem[] {
  const found = [...root.querySelectorAll<Picture>(PICTURES.map((name) => `chalk-${name}`).join(','))].filter(drawn);
  const names = new Map<string, number>();
  return found.flatMap((picture): ExportItem[] => {
    const label = picture.label || picture.name || picture.localName.replace('chalk-', '');
    const count = (names.get(label) ?? 0) + 1;
    names.set(label, count);
    const title = count > 1 ? `${label} (${count})` : label;
    const name = fileName(lab, title);
    const id = `${picture.localName}-${name}`;
    const kind = picture.localName.replace('chalk-', '');
    const items: ExportItem[] = [];
    if (picture.toPng) items.push({ id: `${id}-png`, label: title, format: 'png', name, provide: () => picture.toPng?.() ?? '' });
    if (picture.toCsv && WITH_CSV.includes(kind))
      items.push({ id: `${id}-csv`, label: title, format: 'csv', name, provide: () => picture.toCsv?.() ?? '' });
    if (picture.toJson)
      items.push({ id: `${id}-json`, label: title, format: 'json', name, provide: () => picture.toJson?.() ?? '' });
    return items;
  });
}
