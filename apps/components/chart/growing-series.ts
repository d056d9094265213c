/** A curve that grows: amortised doubling of two typed arrays, read through views without a copy. */
export class GrowingSeries {
  private xs = new Float64Array(256);
  private ys = new Float64Array(256);
  private count = 0;

  get length(): number {
    return this.count;
  }
  /** View of the x values; valid until the next `push`. */
  get x(): Float64Array {
    return this.xs.subarray(0, this.count);
  }
  get y(): Float64Array {
    return this.ys.subarray(0, this.count);
  }

  /** @throws RangeError where x does not ascend: charts need sorted x */
  push(x: number, y: number): void {
    if (this.count > 0 && x < (this.xs[this.count - 1] as number)) {
      throw new RangeError(`x must ascend: ${x} after ${this.xs[this.count - 1]}`);
    }
    if (this.count === this.xs.length) {
      const [xs, ys] = [this.xs, this.ys];
      this.xs = new Float64Array(this.count * 2);
      this.ys = new Float64Array(this.count * 2);
      this.xs.set(xs);
      this.ys.set(ys);
    }
    this.xs[this.count] = x;
    this.ys[this.count] = y;
    this.count++;
  }

  clear(): void {
    this.count = 0;
  }
}
