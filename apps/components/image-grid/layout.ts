/** Where the pictures of a grid stand, in CSS pixels, and how the keyboard walks through them. */
export interface GridLayout {
  readonly columns: number;
  readonly rows: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly gap: number;
  readonly width: number;
  readonly height: number;
}

/**
 * @param columns 0: as many as fit into `available`
 */
export function gridLayout(
  count: number,
  cell: { width: number; height: number },
  gap: number,
  available: number,
  columns = 0,
): GridLayout {
  const fitting = Math.max(1, Math.floor((available + gap) / (cell.width + gap)));
  const cols = Math.max(1, Math.min(columns > 0 ? columns : fitting, Math.max(1, count)));
  const rows = Math.ceil(count / cols);
  return {
    columns: cols,
    rows,
    cellWidth: cell.width,
    cellHeight: cell.height,
    gap,
    width: cols * (cell.width + gap) - gap,
    height: Math.max(0, rows * (cell.height + gap) - gap),
  };
}

export function cellOrigin(layout: GridLayout, index: number): [x: number, y: number] {
  const row = Math.floor(index / layout.columns);
  return [(index % layout.columns) * (layout.cellWidth + layout.gap), row * (layout.cellHeight + layout.gap)];
}

/** The cell at a point, -1 in a gap or outside. */
export function cellAt(layout: GridLayout, count: number, x: number, y: number): number {
  const stepX = layout.cellWidth + layout.gap;
  const stepY = layout.cellHeight + layout.gap;
  const column = Math.floor(x / stepX);
  const row = Math.floor(y / stepY);
  if (
    x < 0 ||
    y < 0 ||
    column >= layout.columns ||
    x - column * stepX > layout.cellWidth ||
    y - row * stepY > layout.cellHeight
  ) {
    return -1;
  }
  const index = row * layout.columns + column;
  return index < count ? index : -1;
}

/** Where a key moves from cell `index`, or undefined where the key has no meaning here. Stays within the grid. */
export function moveByKey(key: string, index: number, count: number, columns: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns,
    ArrowDown: index + columns,
    PageUp: index - columns * 5,
    PageDown: index + columns * 5,
    Home: 0,
    End: count - 1,
  };
  const target = steps[key];
  if (target === undefined || count === 0) return undefined;
  // Up from the first row and down from the last stay where they are.
  if ((key === 'ArrowUp' || key === 'ArrowDown') && (target < 0 || target >= count)) return index;
  return Math.min(count - 1, Math.max(0, target));
}
