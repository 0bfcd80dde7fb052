import { tooMany, type Owed, type Span } from './owed.js';
import type { GuardRecord, OwedMessages, OwedValue } from './record.js';

/** The most names of a record; what is beyond is only known to have been there. */
const maxNames = 1_000;

/** From so many on a record names only what is owed now: who writes one key after the other would carry all of them along. */
const mostKept = 50;

/** Called once it is owed no longer; again does nothing. */
export type Release = () => void;

interface Entry {
  readonly owed: Owed;
  /** How many that began under a page are not copied yet; by the page's time, the oldest first. */
  readonly open: Map<number, number>;
  due: Span | undefined;
  usedAt: number;
}

/** A record that is stored, and what it covers. */
export class Page {
  /** The backend's time when it was written: what begins under it is not older. */
  readonly since: number;
  /** When it was sent, by our clock. */
  readonly sentAt: number;
  readonly #offsetMs: number;
  readonly #names: ReadonlyMap<string, Span | undefined>;

  constructor(since: number, sentAt: number, offsetMs: number, names: ReadonlyMap<string, Span | undefined>) {
    this.since = since;
    this.sentAt = sentAt;
    this.#offsetMs = offsetMs;
    this.#names = names;
  }

  covers({ id, due }: Owed, now: number): boolean {
    if (!this.has(id)) return false;
    if (due === undefined) return true;
    const noted = this.#names.get(id);
    const { from, to } = due(this.backendTime(now));
    return noted !== undefined && noted.from <= from && to <= noted.to;
  }

  has(id: string): boolean {
    return this.#names.has(id);
  }

  backendTime(now: number): number {
    return now + this.#offsetMs;
  }

  /** What the draft covers too. */
  without({ names }: Draft): Page {
    return new Page(this.since, this.sentAt, this.#offsetMs, new Map([...this.#names].filter(([id]) => names.has(id))));
  }
}

/** A record on its way. */
export interface Draft {
  readonly record: Omit<GuardRecord, 'retentionDays'>;
  readonly names: ReadonlyMap<string, Span | undefined>;
}

/** What a client owes to the warm tier, by name, and since when. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();

  get isOwing(): boolean {
    return [...this.#entries.values()].some(({ open }) => open.size > 0);
  }

  /** It has a name here from now on, or is one of too many. */
  named(owed: Owed, now: number): Owed {
    const found = this.#entries.get(owed.id);
    if (found !== undefined) {
      found.usedAt = now;
      return owed;
    }
    if (this.#entries.size >= maxNames && owed !== tooMany) return this.named(tooMany, now);
    this.#entries.set(owed.id, { owed, open: new Map(), due: undefined, usedAt: now });
    return owed;
  }

  /** It is owed from now on. */
  begin({ id }: Owed, { since }: Page): Release {
    const entry = this.#entries.get(id);
    if (entry === undefined) return () => undefined;
    const { open } = entry;
    open.set(since, (open.get(since) ?? 0) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (open.get(since) ?? 1) - 1;
      if (left > 0) open.set(since, left);
      else open.delete(since);
    };
  }

  /** Takes out what is not owed and was not named since. Whether something is left. */
  forgetIdle(since: number): boolean {
    for (const [id, { open, usedAt }] of this.#entries) if (open.size === 0 && usedAt <= since) this.#entries.delete(id);
    return this.#entries.size > 0;
  }

  /** What a record says now; `waiting` wait for it, `page` is the one before. */
  draft(waiting: readonly Owed[], page: Page | undefined, now: number): Draft {
    for (const { id, due } of waiting) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      entry.usedAt = now;
      if (due !== undefined) entry.due = united(entry.due, due(page?.backendTime(now) ?? now));
    }
    if (this.#entries.size > mostKept) this.forgetIdle(now - 1);
    const messages: OwedMessages[] = [];
    const values: OwedValue[] = [];
    let more: GuardRecord['more'];
    const names = new Map<string, Span | undefined>();
    for (const [id, { owed, open, due }] of this.#entries) {
      // The first that is open is the oldest. What was covered and is not open may be about to begin under the page.
      const [oldest = page?.has(id) === true ? page.since : undefined] = open.keys();
      if (owed.kind === 'messages') messages.push({ topic: owed.topic, since: oldest, due });
      else if (owed.kind === 'value') values.push({ key: owed.key, ...owed.settings, since: oldest });
      else more = { since: oldest };
      names.set(id, due);
    }
    return { record: { messages, values, more }, names };
  }
}

function united(one: Span | undefined, other: Span): Span {
  return one === undefined ? other : { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
}
