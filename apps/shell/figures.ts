/** The pictures of a lab as they are on the screen, for its report. */
import type { Figure } from './report.ts';

/** The canvases on an element and inside the elements in it, as they are now, with the names of what they stand in. */
export function figuresOf(root: ParentNode, most = 12): Figure[] {
  const found: Figure[] = [];
  const visit = (node: ParentNode, label: string) => {
    for (const element of node.querySelectorAll<HTMLElement>('*')) {
      if (found.length >= most) return;
      const name = element.getAttribute('label') ?? element.getAttribute('aria-label') ?? label;
      if (element instanceof HTMLCanvasElement && element.width > 40 && element.height > 40) {
        try {
          found.push({ caption: name, address: element.toDataURL('image/png') });
        } catch {
          // A canvas that holds a picture from elsewhere cannot be read.
        }
      } else if (element.shadowRoot) visit(element.shadowRoot, name);
    }
  };
  visit(root, '');
  return found;
}
