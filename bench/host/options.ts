/** The command line of the benchmark. */

export interface BenchOptions {
  readonly node: boolean;
  readonly quick: boolean;
  readonly only: RegExp | undefined;
  readonly libraries: readonly string[] | undefined;
  readonly readme: boolean;
  readonly compare: string | undefined;
  readonly batches: number;
  /** What a contender may take for a case: an execution that is under way is waited for. */
  readonly caseSeconds: number;
  /** No case starts later than this many minutes after the beginning. */
  readonly minutes: number;
  /** Leave out the fresh-browser measurement of the first step. */
  readonly firstStep: boolean;
  /** Time the kernels of each training step of the engine one by one. */
  readonly profile: boolean;
  /** Measure variants of the engine's kernels before each case instead of going by the built-in table and the rules. */
  readonly tune: boolean;
  readonly recordLosses: boolean;
  /** Time the rungs of every ladder on this device instead of anything else. */
  readonly rungs: 'wasm' | 'webgpu' | undefined;
  /** Print the report of an existing result file instead of measuring. */
  readonly report: string | undefined;
}

/** Room for 9 batches of a step of 4 s; a peer that takes 17 s for one, as on a software adapter, still has one batch. */
export const CASE_SECONDS = 60;

export const USAGE = `npm run bench -- [options]
  --quick             a few cases and batches; marked as partial
  --only PATTERN      the cases whose name matches the regular expression
  --libraries A,B     the contenders whose name begins with one of these, such as "jax-js,tfjs webgpu"
  --batches N         batches per contender and case (default 9, with --quick 5)
  --case-seconds N    what a contender may take for a case (default ${CASE_SECONDS}): fewer batches and compared losses where it is slow
  --minutes N         start no further case after N minutes; the result is marked as interrupted
  --no-first-step     leave out the first training step in a fresh browser
  --no-profile        leave out the kernels of the engine's training steps one by one (some 20 s per network)
  --tune              measure variants of the engine's kernels before each case; default: built-in table and rules
  --compare FILE      ratios to an earlier result file
  --readme            put a short table into README.md
  --report FILE       no measurement: print the report of a result file (also with --readme, --compare)
  --node              in Node instead of Chrome: the engine, and PyTorch where python3 has it, without the other peers
  --rungs DEVICE      in Node, nothing else: every rung of every ladder on wasm (one thread) or webgpu
  --record-losses     compute the stored losses of the training cases with tfjs on the CPU
`;

/** @throws RangeError on an unknown option, a missing value or a bad number */
export function parseOptions(args: readonly string[]): BenchOptions {
  const rest = [...args];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const takesValue = ['--only', '--libraries', '--batches', '--case-seconds', '--minutes', '--compare', '--report', '--rungs'];
  const known = [
    '--quick',
    '--no-first-step',
    '--no-profile',
    '--readme',
    '--node',
    '--tune',
    '--record-losses',
    '--help',
    ...takesValue,
  ];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!known.includes(arg)) throw new RangeError(`unknown option '${arg}'\n${USAGE}`);
    if (!takesValue.includes(arg)) flags.add(arg);
    else {
      const value = rest.shift();
      if (value === undefined) throw new RangeError(`${arg} needs a value`);
      values.set(arg, value);
    }
  }
  const quick = flags.has('--quick');
  const batches = Number(values.get('--batches') ?? (quick ? 5 : 9));
  if (!Number.isInteger(batches) || batches < 1) throw new RangeError(`--batches needs a positive integer`);
  const minutes = Number(values.get('--minutes') ?? Number.POSITIVE_INFINITY);
  if (!(minutes > 0)) throw new RangeError(`--minutes needs a positive number`);
  const caseSeconds = Number(values.get('--case-seconds') ?? CASE_SECONDS);
  if (!(caseSeconds > 0)) throw new RangeError(`--case-seconds needs a positive number`);
  const only = values.get('--only');
  const rungs = values.get('--rungs');
  if (rungs !== undefined && rungs !== 'wasm' && rungs !== 'webgpu') throw new RangeError('--rungs needs wasm or webgpu');
  return {
    quick,
    batches,
    caseSeconds,
    minutes,
    node: flags.has('--node'),
    tune: flags.has('--tune'),
    readme: flags.has('--readme'),
    firstStep: !flags.has('--no-first-step'),
    profile: !flags.has('--no-profile'),
    rungs,
    recordLosses: flags.has('--record-losses'),
    only: only === undefined ? undefined : new RegExp(only, 'i'),
    libraries: values
      .get('--libraries')
      ?.split(',')
      .map((name) => name.trim()),
    compare: values.get('--compare'),
    report: values.get('--report'),
  };
}

export function selectContenders(all: readonly string[], options: Pick<BenchOptions, 'libraries'>): string[] {
  const { libraries } = options;
  if (!libraries) return [...all];
  const selected = all.filter((id) => libraries.some((wanted) => id.startsWith(wanted)));
  for (const wanted of libraries) {
    if (!all.some((id) => id.startsWith(wanted))) throw new RangeError(`no library '${wanted}'; there are: ${all.join(', ')}`);
  }
  return selected;
}

export function selectCases<T extends { name: string; quick: boolean }>(
  all: readonly T[],
  options: Pick<BenchOptions, 'only' | 'quick'>,
): T[] {
  if (options.only) return all.filter((one) => options.only?.test(one.name));
  return options.quick ? all.filter((one) => one.quick) : [...all];
}
