/**
 * How long a line has answered without a gap. What counts as a gap depends on who asks (a lease of 30 s does not mind half a second), so the latest gap of each
 * magnitude is kept.
 */
export class LineHealth {
  /** The end of the latest gap of at least 2^n ms. */
  readonly #gapEnds: number[] = [];
  #since: number | undefined = undefined;

  /** The line is up from now on. */
  up(now: number): void {
    this.#since = now;
    this.#gapEnds.length = 0;
  }

  down(): void {
    this.#since = undefined;
  }

  /** Something was answered after so many ms. Short ones cost nothing. */
  answered(afterMs: number, now: number): void {
    if (afterMs < 16) return;
    for (let n = Math.floor(Math.log2(afterMs)); n >= 4 && this.#gapEnds[n] !== now; n -= 1) this.#gapEnds[n] = now;
  }

  /** `waitingMs`: for how long an answer has been owed. */
  healthyForMs(now: number, gapMs: number, waitingMs: number): number | undefined {
    if (this.#since === undefined || waitingMs > gapMs) return undefined;
    let since = this.#since;
    for (let n = Math.max(4, Math.ceil(Math.log2(gapMs))); n < this.#gapEnds.length; n += 1) since = Math.max(since, this.#gapEnds[n] ?? 0);
    return now - since;
  }
}
