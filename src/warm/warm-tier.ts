import { Observable, catchError, concatMap, defer, map, of, tap } from 'rxjs';
import { ChronowError, isChronowError } from '../errors.js';
import type { CoreEvent } from '../port/core-events.js';
import type { KeyStore } from '../port/key-store.js';
import type { Body, StoredMessage } from '../port/message.js';
import type { KeyRef, TopicRef } from '../port/names.js';
import type { Runtime } from '../port/runtime.js';
import type { WarmStore, WarmVersion } from '../port/warm-store.js';
import type { Guard } from './guard/guard.js';
import type { Release } from './guard/ledger.js';
import type { Owed } from './guard/owed.js';
import { keyLane, topicLane } from './lanes.js';
import { Mirror, type MirrorCounts, type WarmJob } from './mirror.js';
import { settled, type WarmSettings, type WarmWish } from './settings.js';

/** How long a call that requires the warm tier waits for it, ms; the write itself goes on. */
const requiredMs = 10_000;
/** The most messages of one write. */
const maxBatch = 100;

export interface WarmParts {
  readonly store: WarmStore;
  readonly keys: KeyStore;
  readonly guard: Pick<Guard, 'enter'>;
  readonly runtime: Runtime;
  readonly defaults: WarmSettings;
  readonly report: (event: CoreEvent) => void;
  /** Holds the end of the client until the answer is called; `giveUp` when it cannot wait any longer. */
  readonly hold: (giveUp: () => void) => () => void;
}

type Job = Omit<WarmJob, 'done'>;

/** Messages of a topic that go together, and who waits for that. */
interface OpenBatch {
  readonly messages: StoredMessage[];
  readonly copied: Release[];
}

/** What goes to the warm tier of a client, and when. */
export class WarmTier {
  readonly store: WarmStore;
  readonly defaults: WarmSettings;
  readonly #keys: KeyStore;
  readonly #runtime: Runtime;
  readonly #mirror: Mirror;
  readonly #hold: WarmParts['hold'];
  /** Messages of a topic that wait for the write of those before them, and go together. */
  readonly #open = new Map<string, OpenBatch>();
  readonly #guard: Pick<Guard, 'enter'>;

  constructor({ store, keys, guard, runtime, defaults, report, hold }: WarmParts) {
    this.store = store;
    this.defaults = defaults;
    this.#keys = keys;
    this.#guard = guard;
    this.#runtime = runtime;
    this.#hold = hold;
    this.#mirror = new Mirror({
      runtime,
      report,
      busy: () => {
        const letGo = runtime.stayAlive();
        const release = hold(() => { this.#mirror.giveUp(); });
        return () => {
          letGo();
          release();
        };
      },
    });
  }

  get counts(): MirrorCounts {
    return this.#mirror.counts;
  }

  settings(wish: WarmWish): WarmSettings {
    return settled(this.defaults, wish);
  }

  /**
   * Writes to the hot tier what is owed to this one, once that is noted where others find it, and `copy`s it. `copy` is handed what to call when nothing
   * is owed any more. A write that failed owes nothing: its caller knows that what became of it is unknown.
   */
  guarded<A, B>(owed: Owed, write: Observable<A>, copy: (answer: A, copied: Release) => Observable<B>): Observable<B> {
    return this.#guard.enter(owed).pipe(concatMap((copied) => {
      let isWritten = false;
      const unwritten = (): void => { if (!isWritten) copied(); };
      return write.pipe(tap({ next: () => { isWritten = true; }, error: unwritten, complete: unwritten, unsubscribe: unwritten }), concatMap((answer) => copy(answer, copied)));
    }));
  }

  /** Copies a value that was written. Answers at once; where it is required, once the copy is there. */
  keepValue(key: KeyRef, body: Body, revision: number, { persist, upsertStrategy: strategy, retentionDays, maxVersions }: WarmSettings, copied: Release): Observable<void> {
    const write = (): Observable<void> => this.store.saveValue({ key, body, revision, strategy, retentionDays, maxVersions });
    return this.send({ work: 'value', of: key, lane: keyLane(key), isReplaceable: strategy === 'latest', write }, persist === 'required', unlessGivenUp(copied));
  }

  /** Ends a value that was deleted; once that is done, the hot tier need not remember the deletion. */
  endValue(key: KeyRef, revision: number, keepHistory: boolean, copied: Release = () => undefined): Observable<void> {
    const write = (): Observable<void> => this.ended(key, revision, keepHistory);
    return this.send({ work: 'delete', of: key, lane: keyLane(key), isReplaceable: false, write }, this.defaults.persist === 'required', unlessGivenUp(copied));
  }

  /** The same, now: answers when the warm tier has it. */
  ended(key: KeyRef, revision: number, keepHistory: boolean): Observable<void> {
    const { retentionDays } = this.defaults;
    return this.store.deleteValue(key, { revision, keepHistory, retentionDays }).pipe(concatMap(() => (keepHistory ? of(undefined) : this.#lift(key, revision))));
  }

  /** A deletion that the hot tier still remembers and nobody here is bringing to the warm one: its process ended before. */
  finishEnd(key: KeyRef, revision: number): void {
    if (!this.#mirror.isBusy(keyLane(key))) this.endValue(key, revision, false).subscribe({ error: () => undefined });
  }

  /** Newest first. Errors `WARM_FAILED`. */
  history(key: KeyRef, limit: number): Observable<readonly WarmVersion[]> {
    return this.store.valueHistory(key, limit).pipe(catchError((error: unknown) => { throw warmFailed(`the history of shared key ${key.key} could not be read`, error); }));
  }

  keepMessages(topic: TopicRef, messages: readonly StoredMessage[], isRequired: boolean, copied: Release): Observable<void> {
    return defer(() => {
      const lane = topicLane(topic);
      const open = this.#open.get(lane);
      if (!isRequired && open !== undefined && open.messages.length + messages.length <= maxBatch) {
        open.messages.push(...messages);
        open.copied.push(copied);
        return of(undefined);
      }
      const batch: OpenBatch = { messages: [...messages], copied: [copied] };
      const seal = (): void => { if (this.#open.get(lane) === batch) this.#open.delete(lane); };
      if (!isRequired) this.#open.set(lane, batch);
      const write = (): Observable<void> => {
        seal();
        return this.store.saveMessages(topic, batch.messages, this.defaults.retentionDays);
      };
      const over = unlessGivenUp(() => { for (const one of batch.copied) one(); });
      return this.send({ work: 'messages', of: topic, lane, isReplaceable: false, write }, isRequired, (error) => {
        seal();
        over(error);
      });
    });
  }

  /** Something is about to be sent: the client does not end before the answer is called. */
  announce(): () => void {
    return this.#hold(() => undefined);
  }

  /** Answers at once, or, where it is required, when it is done; errors `WARM_FAILED` then. */
  send(job: Job, isRequired: boolean, ended: (error: unknown) => void = () => undefined): Observable<void> {
    return new Observable((subscriber) => {
      const answer = (): void => {
        subscriber.next();
        subscriber.complete();
      };
      if (!isRequired) {
        this.#mirror.push({ ...job, done: ended });
        answer();
        return;
      }
      const cancel = this.#runtime.at(this.#runtime.now() + requiredMs, () => { subscriber.error(warmFailed(`${said(job)} did not reach the warm tier within ${String(requiredMs)} ms; it is still tried`, undefined)); });
      subscriber.add(cancel);
      this.#mirror.push({ ...job, done: (error) => {
        ended(error);
        if (error === undefined) answer();
        else subscriber.error(warmFailed(`${said(job)} is in the hot tier, and did not reach the warm one`, error));
      } });
    });
  }

  #lift(key: KeyRef, revision: number): Observable<void> {
    return this.#keys.del({ key, mark: 'none', expectedRevision: revision }).pipe(
      map(() => undefined),
      // It stays remembered; who meets it tries again.
      catchError(() => of(undefined)),
    );
  }
}

/** What the end of the client cut short stays owed: another one will find it. What failed was told, and is owed no longer. */
function unlessGivenUp(copied: Release): (error: unknown) => void {
  return (error) => { if (!isChronowError(error, 'CLOSED')) copied(); };
}

/** `WARM_FAILED`, retryable unless what led to it is not. */
export function warmFailed(message: string, cause: unknown): ChronowError {
  return new ChronowError('WARM_FAILED', message, { cause, retryable: !(cause instanceof ChronowError) || cause.retryable });
}

function said({ work, of: where }: Job): string {
  const name = 'key' in where ? `shared key ${where.key}` : `topic ${where.topic}`;
  return `the ${work} of ${name}`;
}
