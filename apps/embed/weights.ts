/** How much script a lab on another page loads, from the manifest of a built site. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface LabWeight {
  readonly id: string;
  /** Compressed bytes before the reader does anything. */
  readonly first: number;
  /** Compressed bytes with which it runs from start to end on a GPU: also its worker, the engine and every kernel of the lab's networks. */
  readonly whole: number;
  /** Compressed bytes more where there is no GPU: the compiler of the processor's device. */
  readonly processor: number;
  /**
   * Compressed bytes more that wait behind a button or a file (reports, exports, readers of the reader's own images), or for a browser that has
   * neither WebGPU nor WebAssembly (the references).
   */
  readonly asked: number;
  /** Every file of `whole` with its compressed bytes, largest first. */
  readonly files: readonly (readonly [file: string, bytes: number])[];
}

/** An entry of Vite's manifest. */
interface Chunk {
  readonly file: string;
  readonly src?: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

/** What no page but the site's own shows (cards and their checks, notes, dialogs), readers for Node, and pictures, which are data. */
const ELSEWHERE = /[?]math|math-card\/element\.ts|(?:link-builder|page-parts|inspect|classify\/verify)\.ts|icons\.jpg|-node\.ts$/;

/** Comes with the first photograph of a run: counted wherever a run may come to it. */
const IN_RUN = /formats\/image-browser\.ts$/;

/** The definition of a lab for which the reference is the fastest device. */
const SMALL = /\bdevice:\s*[`'"]small[`'"]/;

/** @param dist folder of the built site */
export function labWeights(dist: string): LabWeight[] {
  const manifest: Readonly<Record<string, Chunk>> = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
  const chunks = Object.entries(manifest);
  const keyOf = (is: (chunk: Chunk) => boolean): string[] => chunks.filter(([, chunk]) => is(chunk)).map(([key]) => key);
  const bytes = new Map<string, number>();
  const weigh = (file: string): number => {
    const known = bytes.get(file) ?? gzipSync(readFileSync(join(dist, file))).length;
    bytes.set(file, known);
    return known;
  };
  /** Keys that are reached from these. */
  const reach = (from: readonly string[], follow: (chunk: Chunk) => readonly string[]): Set<string> => {
    const reached = new Set<string>();
    const todo = [...from];
    for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
      if (reached.has(key)) continue;
      reached.add(key);
      const chunk = manifest[key];
      if (chunk) todo.push(...follow(chunk));
    }
    return reached;
  };
  const files = (keys: Iterable<string>) =>
    new Set([...keys].flatMap((key) => (key in manifest ? [manifest[key] as Chunk] : [])).map((c) => c.file));
  const sum = (all: Iterable<string>) => [...all].reduce((total, file) => total + weigh(file), 0);
  const now = ({ imports = [] }: Chunk) => imports;
  const inRun = ({ imports = [], dynamicImports = [] }: Chunk) => [
    ...imports,
    ...dynamicImports.filter((key) => IN_RUN.test(manifest[key]?.src ?? key)),
  ];
  const ever = ({ imports = [], dynamicImports = [] }: Chunk) => [
    ...imports,
    ...dynamicImports.filter((key) => !ELSEWHERE.test(manifest[key]?.src ?? key)),
  ];
  const from = (path: string) => keyOf(({ src }) => src?.endsWith(path) ?? false);
  const worker = from('labs/lab-worker.ts');
  const reference = from('engine/device/cpu/reference-device.ts');
  const compiler = files(reach(from('engine/device/wasm/wasm-device.ts'), now));
  return readdirSync(join(dist, 'embed'))
    .filter((file) => file.endsWith('.js'))
    .sort()
    .map((file) => {
      const id = file.slice(0, -3);
      const entry = keyOf((chunk) => chunk.file === `embed/${file}`);
      const experiment = from(`labs/${id}/experiment.ts`);
      const first = files(reach(entry, now));
      // A small problem runs on the reference wherever it is.
      const small = [...first].some((one) => SMALL.test(readFileSync(join(dist, one), 'utf8')));
      // The worker names the experiments of all labs and loads this one.
      const whole = files(reach([...entry, ...worker, ...experiment, ...(small ? reference : [])], inRun));
      const possible = files(reach([...entry, ...experiment], ever));
      const without = (all: ReadonlySet<string>, ...known: readonly ReadonlySet<string>[]) =>
        [...all].filter((one) => !known.some((set) => set.has(one)));
      return {
        id,
        first: sum(first),
        whole: sum(whole),
        processor: sum(without(compiler, whole)),
        asked: sum(without(possible, whole, compiler)),
        files: [...whole].map((one) => [one, weigh(one)] as const).sort(([, a], [, b]) => b - a),
      };
    });
}
