import { FindCursor, MongoNetworkError, type Collection } from 'mongodb';
import type { HotCollection, MongoStore } from '../../../../src/adapters/mongo/connection/store.js';

/** One call of the driver. */
export interface Call {
  readonly collection: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface Around {
  /** Before it is sent. */
  readonly before?: (call: Call) => Promise<void> | void;
  /** After it was carried out, before anybody hears of it. */
  readonly after?: (call: Call) => Promise<void> | void;
  /** In place of a read of all that a `find` finds; `read` does it. */
  readonly reading?: (call: Call, read: () => Promise<unknown>) => Promise<unknown>;
}

/** A store that does something around each call of a collection. */
export function around(hooks: Around): (store: MongoStore) => MongoStore {
  return (store) => proxied(store, (name) => (name === 'collection' ? (of: HotCollection): Collection => proxied(store.collection(of), (method) => surrounded(store.collection(of), of, method, hooks)) : undefined));
}

/** What the driver throws when a connection breaks. */
export function broken(): Error {
  return new MongoNetworkError('connection 7 to 127.0.0.1 closed');
}

/** For ever: as if the process had ended here. */
export function stopped(): Promise<never> {
  return new Promise<never>(() => undefined);
}

export function is(collection: HotCollection, method: string): (call: Call) => boolean {
  return (call) => call.collection === collection && call.method === method;
}

function surrounded(target: object, collection: string, method: string, { before, after, reading }: Around): unknown {
  const real: unknown = Reflect.get(target, method);
  if (typeof real !== 'function') return undefined;
  return (...args: unknown[]): unknown => {
    const call = { collection, method, args };
    // Cursors answer at once.
    if (method === 'find' || method === 'aggregate') {
      void before?.(call);
      const cursor: unknown = Reflect.apply(real, target, args);
      if (reading !== undefined && method === 'find') replaceRead(cursor, (read) => reading(call, read));
      return cursor;
    }
    return (async (): Promise<unknown> => {
      await before?.(call);
      const answer: unknown = await Reflect.apply(real, target, args);
      await after?.(call);
      return answer;
    })();
  };
}

/** On the cursor itself: `sort` and its like answer it. */
function replaceRead(cursor: unknown, reading: (read: () => Promise<unknown>) => Promise<unknown>): void {
  if (!(cursor instanceof FindCursor)) throw new Error('a find answers another thing than a cursor');
  const read = cursor.toArray.bind(cursor);
  Object.defineProperty(cursor, 'toArray', { value: () => reading(read) });
}

function proxied<T extends object>(target: T, replacement: (name: string) => unknown): T {
  return new Proxy(target, {
    get: (_target, name) => {
      const replaced = typeof name === 'string' ? replacement(name) : undefined;
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, target, args) : value;
    },
  });
}
