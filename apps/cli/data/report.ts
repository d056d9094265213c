/** How the data command talks: lines for what happened, one moving line for what is under way. */

/** Where messages go. */
export interface Reporter {
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** The state of something long; replaced by the next state, or by `say`. */
  readonly progress: (what: string, done: number, total: number | undefined) => void;
}

/** A reporter that says nothing. */
export const silent: Reporter = { say: () => {}, progress: () => {} };

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** A reporter for the terminal; without one (a log file) the moving line becomes a line at every tenth. */
export function terminalReporter(): Reporter {
  const moving = process.stdout.isTTY === true;
  let open = false;
  let lastTenth = -1;
  const close = (): void => {
    if (open) process.stdout.write('\r\x1b[2K');
    open = false;
  };
  return {
    say(line) {
      close();
      process.stdout.write(`${line}\n`);
    },
    progress(what, done, total) {
      const share = total ? done / total : undefined;
      const amount = total ? `${mebibytes(done)} of ${mebibytes(total)}` : mebibytes(done);
      if (moving) {
        const width = 24;
        const full = Math.round((share ?? 0) * width);
        const bar = share === undefined ? '' : `[${'█'.repeat(full)}${'░'.repeat(width - full)}] ${Math.floor(share * 100)} % `;
        process.stdout.write(`\r\x1b[2K  ${what} ${bar}${amount}`);
        open = true;
        return;
      }
      const tenth = Math.floor((share ?? 0) * 10);
      if (tenth !== lastTenth) process.stdout.write(`  ${what} ${amount}\n`);
      lastTenth = tenth;
    },
  };
}
