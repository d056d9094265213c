import { expect, it } from 'vitest';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { readIncluded } from '../../../shaders/build/read.ts';
import { shaderFiles } from '../../../shaders/build/types.ts';
import { circlesIn, filesIn, type Import, importsIn, importsOf } from './imports.ts';

const CODE = ['.ts', '.mjs', '.tsx'];

/**
 * The rooms of the engine from the ground up. A file imports from its own room and from those below; rooms on one line stand
 * side by side and do not know each other.
 */
const ROOMS: readonly (readonly string[])[] = [
  ['errors', 'math'],
  // WGSL as a language knows nothing of devices and tensors.
  ['random', 'bytes', 'wgsl'],
  ['contract'],
  ['device'],
  ['kernels'],
  ['core'],
  ['ops'],
  ['nn', 'optim', 'conformance'],
  ['io'],
  ['data'],
  ['pretrained'],
  ['train'],
  // A repair starts from an explanation: MaskTune hides what a class map shows.
  ['explain'],
  ['repair'],
  ['index'],
];

/** Files that are mutually recursive by what they say; every other circle is forbidden. */
const RECURSIVE: readonly (readonly string[])[] = [
  // The tape works on tensors and a tensor is differentiated by the tape.
  ['engine/autodiff.ts', 'engine/constant.ts', 'engine/tensor.ts'],
  // The gradient of one is written with the others: of a broadcast a sum, of a product products, of a sum a broadcast.
  ['engine/ops/binary.ts', 'engine/ops/reduce.ts', 'engine/ops/shape.ts', 'engine/ops/unary.ts'],
  // Recursive descent through expressions in calls in expressions, and statements in clauses in statements.
  ['check-builtin', 'check-call', 'check-expression', 'check-type'].map((name) => `engine/wgsl/front/${name}.ts`),
  ['check-statement', 'check-switch'].map((name) => `engine/wgsl/front/${name}.ts`),
  // Code holds places and places hold code; a machine has memory and memory asks its machine.
  ['code', 'places', 'text'].map((name) => `engine/wgsl/trace/${name}.ts`),
  ['machine', 'memory'].map((name) => `engine/wgsl/trace/${name}.ts`),
];

/** Files whose room is not the folder they lie in. */
const ROOM_OF_FILE: Readonly<Record<string, string>> = {
  'engine/errors.ts': 'errors',
  'engine/random.ts': 'random',
  // The hash behind the numbers; the kernels draw the same bits from it.
  'engine/kernels/pcg.ts': 'random',
  // Readers of binary formats share it, those of io/ as those of data/.
  'engine/data/formats/bytes.ts': 'bytes',
  'engine/json.ts': 'bytes',
  // The contract of a kernel: the devices run by it, the kernels are written to it.
  'engine/kernels/kernel.ts': 'contract',
  'engine/kernels/references.ts': 'contract',
  'engine/memory.ts': 'core',
  'engine/tensor.ts': 'core',
  'engine/arena.ts': 'core',
  'engine/autodiff.ts': 'core',
  'engine/constant.ts': 'core',
  'engine/grad-check.ts': 'core',
  // Chooses a device and makes it the one that tensors use.
  'engine/device/init.ts': 'core',
  // Fetches published networks as data sets are fetched and reads them as files are read.
  'engine/io/pretrained.ts': 'pretrained',
  'engine/index.ts': 'index',
};

function roomOf(file: string): string | undefined {
  return ROOM_OF_FILE[file] ?? /^engine\/([^/]+)\//.exec(file)?.[1];
}

const floorOf = (room: string | undefined) => ROOMS.findIndex((rooms) => rooms.includes(room ?? ''));

/** The harness that starts browsers, and the suites that run in a page too, are libraries for the command line and the pages. */
const TEST_LIBRARIES = /^tests\/(browser\/(find-chrome|launch|serve|page-runner)\.ts|conformance\/)/;

function mayImport({ from, to }: Import): boolean {
  const [top, target] = [from.split('/')[0], to.split('/')[0]];
  if (!to.includes('/') || !/^(apps|bench|tests|engine|shaders)\//.test(to)) return true;
  if (top === target || top === 'tests') return true;
  if (top === 'shaders') return false;
  if (top === 'engine') return target === 'shaders';
  return (
    target === 'engine' || target === 'shaders' || TEST_LIBRARIES.test(to) || (top === 'bench' && to.startsWith('apps/cli/'))
  );
}

const all = ['engine', 'shaders', 'apps', 'bench', 'tests']
  .flatMap((folder) => filesIn(root, folder, CODE))
  .flatMap((file) => importsOf(root, file));
const show = ({ from, to }: Import) => `${from} imports ${to}`;

it('reads imports', () => {
  const text = `import a from './a.ts';\nimport {\n  b,\n} from "../b.ts";\nimport './c.wgsl?raw';\nexport * from 'd';
// import x from './x.ts';\nconst e = await import('./e.ts'); const s = "import y from 'y'";`;
  expect(importsIn(text, 'apps/labs/lab.ts').map(({ to }) => to)).toEqual([
    'apps/labs/a.ts',
    'apps/b.ts',
    'apps/labs/c.wgsl',
    'd',
    'apps/labs/e.ts',
  ]);
  expect(all.length).toBeGreaterThan(100);
});

it('apps, bench and tests import the engine, the engine imports the shaders, never the other way', () => {
  expect(mayImport({ from: 'engine/a.ts', to: 'apps/b.ts', dynamic: false })).toBe(false);
  expect(mayImport({ from: 'shaders/build/a.ts', to: 'engine/b.ts', dynamic: false })).toBe(false);
  expect(all.filter((one) => !mayImport(one)).map(show)).toEqual([]);
});

it('a room of the engine imports only rooms below it', () => {
  const inside = all.filter(({ from, to }) => from.startsWith('engine/') && to.startsWith('engine/'));
  const rooms = [...new Set(inside.flatMap(({ from, to }) => [from, to]))].filter((file) => floorOf(roomOf(file)) < 0);
  expect(rooms, 'files without a room: name one in ROOM_OF_FILE').toEqual([]);
  const upward = inside.filter(({ from, to }) => {
    const [a, b] = [roomOf(from), roomOf(to)];
    return a !== b && floorOf(b) >= floorOf(a);
  });
  expect(upward.map(show)).toEqual([]);
});

it('files of the engine import each other in no circle, except where they are one recursion', () => {
  const edge = (from: string, to: string): Import => ({ from, to, dynamic: false });
  const graph = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('c', 'd'), edge('d', 'e'), edge('f', 'd'), edge('e', 'g')];
  expect(circlesIn(graph)).toEqual([['a', 'b', 'c']]);
  expect(circlesIn([...graph, edge('g', 'd')])).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e', 'g'],
  ]);
  expect(circlesIn(all.filter(({ from }) => from.startsWith('engine/')))).toEqual(RECURSIVE);
});

it('the engine loads in a page: no DOM library, and Node only in files named for it or on demand', () => {
  const packages = all.filter(
    ({ from, to, dynamic }) => from.startsWith('engine/') && !/^(engine|shaders)\//.test(to) && !dynamic,
  );
  const foreign = packages.filter(({ from, to }) => to !== 'jpeg-js' && !(to.startsWith('node:') && /-node\.ts$/.test(from)));
  expect(foreign.map(show)).toEqual([]);
});

it('every shader is used by a kernel, a benchmark or a page, or included by another', () => {
  const imported = new Set(all.filter(({ from }) => !from.startsWith('tests/')).map(({ to }) => to));
  for (const path of shaderFiles(root)) for (const file of readIncluded(root, path).files) imported.add(file);
  expect(filesIn(root, 'shaders', ['.wgsl']).filter((file) => !imported.has(file))).toEqual([]);
});
