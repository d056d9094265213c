/**
 * Who touched which element last. Two accesses of one element by different invocations, one of them a write, must be ordered by a
 * barrier of that address space in their workgroup; nothing orders invocations of two workgroups.
 *
 * An element is a scalar or a whole vector: WGSL lets a write to one component access all of them (section "Memory views").
 *
 * Kept per element: the first writer and reader (of an earlier workgroup, as these run one after the other), the last two different
 * ones of each. That finds every pair but those hidden behind a race of the same element that has been reported already.
 */

/** Most elements of one page of the shadow: large buffers cost only where they are touched. */
const PAGE = 2048;
/** Slots of an element: invocation + 1, position in the source, and the barrier count at that time. */
const FIRST_WRITE = 0;
const LAST_WRITE = 2;
const OTHER_WRITE = 5;
const FIRST_READ = 8;
const LAST_READ = 10;
const OTHER_READ = 13;
const SLOTS = 16;

/** What the shadow has to know of the invocation that accesses, and of the barriers passed. */
export interface Moment {
  /** Number of the invocation, over the whole dispatch. */
  readonly number: number;
  /** Invocations per workgroup. */
  readonly groupSize: number;
  /** Barriers that have been passed so far, of any kind. */
  readonly now: number;
  /** The value of `now` after the last barrier that orders this address space in this workgroup. */
  readonly since: number;
  /** Whether invocations of other workgroups see the same memory. */
  readonly shared: boolean;
}

/** The other access of a race. */
export interface Other {
  readonly number: number;
  readonly at: number;
  readonly writes: boolean;
  readonly otherGroup: boolean;
  /** A barrier lay between the two, but one that orders the other address space. */
  readonly wrongBarrier: boolean;
}

export class Shadow {
  readonly #pages: (Int32Array | undefined)[] = [];

  #slots(element: number): Int32Array {
    const page = Math.floor(element / PAGE);
    let slots = this.#pages[page];
    if (!slots) {
      slots = new Int32Array(PAGE * SLOTS);
      this.#pages[page] = slots;
    }
    return slots;
  }

  /** Whether an invocation of this one's workgroup has written the element. */
  writtenInGroup(element: number, moment: Moment): boolean {
    const writer = this.#slots(element)[(element % PAGE) * SLOTS + LAST_WRITE] as number;
    return writer !== 0 && sameGroup(writer, moment);
  }

  /** @returns the write that this read races with */
  read(element: number, moment: Moment, at: number): Other | undefined {
    const slots = this.#slots(element);
    const base = (element % PAGE) * SLOTS;
    const me = moment.number + 1;
    const race = slots[base + FIRST_WRITE] === 0 ? undefined : conflict(slots, base, moment, true);
    note(slots, base, FIRST_READ, LAST_READ, OTHER_READ, me, at, moment.now);
    return race;
  }

  /** @returns the access that this write races with */
  write(element: number, moment: Moment, at: number): Other | undefined {
    const slots = this.#slots(element);
    const base = (element % PAGE) * SLOTS;
    const me = moment.number + 1;
    const race = conflict(slots, base, moment, true) ?? conflict(slots, base, moment, false);
    note(slots, base, FIRST_WRITE, LAST_WRITE, OTHER_WRITE, me, at, moment.now);
    return race;
  }
}

const sameGroup = (other: number, { number, groupSize }: Moment): boolean =>
  Math.floor((other - 1) / groupSize) === Math.floor(number / groupSize);

/** Looks for a write (or read) by another invocation that nothing orders. */
function conflict(slots: Int32Array, base: number, moment: Moment, writes: boolean): Other | undefined {
  const me = moment.number + 1;
  const [first, last, other] = writes ? [FIRST_WRITE, LAST_WRITE, OTHER_WRITE] : [FIRST_READ, LAST_READ, OTHER_READ];
  const earliest = slots[base + first] as number;
  if (earliest === 0) return undefined;
  for (const slot of [last, other]) {
    const who = slots[base + slot] as number;
    const time = slots[base + slot + 2] as number;
    if (who === 0 || who === me) continue;
    const otherGroup = !sameGroup(who, moment);
    if (otherGroup && !moment.shared) continue;
    if (!otherGroup && time < moment.since) continue;
    return {
      number: who - 1,
      at: slots[base + slot + 1] as number,
      writes,
      otherGroup,
      wrongBarrier: !otherGroup && time < moment.now,
    };
  }
  if (!moment.shared || sameGroup(earliest, moment)) return undefined;
  return { number: earliest - 1, at: slots[base + first + 1] as number, writes, otherGroup: true, wrongBarrier: false };
}

function note(
  slots: Int32Array,
  base: number,
  first: number,
  last: number,
  other: number,
  me: number,
  at: number,
  now: number,
): void {
  if (slots[base + first] === 0) {
    slots[base + first] = me;
    slots[base + first + 1] = at;
  }
  const before = slots[base + last] as number;
  if (before !== me && before !== 0) {
    slots[base + other] = before;
    slots[base + other + 1] = slots[base + last + 1] as number;
    slots[base + other + 2] = slots[base + last + 2] as number;
  }
  slots[base + last] = me;
  slots[base + last + 1] = at;
  slots[base + last + 2] = now;
}
