/** Collects events between two deliveries to a page. */
import type { LabEvent } from './events.ts';

/** Events of which only the newest matters, by what they replace; undefined for those that must all arrive. */
function slot(event: LabEvent): string | undefined {
  switch (event.type) {
    case 'step':
    case 'phase':
      return event.type;
    case 'status':
      return event.level === undefined || event.level === 'status' ? 'status' : undefined;
    case 'tensor':
    case 'images':
    case 'data':
    case 'checkpoint':
      return `${event.type} ${event.name}`;
    case 'curve':
      return `curve ${event.chart ?? ''} ${event.series}`;
    case 'row':
      return event.id === undefined ? undefined : `row ${event.table} ${event.id}`;
    default:
      return undefined;
  }
}

export class Batch {
  /** A hole where an event has moved to the end. */
  #events: (LabEvent | undefined)[] = [];
  #slots = new Map<string, number>();

  get size(): number {
    return this.#events.length;
  }

  /** Adds an event; it takes the place of one that it makes obsolete. */
  add(event: LabEvent): void {
    const key = slot(event);
    const at = key === undefined ? undefined : this.#slots.get(key);
    // A checkpoint covers all that was told before it: the newer one stands after what came since the older one.
    if (at !== undefined && event.type === 'checkpoint') this.#events[at] = undefined;
    else if (at !== undefined) {
      this.#events[at] = event;
      return;
    }
    if (key !== undefined) this.#slots.set(key, this.#events.length);
    this.#events.push(event);
  }

  take(): LabEvent[] {
    const events = this.#events.filter((event) => event !== undefined);
    this.#events = [];
    this.#slots.clear();
    return events;
  }
}
