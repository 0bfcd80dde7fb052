import { onTestFinished } from 'vitest';
import type { Timestamp } from 'mongodb';
import { filter, firstValueFrom, ReplaySubject, skip, type Observable } from 'rxjs';
import type { KeyHint } from '../../../../src/adapters/mongo/connection/hints.js';
import type { MongoStore } from '../../../../src/adapters/mongo/connection/store.js';

/** What an Observable gave, and what comes. */
export interface Heard<T> {
  readonly all: readonly T[];
  /** The first one that is so, past or coming, from the given one on. */
  next(isSo: (value: T) => boolean, from?: number): Promise<T>;
}

export function hear<T>(source: Observable<T>): Heard<T> {
  const all: T[] = [];
  const replay = new ReplaySubject<T>();
  const subscription = source.subscribe({ next: (value) => { all.push(value); replay.next(value); }, error: (error: unknown) => { replay.error(asError(error)); } });
  onTestFinished(() => { subscription.unsubscribe(); });
  return { all, next: (isSo, from = 0) => firstValueFrom(replay.pipe(skip(from), filter(isSo))) };
}

export interface Value { readonly _id: string; readonly v: number; readonly b?: string }

/** Writes a value of a key as a foreigner would, one revision after the other. */
export function set(store: MongoStore, id: string, v: number, w: 1 | 'majority' = 'majority'): Promise<unknown> {
  return store.attempt('set', () => store.collection<Value>('cw_kv').updateOne({ _id: id }, [{ $replaceWith: { _id: id, v: { $literal: v }, b: { $literal: `value ${v}` } } }], { upsert: true, writeConcern: { w } }));
}

export function revisionOf(hint: KeyHint): number | undefined {
  if (hint.kind !== 'change') return undefined;
  const revision: unknown = hint.document?.['v'] ?? hint.updated?.['v'];
  return typeof revision === 'number' ? revision : undefined;
}

/**
 * A watcher as the protocol says: it reads after every `live` that missed something, and takes the rest by revision. Every revision that it has shown, in order.
 */
export function watch(store: MongoStore, id: string): Heard<number> {
  return hear(seen(store, id));
}

function seen(store: MongoStore, id: string): Observable<number> {
  const out = new ReplaySubject<number>();
  let last = 0;
  // What comes while a read is under way is shown after it: a read may be ahead.
  let reading: Promise<unknown> = Promise.resolve();
  const take = (v: number | undefined): void => {
    if (v === undefined || v <= last) return;
    last = v;
    out.next(v);
  };
  const read = async (at: Timestamp | undefined): Promise<void> => {
    const found = await store.readAt('read', at, (options) => store.collection<Value>('cw_kv').findOne({ _id: id }, options));
    take(found?.v);
  };
  const next = (work: () => void | Promise<void>): void => { reading = reading.then(work).catch((error: unknown) => { out.error(asError(error)); }); };
  const subscription = store.hints.keys({ id }).subscribe((hint) => {
    const isNamedOnly = hint.kind === 'change' && hint.document === undefined && hint.updated === undefined;
    if (isNamedOnly || (hint.kind === 'live' && hint.missed)) next(() => read(hint.at));
    else next(() => { take(revisionOf(hint)); });
  });
  onTestFinished(() => { subscription.unsubscribe(); });
  return out;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
