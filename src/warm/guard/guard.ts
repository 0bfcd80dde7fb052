import { Observable, catchError, concatMap, defer, map, of, race, take, tap } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { Broker } from '../../port/broker.js';
import type { KeyWriteAnswer } from '../../port/key-store.js';
import type { Scope } from '../../port/names.js';
import type { CancelTimer, Runtime } from '../../port/runtime.js';
import { Ledger, Page, type Release } from './ledger.js';
import type { Owed } from './owed.js';
import { recordKey, recordText } from './record.js';
import { Register } from './register.js';

/** So often a record is written while something is owed, ms; and so long a name stays in it that is not owed any more. */
export const refreshMs = 2_000;
/** A record that nobody wrote for so long, by the backend's clock, is anybody's, ms. */
export const leaseMs = 20_000;
/** After so long without a written record its owner counts on it no longer: others may be about to take it, ms. */
const trustedMs = leaseMs / 2;

/** How long the end of a client waits for its record to be gone, ms; one that stays costs somebody a look. */
const endMs = 1_000;

/** Whether what is in the backend is there when this process is not. */
export function isOutlived({ capabilities: { durable, shared } }: Pick<Broker, 'capabilities'>): boolean {
  return durable && shared;
}

export interface GuardParts {
  readonly broker: Pick<Broker, 'keys' | 'capabilities'>;
  readonly runtime: Runtime;
  readonly scope: Scope;
  /** How long copies of messages are kept, days. */
  readonly retentionDays: number;
  /** Of this client; no other has it. */
  readonly id: string;
}

interface Waiter {
  readonly owed: Owed;
  go(page: Page): void;
  fail(error: unknown): void;
}

/** The record of this client as the backend has it. */
interface Place {
  readonly name: string;
  /** 0: never written. */
  revision: number;
}

/**
 * What a process that is killed leaves behind of what it owed to the warm tier: a record in the hot one, that names it. It is there before anything is
 * written that is owed a copy, so whenever the process ends, somebody can finish its work (sweeper.ts).
 *
 * The first write of a burst waits for it; after that it is written every {@link refreshMs}, however much goes through, and it is gone soon after
 * nothing is owed. A backend that ends with this process needs none.
 */
export class Guard {
  readonly #parts: GuardParts;
  readonly #register: Register;
  readonly #ledger = new Ledger();
  readonly #waiting = new Set<Waiter>();
  #place: Place | undefined = undefined;
  /** What was sent last. */
  #text = '';
  /** What the stored record covers; undefined: none that counts. */
  #page: Page | undefined = undefined;
  #isWriting = false;
  #names = 0;
  #timer: CancelTimer | undefined = undefined;
  #hasEnded = false;
  #whenQuiet: (() => void) | undefined = undefined;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#register = new Register(parts.broker.keys, parts.scope);
  }

  /** Answers when it may be written; the answer is called once it is owed no longer. Errors as the backend does. */
  enter(wanted: Owed): Observable<Release> {
    return new Observable((subscriber) => {
      const answer = (release: Release): void => {
        subscriber.next(release);
        subscriber.complete();
      };
      if (!isOutlived(this.#parts.broker)) {
        answer(() => undefined);
        return undefined;
      }
      const owed = this.#ledger.named(wanted, this.#parts.runtime.now());
      const page = this.#covering(owed);
      if (page !== undefined) {
        answer(this.#ledger.begin(owed, page));
        return undefined;
      }
      const waiter: Waiter = { owed, go: (covering) => { answer(this.#ledger.begin(owed, covering)); }, fail: (error) => { subscriber.error(error); } };
      this.#waiting.add(waiter);
      this.#write();
      return () => { this.#waiting.delete(waiter); };
    });
  }

  /** The client ends. What is still owed, somebody else will find; else nothing stays. Answers in bounded time. */
  end(): Observable<void> {
    const { runtime } = this.#parts;
    const late = new Observable<void>((subscriber) => runtime.at(runtime.now() + endMs, () => { subscriber.next(); }));
    return race(this.#ended().pipe(catchError(() => of(undefined))), late).pipe(take(1));
  }

  // -- inside --------------------------------------------------------------------------------------------------------

  #ended(): Observable<void> {
    return defer(() => {
      this.#hasEnded = true;
      this.#timer?.();
      return this.#quiet();
    }).pipe(concatMap(() => {
      const place = this.#place;
      if (place === undefined || this.#ledger.isOwing) return of(undefined);
      return this.#removed(place).pipe(concatMap(() => this.#register.remove(place.name)));
    }));
  }

  /** What covers it, as long as it is young enough. */
  #covering(owed: Owed): Page | undefined {
    const page = this.#page;
    if (page === undefined || this.#parts.runtime.now() - page.sentAt > trustedMs) return undefined;
    return page.covers(owed, this.#parts.runtime.now()) ? page : undefined;
  }

  #write(): void {
    if (this.#isWriting) return;
    if (this.#hasEnded) {
      this.#refuse(new ChronowError('CLOSED', 'the client was closed before this was written'));
      return;
    }
    this.#isWriting = true;
    this.#timer?.();
    this.#located().pipe(concatMap((place) => this.#sent(place))).subscribe({
      next: (page) => { this.#written(page); },
      error: (error: unknown) => { this.#failed(error); },
    });
  }

  /** A name of its own that others can find. */
  #located(): Observable<Place> {
    if (this.#place !== undefined) return of(this.#place);
    this.#names += 1;
    const place: Place = { name: `${this.#parts.id}.${String(this.#names)}`, revision: 0 };
    return this.#register.add(place.name).pipe(tap(() => { this.#place = place; }), map(() => place));
  }

  #sent(place: Place): Observable<Page> {
    const { broker, runtime, retentionDays, scope } = this.#parts;
    const sentAt = runtime.now();
    const draft = this.#ledger.draft([...this.#waiting].map(({ owed }) => owed), this.#page, sentAt);
    // Until it is answered only what both have is covered.
    this.#page = this.#page?.without(draft);
    const text = recordText({ ...draft.record, retentionDays });
    const before = this.#text;
    this.#text = text;
    return broker.keys.set({ key: recordKey(scope, place.name), body: text, ttlMs: undefined, expectedRevision: place.revision }).pipe(concatMap((answer) => {
      if (answer.written) {
        place.revision = answer.state.revision;
        const since = answer.state.revision / 1_000;
        return of(new Page(since, sentAt, since - runtime.now(), draft.names));
      }
      return this.#takenFrom(place, answer, before);
    }));
  }

  /** Not ours any more, unless it is what we wrote when no answer came. Under a new name what is owed is safe, whatever others make of the old one. */
  #takenFrom(place: Place, { state }: KeyWriteAnswer, before: string): Observable<Page> {
    if (state.body !== undefined && state.body === before) {
      place.revision = state.revision;
      return this.#sent(place);
    }
    this.#place = undefined;
    this.#page = undefined;
    return this.#located().pipe(concatMap((next) => this.#sent(next)));
  }

  #written(page: Page): void {
    this.#isWriting = false;
    this.#page = page;
    for (const waiter of [...this.#waiting]) {
      const covering = this.#covering(waiter.owed);
      if (covering !== undefined && this.#waiting.delete(waiter)) waiter.go(covering);
    }
    this.#goOn();
  }

  /** What was under way is covered by whichever record is stored; what comes now waits for one that is certain. */
  #failed(error: unknown): void {
    this.#isWriting = false;
    this.#page = undefined;
    this.#refuse(error);
    this.#goOn();
  }

  #refuse(error: unknown): void {
    for (const waiter of [...this.#waiting]) if (this.#waiting.delete(waiter)) waiter.fail(error);
  }

  /** Answers when no record is on its way. */
  #quiet(): Observable<void> {
    if (!this.#isWriting) return of(undefined);
    return new Observable((subscriber) => {
      this.#whenQuiet = () => {
        subscriber.next();
        subscriber.complete();
      };
    });
  }

  #goOn(): void {
    if (this.#isWriting) return;
    this.#whenQuiet?.();
    if (this.#waiting.size > 0) this.#write();
    if (this.#isWriting || this.#hasEnded) return;
    const { runtime } = this.#parts;
    this.#timer?.();
    this.#timer = runtime.at(runtime.now() + refreshMs, () => { this.#tick(); });
  }

  #tick(): void {
    if (this.#isWriting || this.#hasEnded) return;
    const isOwing = this.#ledger.forgetIdle(this.#parts.runtime.now() - refreshMs);
    const place = this.#place;
    if (isOwing) this.#write();
    else if (place !== undefined) this.#clear(place);
  }

  #clear(place: Place): void {
    this.#isWriting = true;
    this.#page = undefined;
    this.#removed(place).subscribe({
      next: () => { this.#cleared(); },
      // It is anybody's in a while; what comes next finds out.
      error: () => { this.#cleared(); },
    });
  }

  #cleared(): void {
    this.#isWriting = false;
    this.#whenQuiet?.();
    if (this.#waiting.size > 0) this.#write();
  }

  #removed(place: Place): Observable<void> {
    return this.#parts.broker.keys.del({ key: recordKey(this.#parts.scope, place.name), mark: 'none', expectedRevision: place.revision }).pipe(
      tap(({ written, state }) => { if (written) place.revision = state.revision; }),
      map(() => undefined),
    );
  }
}
