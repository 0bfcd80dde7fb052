import { EMPTY, catchError, concat, concatMap, defer, expand, forkJoin, from, map, of, reduce, tap, type Observable } from 'rxjs';
import { isChronowError } from '../../errors.js';
import type { Broker } from '../../port/broker.js';
import type { CoreEvent, WarmWork } from '../../port/core-events.js';
import type { StoredMessage } from '../../port/message.js';
import type { KeyRef, TopicRef } from '../../port/names.js';
import type { Runtime } from '../../port/runtime.js';
import type { WarmTier } from '../warm-tier.js';
import { leaseMs } from './guard.js';
import type { Holding } from './holding.js';
import type { OwedMessages, OwedValue } from './record.js';

/** Clocks of a backend's servers may be apart, ms: so much more is copied, rather than too little. */
const marginMs = 5_000;
/** Messages of one read and write. */
const pageSize = 100;
/** So often it is told that somebody is at it, ms. */
const keepMs = leaseMs / 5;

export interface ReconcilingParts {
  readonly broker: Pick<Broker, 'keys' | 'inspection' | 'topics'>;
  readonly warm: Pick<WarmTier, 'store' | 'ended'>;
  readonly runtime: Runtime;
  readonly report: (event: CoreEvent) => void;
}

/** Brings to the warm tier what a process that ended may not have brought. What is there stays as it is; what is not in the hot tier any more is told. */
export class Reconciling {
  readonly #parts: ReconcilingParts;

  constructor(parts: ReconcilingParts) {
    this.#parts = parts;
  }

  /** Whether all of it is done; errors where a tier failed, and it is to be done again. */
  run(holding: Holding): Observable<boolean> {
    const { record, writtenAt: now } = holding;
    const { messages, values, more, retentionDays } = record;
    const alive = this.#alive(holding);
    const later = messages.filter(({ due }) => due !== undefined && due.to > now).map((one) => ({ ...one, due: { from: now, to: one.due?.to ?? now } }));
    const works = [
      ...values.map((one) => this.#minding('value', one.key, this.#value(one, now))),
      ...messages.map((one) => this.#minding('messages', one.topic, this.#messages(one, now, retentionDays, alive))),
      // Last, as it cannot be done: only once all the rest is.
      ...(more?.since === undefined ? [] : [defer(() => { this.#missing('value', undefined, more.since, now, 'too-many'); return of(undefined); })]),
    ];
    return from(works).pipe(
      concatMap((work) => concat(alive, work)),
      reduce(() => later.length === 0, later.length === 0),
      concatMap((isDone) => (isDone ? of(true) : holding.keep({ ...record, messages: later, values: [], more: undefined }).pipe(map(() => false)))),
    );
  }

  /** What fails for good is told and left; what may go later ends the run. */
  #minding(work: WarmWork, of_: KeyRef | TopicRef, source: Observable<void>): Observable<void> {
    const { report } = this.#parts;
    return source.pipe(catchError((error: unknown) => {
      if (isChronowError(error) && !error.retryable) {
        report({ type: 'warm-failed', work, of: of_, attempts: 1, error });
        return EMPTY;
      }
      report({ type: 'warm-retried', work, of: of_, attempt: 1, error });
      throw error;
    }));
  }

  #alive(holding: Holding): Observable<never> {
    const { runtime } = this.#parts;
    let keptAt = runtime.now();
    return defer(() => {
      if (runtime.now() - keptAt < keepMs) return EMPTY;
      keptAt = runtime.now();
      return holding.keep(holding.record).pipe(concatMap(() => EMPTY));
    });
  }

  // -- messages ------------------------------------------------------------------------------------------------------

  /** All of the topic in that time: which of them asked for a copy is not known, and one too many does no harm. */
  #messages({ topic, since = 0, due }: OwedMessages, now: number, retentionDays: number, alive: Observable<never>): Observable<void> {
    const { broker: { inspection }, warm: { store }, runtime } = this.#parts;
    const begunAt = runtime.now();
    const start = due?.from ?? since;
    const copied = defer(() => {
      // What was due and nobody took comes into the log when somebody looks: a moment ago.
      const range = { topic, from: start - marginMs, to: now + runtime.now() - begunAt + marginMs, max: pageSize };
      const page = (after: string | undefined): Observable<readonly StoredMessage[]> => inspection.read({ ...range, after }).pipe(
        concatMap((found) => (found.length === 0 ? of(found) : store.saveMessages(topic, found, retentionDays).pipe(reduce(() => found, found)))),
      );
      return page(undefined).pipe(
        expand((found) => (found.length < pageSize ? EMPTY : concat(alive, page(found.at(-1)?.id)))),
        reduce(() => undefined, undefined),
      );
    });
    return this.#isCut(topic, start, now).pipe(
      concatMap((isCut) => copied.pipe(tap(() => { if (isCut) this.#missing('messages', topic, start, now, 'trimmed'); }))),
      catchError((error: unknown) => {
        if (!isChronowError(error, 'TOPIC_NOT_FOUND')) throw error;
        this.#missing('messages', topic, start, now, 'gone');
        return of(undefined);
      }),
    );
  }

  /** Whether the topic may have lost something of that time: its oldest is younger, and a limit explains it. A new topic, which had nothing before, is not cut. */
  #isCut(topic: TopicRef, start: number, now: number): Observable<boolean> {
    const { inspection, topics } = this.#parts.broker;
    return defer(() => inspection.read({ topic, from: 0, to: Number.MAX_SAFE_INTEGER, max: 1 })).pipe(concatMap(([oldest]) => {
      if (oldest !== undefined && oldest.publishedAt < Math.floor(start)) return of(false);
      return forkJoin([topics.findTopic(topic), inspection.stats(topic)]).pipe(map(([stored, { length }]) => {
        if (stored === undefined) return true;
        const { retentionMs, maxStreamLen } = stored.limits;
        return start < now - retentionMs || length === null || length * 2 >= maxStreamLen;
      }));
    }));
  }

  // -- values --------------------------------------------------------------------------------------------------------

  #value({ key, since = 0, upsertStrategy: strategy, retentionDays, maxVersions }: OwedValue, now: number): Observable<void> {
    const { broker: { keys }, warm } = this.#parts;
    return defer(() => keys.get(key)).pipe(concatMap((state) => {
      const { revision, body, mark } = state;
      // The process ended before it wrote.
      if (revision / 1_000 < since - marginMs) return of(undefined);
      if (mark !== 'none') return warm.ended(key, revision, mark === 'closed');
      return warm.store.loadValue(key).pipe(concatMap((found) => {
        if (found !== undefined && found.revision >= revision) return of(undefined);
        if (body === undefined) {
          // Ended by a deletion that both tiers know of, or by its time.
          if (found === undefined || found.body !== undefined || found.revision / 1_000 < since - marginMs) this.#missing('value', key, since, now, 'gone');
          return of(undefined);
        }
        return warm.store.saveValue({ key, body, revision, strategy, retentionDays, maxVersions }).pipe(
          // What was written before it in that time is kept nowhere.
          tap({ complete: () => { if (strategy === 'append') this.#missing('value', key, since, now, 'versions'); } }),
        );
      }));
    }));
  }

  #missing(work: 'messages' | 'value', where: KeyRef | TopicRef | undefined, since: number | undefined, to: number, reason: 'trimmed' | 'gone' | 'versions' | 'too-many'): void {
    this.#parts.report({ type: 'warm-missing', work, of: where, from: Math.floor(since ?? 0), to: Math.floor(to), count: reason === 'gone' && work === 'value' ? 1 : 'unknown', reason });
  }
}
