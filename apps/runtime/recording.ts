/**
 * Recorded runs: the events of a real run with the time of each, small enough to ship with the site. Typed arrays are kept as
 * base64 inside the JSON, so that one file is one recording.
 */
import type { LabEvent, TypedArray } from './events.ts';
import type { DeviceInfo } from './experiment.ts';

export interface Recording {
  readonly format: 1;
  readonly lab: string;
  /** Version of the lab's schema. */
  readonly version: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly device: DeviceInfo;
  /** ISO date of the run. */
  readonly recorded: string;
  /** Wall time of the run in milliseconds. */
  readonly duration: number;
  /** Milliseconds since the start, and the event. */
  readonly events: readonly (readonly [time: number, event: LabEvent])[];
}

const arrays = {
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
} as const;

type Kind = keyof typeof arrays;

const chunk = 0x8000;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += chunk) binary += String.fromCharCode(...bytes.subarray(i, i + chunk));
  return btoa(binary);
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** JSON text in which typed arrays and non-finite numbers survive. */
export function writeRecording(recording: Recording): string {
  return JSON.stringify(recording, (_key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
    if (ArrayBuffer.isView(value)) {
      const view = value as TypedArray;
      return { $array: view.constructor.name, data: toBase64(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)) };
    }
    return value;
  });
}

/** In base64 so long or longer, an array is a picture: what comes after the story. */
const PICTURE = /\{"\$array":"(\w+)","data":"([A-Za-z0-9+/=]{1500,})"\}/g;

/**
 * A recording in two files: the story, which is small and has its numbers, curves and tables, and the pictures. In the story a picture is an
 * array of its length without content, so that a figure has its shape before it has its pictures.
 */
export function splitRecording(text: string): { readonly story: string; readonly pictures: string } {
  const pictures: string[] = [];
  const story = text.replace(PICTURE, (_, kind: Kind, data: string) => {
    pictures.push(data);
    const length = fromBase64(data).length / arrays[kind].BYTES_PER_ELEMENT;
    return JSON.stringify({ $array: kind, length, picture: pictures.length - 1 });
  });
  return { story, pictures: JSON.stringify(pictures) };
}

/**
 * @param pictures of a recording in two files; without them its pictures are zeros
 * @throws Error when the text is no recording, or one of another format
 */
export function readRecording(text: string, pictures?: string): Recording {
  const late: readonly unknown[] | undefined = pictures === undefined ? undefined : JSON.parse(pictures);
  const recording = JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$number' in value) return Number(value.$number);
    if ('$array' in value && ('data' in value || 'picture' in value)) {
      const type = arrays[value.$array as Kind];
      if (!type) throw new Error(`recording: unknown array type '${value.$array}'`);
      const data = 'data' in value ? value.data : late?.[value.picture as number];
      if (data === undefined) return new type((value as { length?: number }).length ?? 0);
      const bytes = fromBase64(String(data));
      return new type(bytes.buffer as ArrayBuffer, 0, bytes.byteLength / type.BYTES_PER_ELEMENT);
    }
    return value;
  }) as Recording;
  if (recording?.format !== 1 || !Array.isArray(recording.events)) throw new Error('this file is no recording of format 1');
  return recording;
}

/** What an event replaces when it comes again; undefined for those that add. */
function pictureKey(event: LabEvent): string | undefined {
  switch (event.type) {
    case 'tensor':
    case 'images':
    case 'data':
      return `${event.type} ${event.name}`;
    case 'curve':
      return `curve ${event.chart ?? ''} ${event.series}`;
    case 'row':
      return event.id === undefined ? undefined : `row ${event.table} ${event.id}`;
    default:
      return undefined;
  }
}

/** Keeps what a recording needs: checkpoints and pictures that soon are replaced are left out, curves thinned. */
export class Recorder {
  readonly #started = performance.now();
  readonly #events: [number, LabEvent][] = [];
  readonly #lastPicture = new Map<string, number>();
  readonly #pictureInterval: number;

  /** @param pictureInterval least milliseconds between two pictures (tensor, images, data, curve, row with an id) of one name */
  constructor(pictureInterval = 500) {
    this.#pictureInterval = pictureInterval;
  }

  add(event: LabEvent): void {
    const time = performance.now() - this.#started;
    if (event.type === 'checkpoint') return;
    const key = pictureKey(event);
    if (key !== undefined) {
      const last = this.#lastPicture.get(key);
      const previous = last === undefined ? undefined : this.#events[last];
      // Within the interval the newer picture replaces the older one: the last of a run is always kept.
      if (last !== undefined && previous && time - previous[0] < this.#pictureInterval) {
        this.#events[last] = [previous[0], structuredClone(event)];
        return;
      }
      this.#lastPicture.set(key, this.#events.length);
    }
    this.#events.push([Math.round(time), structuredClone(event)]);
  }

  /** @param most curve points and step events kept (evenly chosen, always with the last) */
  finish(about: Pick<Recording, 'lab' | 'version' | 'config' | 'device'>, most = 600): Recording {
    const duration = Math.round(performance.now() - this.#started);
    return { format: 1, ...about, recorded: new Date().toISOString(), duration, events: thin(this.#events, most) };
  }
}

/** Of more than `most` points of one series (or steps), keeps `most` evenly spaced ones and the last. */
function thin(events: readonly [number, LabEvent][], most: number): [number, LabEvent][] {
  const keyOf = (event: LabEvent) =>
    event.type === 'metric' ? `metric ${event.chart ?? ''} ${event.series}` : event.type === 'step' ? 'step' : undefined;
  const totals = new Map<string, number>();
  for (const [, event] of events) {
    const key = keyOf(event);
    if (key) totals.set(key, (totals.get(key) ?? 0) + 1);
  }
  const seen = new Map<string, number>();
  return events.filter(([, event]) => {
    const key = keyOf(event);
    if (!key) return true;
    const total = totals.get(key) ?? 0;
    const index = seen.get(key) ?? 0;
    seen.set(key, index + 1);
    if (total <= most || index === total - 1) return true;
    return Math.floor((index * most) / total) !== Math.floor(((index - 1) * most) / total);
  });
}
