import { defer, forkJoin, map, of, type Observable } from 'rxjs';
import type { StoredMessage } from '../port/message.js';

/** Messages read at a time from either tier. */
const pageSize = 500;
/** The clocks of those who wrote the two tiers may differ: so many ids are remembered, lest one be told twice. */
const mostRemembered = 20_000;

/** Reads on behind a message, by publish time. */
export type ReadOn = (after: string | undefined, max: number) => Observable<readonly StoredMessage[]>;

/** A message, and whether it was the hot tier that had it. */
export interface Found {
  readonly message: StoredMessage;
  readonly isHot: boolean;
}

/** What both tiers have, each message once, by publish time; two pages of either are in memory at most. */
export class ReplayPages {
  readonly #hot: Reading;
  readonly #warm: Reading | undefined;
  readonly #told = new Set<string>();

  /** `warm` undefined: there is none. */
  constructor(hot: ReadOn, warm: ReadOn | undefined) {
    this.#hot = new Reading(hot);
    this.#warm = warm === undefined ? undefined : new Reading(warm);
  }

  /** Whether everything was told. */
  get isOver(): boolean {
    return this.#hot.isOver && this.#warm?.isOver !== false;
  }

  /** At most so many of the next ones; perhaps none, where all that was read was told before. */
  next(max: number): Observable<readonly Found[]> {
    return defer(() => forkJoin([this.#hot.fill(), this.#warm?.fill() ?? of(undefined)])).pipe(map(() => this.#merge(max)));
  }

  /** As long as both show what comes next, or have nothing any more. */
  #merge(max: number): readonly Found[] {
    const found: Found[] = [];
    while (found.length < max && !this.#hot.isDry && this.#warm?.isDry !== true) {
      const [hot, warm] = [this.#hot.peek(), this.#warm?.peek()];
      const isHot = hot !== undefined && (warm === undefined || hot.publishedAt <= warm.publishedAt);
      const message = isHot ? this.#hot.shift() : this.#warm?.shift();
      if (message === undefined) break;
      if (!this.#told.has(message.id)) found.push({ message, isHot });
      this.#remember(message.id);
    }
    return found;
  }

  #remember(id: string): void {
    this.#told.delete(id);
    this.#told.add(id);
    if (this.#told.size <= mostRemembered) return;
    const [oldest] = this.#told;
    if (oldest !== undefined) this.#told.delete(oldest);
  }
}

/** One tier, page by page. */
class Reading {
  readonly #readOn: ReadOn;
  #page: readonly StoredMessage[] = [];
  #at = 0;
  #isLast = false;

  constructor(readOn: ReadOn) {
    this.#readOn = readOn;
  }

  /** Whether it has to be read on before anybody knows what comes next. */
  get isDry(): boolean {
    return this.#at >= this.#page.length && !this.#isLast;
  }

  get isOver(): boolean {
    return this.#at >= this.#page.length && this.#isLast;
  }

  fill(): Observable<void> {
    if (!this.isDry) return of(undefined);
    return this.#readOn(this.#page.at(-1)?.id, pageSize).pipe(map((page) => {
      this.#isLast = page.length < pageSize;
      this.#page = page;
      this.#at = 0;
    }));
  }

  peek(): StoredMessage | undefined {
    return this.#page[this.#at];
  }

  shift(): StoredMessage | undefined {
    return this.#page[this.#at++];
  }
}
