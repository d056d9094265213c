/**
 * `npm run data`: fills the data folder from the first source that has each set, and makes the packs that pages load.
 *
 *   npm run data                          everything usual (MNIST, Fashion-MNIST, CIFAR-10, Tiny Darknet, photographs)
 *   npm run data -- --set mnist,cifar-10  these only, also when an earlier attempt failed
 *   npm run data -- --list                what is here, and what could be
 *   --all        also what is large (Imagenette)
 *   --refresh    make everything anew
 *   --auto       as other commands call it: no downloads above 50 MB
 *   --quiet      only errors
 */
import { performance } from 'node:perf_hooks';
import { cifar10 } from './data/cifar10.ts';
import { dataFolder } from './data/folders.ts';
import { fashionMnist, mnist } from './data/idx-sets.ts';
import { imagenette } from './data/imagenette.ts';
import { isIntact, type Manifest, readManifest, type SetRecord, writeManifest } from './data/manifest.ts';
import { photos } from './data/photos.ts';
import { photosFree } from './data/photos-free.ts';
import { type Recipe, Unavailable } from './data/recipe.ts';
import { type Reporter, silent, terminalReporter } from './data/report.ts';
import { tinyDarknet } from './data/tiny-darknet.ts';

/** Every set that the command knows. */
const RECIPES: readonly Recipe[] = [mnist, fashionMnist, cifar10, tinyDarknet, imagenette, photosFree, photos];

/** Largest download that a command starts by itself. */
const AUTOMATIC_DOWNLOAD = 50e6;

/** After a download failed, this long nobody tries again unless asked to. */
const RETRY_MS = 6 * 3600e3;

/** Options of `prepareData`. */
export interface PrepareOptions {
  /** Names of sets; all usual ones when left out. Naming a set allows its download, however large. */
  readonly sets?: readonly string[];
  readonly quiet?: boolean;
  readonly refresh?: boolean;
  /** Also sets that are not usual. */
  readonly all?: boolean;
  /** Download nothing above 50 MB. */
  readonly auto?: boolean;
}

/** What became of one set. */
export interface SetReport {
  readonly name: string;
  readonly title: string;
  /** 'ready': it was there; 'prepared': it is there now; 'missing': no source had it. */
  readonly status: 'ready' | 'prepared' | 'missing';
  readonly record?: SetRecord;
  /** Why it is missing and what to do. */
  readonly reason?: string;
  readonly seconds: number;
}

/** What became of all. */
export interface DataReport {
  readonly folder: string;
  readonly sets: readonly SetReport[];
}

function chooseRecipes({ sets, all }: PrepareOptions): readonly Recipe[] {
  if (!sets) return RECIPES.filter((recipe) => recipe.usual || all);
  const unknown = sets.filter((name) => !RECIPES.some((recipe) => recipe.name === name));
  if (unknown.length > 0) {
    throw new Error(`unknown set ${unknown.join(', ')}; known are ${RECIPES.map((recipe) => recipe.name).join(', ')}`);
  }
  return RECIPES.filter((recipe) => sets.includes(recipe.name));
}

/** A line about a set that is there. */
function describe({ title, record }: { title: string; record: SetRecord }): string {
  const { counts = {}, published = {}, source, verified, note, packs } = record;
  const splits = Object.entries(counts).map(([split, count]) => {
    const of = published[split];
    return `${count}${of && of !== count ? ` of ${of}` : ''} ${split === 'all' ? 'images' : split}`;
  });
  const megabytes = packs.reduce((sum, pack) => sum + pack.bytes, 0) / 1e6;
  const parts = [
    ...splits,
    `from ${source}`,
    ...(verified === true ? ['SHA-256 verified'] : []),
    ...(megabytes > 0 ? [`${megabytes.toFixed(1)} MB of packs`] : []),
    ...(note ? [note] : []),
  ];
  return `${title}: ${parts.join('; ')}`;
}

function recentFailure(manifest: Manifest, name: string): string | undefined {
  const failure = manifest.failures[name];
  return failure && Date.now() - Date.parse(failure.at) < RETRY_MS ? failure.reason : undefined;
}

async function prepareOne(recipe: Recipe, manifest: Manifest, options: PrepareOptions, reporter: Reporter): Promise<SetReport> {
  const { name, title } = recipe;
  const started = performance.now();
  const finish = (rest: Pick<SetReport, 'status' | 'record' | 'reason'>): SetReport => ({
    name,
    title,
    ...rest,
    seconds: (performance.now() - started) / 1000,
  });
  const named = options.sets?.includes(name) ?? false;
  const failure = named || options.refresh ? undefined : recentFailure(manifest, name);
  const maxDownload = failure ? 0 : options.auto && !named ? AUTOMATIC_DOWNLOAD : Number.POSITIVE_INFINITY;
  try {
    const record = await recipe.prepare({ reporter, maxDownload });
    return finish({ status: 'prepared', record });
  } catch (error) {
    if (!(error instanceof Unavailable)) {
      const { message } = error as Error;
      return finish({ status: 'missing', reason: `${message}` });
    }
    if (error.asked) manifest.failures[name] = { at: new Date().toISOString(), reason: error.message };
    return finish({
      status: 'missing',
      reason: failure ? `${failure}; to try again: npm run data -- --set ${name}` : error.message,
    });
  }
}

/**
 * Makes sure that data sets are there: quick when they are, otherwise from the first source that has them.
 *
 * @returns what became of each set; a set that cannot be had does not stop the others
 * @throws Error for an unknown name
 */
export async function prepareData(options: PrepareOptions = {}): Promise<DataReport> {
  const reporter = options.quiet ? silent : terminalReporter();
  const recipes = chooseRecipes(options);
  const manifest = await readManifest(dataFolder);
  const reports: SetReport[] = [];
  let changed = false;
  for (const recipe of recipes) {
    const known = manifest.sets[recipe.name];
    if (known && !options.refresh && (await isIntact(dataFolder, known))) {
      reports.push({ name: recipe.name, title: recipe.title, status: 'ready', record: known, seconds: 0 });
      continue;
    }
    const failed = manifest.failures[recipe.name];
    const report = await prepareOne(recipe, manifest, options, reporter);
    reports.push(report);
    const { record } = report;
    if (record) {
      manifest.sets[recipe.name] = record;
      delete manifest.failures[recipe.name];
      reporter.say(`${describe({ title: report.title, record })} (${report.seconds.toFixed(1)} s)`);
    } else {
      delete manifest.sets[recipe.name];
      const again = `npm run data -- --set ${recipe.name}`;
      const advice = report.reason?.includes(again) ? '' : `; to try again: ${again}`;
      reporter.say(`${report.title}: missing; ${report.reason}${advice}`);
    }
    changed ||= record !== undefined || known !== undefined || manifest.failures[recipe.name] !== failed;
    // Written after each set: what is done stays done when the next download is interrupted.
    if (changed) await writeManifest(dataFolder, manifest);
  }
  return { folder: dataFolder, sets: reports };
}

async function list(): Promise<void> {
  const { sets, failures } = await readManifest(dataFolder);
  for (const { name, title, download } of RECIPES) {
    const record = sets[name];
    const here = record !== undefined && (await isIntact(dataFolder, record));
    if (here) console.log(`${name.padEnd(14)} ${describe({ title, record })}`);
    else {
      const size = download > 0 ? `download of ${Math.round(download / 1e6)} MB` : 'no download known';
      const failure = failures[name] ? `; last attempt: ${failures[name].reason}` : '';
      console.log(`${name.padEnd(14)} ${title}: not here; ${size}${failure}`);
    }
  }
}

function parseArguments(args: readonly string[]): PrepareOptions & { list: boolean } {
  const flags = new Set(['--list', '--quiet', '--refresh', '--all', '--auto']);
  const sets: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [name, value] = (args[i] ?? '').split('=', 2) as [string, string | undefined];
    if (name === '--set') {
      const names = value ?? args[++i];
      if (!names) throw new Error('--set needs names, for example --set mnist,cifar-10');
      sets.push(...names.split(',').map((set) => set.trim()));
    } else if (!flags.has(name)) throw new Error(`unknown argument ${args[i]}; known are --set NAMES, ${[...flags].join(', ')}`);
  }
  const has = (flag: string): boolean => args.includes(flag);
  return {
    ...(sets.length > 0 ? { sets } : {}),
    quiet: has('--quiet'),
    refresh: has('--refresh'),
    all: has('--all'),
    auto: has('--auto'),
    list: has('--list'),
  };
}

/**
 * The command.
 *
 * @returns exit code: 0 unless nothing at all could be prepared, 2 for wrong arguments
 */
export async function main(args: readonly string[]): Promise<number> {
  let options: ReturnType<typeof parseArguments>;
  try {
    options = parseArguments(args);
    chooseRecipes(options);
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  if (options.list) {
    await list();
    return 0;
  }
  const { sets } = await prepareData(options);
  // Each set that was prepared or is missing has had its line; those that were there have not.
  const ready = sets.filter(({ status }) => status === 'ready').map(({ title }) => title);
  if (!options.quiet && ready.length > 0) console.log(`Data: ${ready.join(', ')}`);
  const here = sets.filter(({ status }) => status !== 'missing');
  if (here.length === 0) {
    const reasons = options.quiet ? `: ${sets.map(({ title, reason }) => `${title}: ${reason}`).join('; ')}` : '; see above';
    console.error(`No data set could be prepared${reasons}`);
  }
  return here.length > 0 ? 0 : 1;
}
