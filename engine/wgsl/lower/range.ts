/**
 * Intervals of 32-bit integers. A node of type i32 has bits, not a sign: an interval [lo, hi] with −2³¹ ≤ lo ≤ hi < 2³² says that some
 * integer in it is congruent to the bits modulo 2³². Sums and products therefore need no sign; comparisons and divisions pick one.
 */
export interface Range {
  readonly lo: number;
  readonly hi: number;
}

const MODULUS = 2 ** 32;
const HALF = 2 ** 31;

export const FULL: Range = { lo: 0, hi: MODULUS - 1 };
export const BOOL: Range = { lo: 0, hi: 1 };

/** The interval of exact integer results, brought into bounds by a multiple of 2³² where that is possible. */
export function ring(lo: number, hi: number): Range {
  if (!(hi - lo < MODULUS - 1) || !Number.isSafeInteger(lo) || !Number.isSafeInteger(hi)) return FULL;
  const shift = lo < -HALF ? Math.ceil((-HALF - lo) / MODULUS) : lo >= MODULUS ? -Math.floor(lo / MODULUS) : 0;
  const [low, high] = [lo + shift * MODULUS, hi + shift * MODULUS];
  return high < MODULUS
    ? { lo: low, hi: high }
    : high - MODULUS < MODULUS && low - MODULUS >= -HALF
      ? { lo: low - MODULUS, hi: high - MODULUS }
      : FULL;
}

export const exactly = (value: number): Range => ({ lo: value, hi: value });

/** The values as u32. */
export function unsigned({ lo, hi }: Range): Range {
  if (lo >= 0) return { lo, hi };
  return hi < 0 ? { lo: lo + MODULUS, hi: hi + MODULUS } : FULL;
}

/** The values as i32. */
export function signed({ lo, hi }: Range): Range {
  if (hi < HALF) return { lo, hi };
  return lo >= HALF ? { lo: lo - MODULUS, hi: hi - MODULUS } : { lo: -HALF, hi: HALF - 1 };
}

export const isConstant = ({ lo, hi }: Range): boolean => lo === hi;

/** Both hold; where they seem to contradict each other (unreachable code), the second. */
export function intersect(a: Range, b: Range): Range {
  if (a === FULL) return b;
  if (b === FULL) return a;
  // One of the two may be written 2³² off.
  if (a.lo < 0 && b.lo >= HALF && a.hi < 0) return intersect(unsigned(a), b);
  if (b.lo < 0 && a.lo >= HALF && b.hi < 0) return intersect(a, unsigned(b));
  // Only intervals within one signed or one unsigned window have a meaning in common.
  const common = (a.lo >= 0 && b.lo >= 0) || (a.hi < HALF && b.hi < HALF);
  if (!common) return a.hi - a.lo <= b.hi - b.lo ? a : b;
  const lo = Math.max(a.lo, b.lo);
  const hi = Math.min(a.hi, b.hi);
  return lo <= hi ? { lo, hi } : b;
}

export function union(a: Range, b: Range): Range {
  if (a === FULL || b === FULL) return FULL;
  return ring(Math.min(a.lo, b.lo), Math.max(a.hi, b.hi));
}

const nextMask = (value: number): number => 2 ** Math.ceil(Math.log2(value + 1)) - 1;

/** The interval of an i32 instruction's result. */
export function transfer(op: string, args: readonly Range[]): Range {
  const [a = FULL, b = FULL, c = FULL] = args;
  switch (op) {
    case 'i32.add':
      return ring(a.lo + b.lo, a.hi + b.hi);
    case 'i32.sub':
      return ring(a.lo - b.hi, a.hi - b.lo);
    case 'i32.mul': {
      const corners = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi];
      return ring(Math.min(...corners), Math.max(...corners));
    }
    case 'i32.div_u': {
      const [x, y] = [unsigned(a), unsigned(b)];
      return y.lo < 1 ? { lo: 0, hi: x.hi } : { lo: Math.floor(x.lo / y.hi), hi: Math.floor(x.hi / y.lo) };
    }
    case 'i32.rem_u': {
      const [x, y] = [unsigned(a), unsigned(b)];
      if (y.lo > x.hi) return x;
      return { lo: 0, hi: Math.min(x.hi, Math.max(y.hi - 1, 0)) };
    }
    case 'i32.div_s': {
      const [x, y] = [signed(a), signed(b)];
      if (y.lo < 1) return FULL;
      const corners = [x.lo / y.lo, x.lo / y.hi, x.hi / y.lo, x.hi / y.hi].map(Math.trunc);
      return { lo: Math.min(...corners), hi: Math.max(...corners) };
    }
    case 'i32.rem_s': {
      const [x, y] = [signed(a), signed(b)];
      if (y.lo < 1) return FULL;
      const most = y.hi - 1;
      return { lo: x.lo >= 0 ? 0 : Math.max(-most, x.lo), hi: x.hi <= 0 ? 0 : Math.min(most, x.hi) };
    }
    case 'i32.shl':
      return isConstant(b) ? transfer('i32.mul', [a, exactly(2 ** (b.lo & 31))]) : FULL;
    case 'i32.shr_u': {
      const x = unsigned(a);
      if (!isConstant(b)) return { lo: 0, hi: x.hi };
      const d = 2 ** (b.lo & 31);
      return { lo: Math.floor(x.lo / d), hi: Math.floor(x.hi / d) };
    }
    case 'i32.shr_s': {
      const x = signed(a);
      if (!isConstant(b)) return { lo: Math.min(x.lo, 0), hi: Math.max(x.hi, 0) };
      const d = 2 ** (b.lo & 31);
      return { lo: Math.floor(x.lo / d), hi: Math.floor(x.hi / d) };
    }
    case 'i32.and': {
      return { lo: 0, hi: Math.min(unsigned(a).hi, unsigned(b).hi) };
    }
    case 'i32.or': {
      const [x, y] = [unsigned(a), unsigned(b)];
      return { lo: Math.max(x.lo, y.lo), hi: nextMask(Math.max(x.hi, y.hi)) };
    }
    case 'i32.xor': {
      return { lo: 0, hi: nextMask(Math.max(unsigned(a).hi, unsigned(b).hi)) };
    }
    case 'min_u': {
      const [x, y] = [unsigned(a), unsigned(b)];
      return { lo: Math.min(x.lo, y.lo), hi: Math.min(x.hi, y.hi) };
    }
    case 'max_u': {
      const [x, y] = [unsigned(a), unsigned(b)];
      return { lo: Math.max(x.lo, y.lo), hi: Math.max(x.hi, y.hi) };
    }
    case 'min_s': {
      const [x, y] = [signed(a), signed(b)];
      return { lo: Math.min(x.lo, y.lo), hi: Math.min(x.hi, y.hi) };
    }
    case 'max_s': {
      const [x, y] = [signed(a), signed(b)];
      return { lo: Math.max(x.lo, y.lo), hi: Math.max(x.hi, y.hi) };
    }
    case 'select':
      if (isConstant(c)) return c.lo === 0 ? b : a;
      return union(a, b);
    case 'i32.clz':
    case 'i32.ctz':
    case 'i32.popcnt':
      return { lo: 0, hi: 32 };
    case 'i32x4.bitmask':
      return { lo: 0, hi: 15 };
    case 'i32.eqz':
      return isConstant(a) ? exactly(Number(a.lo === 0)) : a.lo > 0 || a.hi < 0 ? exactly(0) : BOOL;
    case 'i32.eq':
    case 'i32.ne':
    case 'i32.lt_u':
    case 'i32.le_u':
    case 'i32.gt_u':
    case 'i32.ge_u':
    case 'i32.lt_s':
    case 'i32.le_s':
    case 'i32.gt_s':
    case 'i32.ge_s': {
      const known = compare(op, a, b);
      return known === undefined ? BOOL : exactly(Number(known));
    }
    case 'f32.eq':
    case 'f32.ne':
    case 'f32.lt':
    case 'f32.le':
    case 'f32.gt':
    case 'f32.ge':
    case 'v128.any_true':
    case 'i32x4.all_true':
      return BOOL;
    default:
      return FULL;
  }
}

/** What a comparison gives wherever the intervals alone decide it. */
export function compare(op: string, a: Range, b: Range): boolean | undefined {
  if (op === 'i32.eq' || op === 'i32.ne') {
    const [x, y] = a.lo < 0 || b.lo < 0 ? [signed(a), signed(b)] : [a, b];
    if (x.hi < y.lo || y.hi < x.lo) return op === 'i32.ne';
    if (isConstant(x) && isConstant(y)) return op === 'i32.eq';
    return undefined;
  }
  const view = op.endsWith('_u') ? unsigned : signed;
  const [x, y] = [view(a), view(b)];
  switch (op.slice(4, 6)) {
    case 'lt':
      return x.hi < y.lo ? true : x.lo >= y.hi ? false : undefined;
    case 'le':
      return x.hi <= y.lo ? true : x.lo > y.hi ? false : undefined;
    case 'gt':
      return x.lo > y.hi ? true : x.hi <= y.lo ? false : undefined;
    default:
      return x.lo >= y.hi ? true : x.hi < y.lo ? false : undefined;
  }
}
