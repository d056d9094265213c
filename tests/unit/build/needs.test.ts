import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../apps/cli/needs/machine.ts';
import { makeAvailable, type Need } from '../../../apps/cli/needs/need.ts';
import { NEEDS } from '../../../apps/cli/needs/table.ts';

/** A machine whose package manager brings the packages in `has`, and what was done with it. */
function machine(has: readonly string[], options: { noPackages?: string; online?: boolean } = {}) {
  const installed = new Set<string>();
  const calls: string[] = [];
  const lines: string[] = [];
  const fake: Machine = {
    noPackages: options.noPackages,
    installPackages(names) {
      calls.push(`install ${names.join(' ')}`);
      if (!names.every((name) => has.includes(name))) return false;
      for (const name of names) installed.add(name);
      return true;
    },
    downloadChrome() {
      calls.push('download');
      if (options.online) installed.add('chromium');
      return options.online === true;
    },
    say: (line) => lines.push(line),
  };
  const need = (what: string, suite: string, brings: string, more: Partial<Need> = {}): Need => ({
    what,
    suites: [suite],
    optional: false,
    find: () => (installed.has(brings) ? { name: `the ${brings}`, env: { [what.toUpperCase()]: brings } } : undefined),
    packages: [brings],
    download: (on) => on.downloadChrome(),
    byHand: `Get ${what}.`,
    ...more,
  });
  const browser = need('browser', 'browser', 'chromium');
  const adapter = need('adapter', 'node', 'chromium');
  const other = need('other', 'browser', 'firefox-esr', { optional: true, download: undefined });
  return { fake, installed, calls, lines, needs: [browser, adapter, other] };
}

describe('what the suites need', () => {
  it('is left alone where it is there, and not looked for by other suites', () => {
    const m = machine([]);
    m.installed.add('chromium').add('firefox-esr');
    const { env, lacking } = makeAvailable(m.needs, ['node', 'browser'], m.fake);
    expect(env).toEqual({ BROWSER: 'chromium', ADAPTER: 'chromium', OTHER: 'firefox-esr' });
    expect([m.calls, lacking.size]).toEqual([[], 0]);
    const none = machine([]);
    expect(makeAvailable(none.needs, ['types', 'lint'], none.fake)).toEqual({ env: {}, lacking: new Map() });
    expect(none.lines).toEqual([]);
  });

  it('is installed by one call, before any suite', () => {
    const m = machine(['chromium', 'firefox-esr']);
    const { env, lacking } = makeAvailable(m.needs, ['node', 'browser'], m.fake);
    expect(m.calls).toEqual(['install chromium firefox-esr']);
    expect(env).toHaveProperty('ADAPTER', 'chromium');
    expect(lacking.size).toBe(0);
    const nodeOnly = machine(['chromium']);
    makeAvailable(nodeOnly.needs, ['node'], nodeOnly.fake);
    expect(nodeOnly.calls).toEqual(['install chromium']);
  });

  it('a package that cannot be had does not take the others along', () => {
    const m = machine(['chromium']);
    const { lacking } = makeAvailable(m.needs, ['node', 'browser'], m.fake);
    expect(m.calls).toEqual(['install chromium firefox-esr', 'install chromium', 'install firefox-esr']);
    expect(lacking.size).toBe(0);
    expect(m.lines.at(-1)).toBe('Skipped by tests: other (could not be installed). Get other.');
  });

  it('is downloaded, once, where packages cannot be installed', () => {
    const m = machine(['chromium'], { noPackages: 'only root may install packages', online: true });
    const { env, lacking } = makeAvailable(m.needs, ['node', 'browser'], m.fake);
    expect(m.calls).toEqual(['download']);
    expect([env.BROWSER, env.ADAPTER, lacking.size]).toEqual(['chromium', 'chromium', 0]);
  });

  it('is named with what to do where it cannot be had, and fails its suites alone', () => {
    const m = machine([], { noPackages: 'only root may install packages' });
    const { lacking } = makeAvailable(m.needs, ['lint', 'node', 'browser'], m.fake);
    expect([...lacking]).toEqual([
      ['browser', 'browser'],
      ['node', 'adapter'],
    ]);
    expect(m.lines).toContain('Missing: adapter (cannot be installed here: only root may install packages). Get adapter.');
  });

  it('has a way by hand for each row of the table, and names suites that exist', () => {
    for (const need of NEEDS) {
      expect(need.byHand).toMatch(/[Ii]nstall/);
      for (const suite of need.suites) expect(['build', 'node', 'browser']).toContain(suite);
    }
    // What lets a suite start must be there before it.
    expect(NEEDS.filter((need) => need.suites.includes('node') && !need.optional)).not.toEqual([]);
  });
});
