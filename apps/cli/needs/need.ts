/** Makes what the suites need available before they run: looks, installs what is missing in one go, and looks again. */
import type { Machine } from './machine.ts';

/** Something that suites need of the machine. */
export interface Need {
  readonly what: string;
  /** The suites that need it. */
  readonly suites: readonly string[];
  /** True where tests skip what needs it; without something else its suites fail. */
  readonly optional: boolean;
  /**
   * Looks for it.
   * @returns how to call what was found, with the variables that the suites' processes get; undefined where it is missing
   */
  readonly find: () => Found | undefined;
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  /** Another way to install it, which needs no rights. */
  readonly download: ((machine: Machine) => boolean) | undefined;
  /** What a person can do. */
  readonly byHand: string;
}

export interface Found {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What came of it. */
export interface Availability {
  /** Variables for the processes of the suites. */
  readonly env: Readonly<Record<string, string>>;
  /** Suite → what it lacks. Suites that lack nothing are not listed. */
  readonly lacking: ReadonlyMap<string, string>;
}

/**
 * Makes everything that `suites` need available: by one call of the package manager where this is allowed, else by a download.
 *
 * @param needs in the order in which they build on one another: a later one is looked for after an earlier one was installed
 * @returns what the suites' processes get, and what could not be had, after saying what to do about it
 */
export function makeAvailable(needs: readonly Need[], suites: readonly string[], machine: Machine): Availability {
  const wanted = needs.filter((need) => need.suites.some((suite) => suites.includes(suite)));
  const found = new Map<Need, Found>();
  const look = (): Need[] =>
    wanted.filter((need) => {
      const known = found.get(need) ?? need.find();
      if (known && !found.has(need)) machine.say(`${need.what}: ${known.name}`);
      if (known) found.set(need, known);
      return known === undefined;
    });

  let missing = look();
  const packages = [...new Set(missing.flatMap((need) => need.packages))];
  if (packages.length > 0 && machine.noPackages === undefined) {
    const names = missing.filter((need) => need.packages.length > 0).map((need) => need.what);
    machine.say(`Missing: ${names.join(', ')}. Installing ${packages.join(', ')} with apt-get.`);
    if (!machine.installPackages(packages) && packages.length > 1) {
      // One package that cannot be had must not take the others along.
      for (const name of packages) machine.installPackages([name]);
    }
    missing = look();
  }
  for (const need of wanted) {
    // What the last one brought may have been all that was missing.
    if (!need.download || !missing.includes(need)) continue;
    machine.say(`Missing: ${need.what}. Downloading it.`);
    if (need.download(machine)) missing = look();
  }

  const lacking = new Map<string, string>();
  for (const need of missing) {
    const reason =
      machine.noPackages === undefined ? 'could not be installed' : `cannot be installed here: ${machine.noPackages}`;
    machine.say(`${need.optional ? 'Skipped by tests' : 'Missing'}: ${need.what} (${reason}). ${need.byHand}`);
    if (!need.optional) {
      for (const suite of need.suites) lacking.set(suite, [lacking.get(suite), need.what].filter(Boolean).join(' and '));
    }
  }
  return { env: Object.assign({}, ...[...found.values()].map(({ env }) => env)) as Record<string, string>, lacking };
}
