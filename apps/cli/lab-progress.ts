/** The progress line of a run on a terminal; a line now and then where the output is a file. */
import { Eta, formatDuration } from '../components/transport-bar/eta.ts';
import type { LabEvent } from '../runtime/events.ts';

export interface LabProgress {
  event(event: LabEvent): void;
  print(message: string): void;
  end(): void;
}

const width = 24;
const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
};

/** @param title of the lab, printed once */
export function labProgress(title: string, out: NodeJS.WriteStream = process.stderr): LabProgress {
  const terminal = out.isTTY === true;
  const interval = terminal ? 100 : 10_000;
  const eta = new Eta();
  let phase = '';
  let line = '';
  let last = 0;
  out.write(`${title}\n`);

  const show = (text: string, force: boolean) => {
    line = text;
    const now = performance.now();
    if (!force && now - last < interval) return;
    last = now;
    out.write(terminal ? `\r\x1b[2K${line}` : `${line}\n`);
  };
  const print = (message: string) => {
    out.write(terminal ? `\r\x1b[2K${message}\n${line}` : `${message}\n`);
  };
  return {
    event(event) {
      if (event.type === 'phase') {
        const fresh = event.name !== phase;
        phase = event.name;
        if (fresh) eta.reset();
        const share = event.progress === undefined ? '' : ` ${bar(event.progress)} ${Math.round(event.progress * 100)} %`;
        show(`${phase}${share}${event.detail ? ` ${event.detail}` : ''}`, fresh);
      } else if (event.type === 'step') {
        eta.add(event.step, performance.now());
        const left = eta.remaining(event.total);
        const of = event.total ? `${bar(event.step / event.total)} ${event.step}/${event.total}` : `step ${event.step}`;
        const loss = event.loss === undefined ? '' : `  loss ${Number(event.loss.toPrecision(4))}`;
        show(
          `${phase || 'run'} ${of}${loss}${left === undefined ? '' : `  ≈ ${formatDuration(left)} left`}`,
          event.step === event.total,
        );
      } else if (event.type === 'status' && (event.level === 'note' || event.level === 'warning')) {
        print(`${event.level}: ${event.message}`);
      }
    },
    print,
    end() {
      if (terminal) out.write('\r\x1b[2K');
    },
  };
}
