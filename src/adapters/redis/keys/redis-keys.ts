import { createHash } from 'node:crypto';
import { defer, type Observable } from 'rxjs';
import type { KeyDelete, KeyState, KeyStore, KeyVersion, KeyWrite, KeyWriteAnswer } from '../../../port/key-store.js';
import type { KeyRef } from '../../../port/names.js';
import type { Argument } from '../connection/connection.js';
import type { Reply } from '../connection/reply.js';
import type { Script } from '../connection/script.js';
import type { Context } from '../context.js';
import { readFound, readVersions, stored, type Found } from './key-reply.js';
import { delScript, expireScript, historyScript, lookScript, setScript } from './scripts.js';
import { valueKeys } from './value-keys.js';

/** What a watcher knows of a key. */
export interface Seen {
  readonly revision: number;
  readonly isPresent: boolean;
}

const nothingSeen: Seen = { revision: 0, isPresent: false };

/**
 * Shared values: a plain string each, and beside it a record with its revision. Every call is one script. A call with an
 * expected revision that the driver sends again is carried out once: the record remembers the latest of them.
 */
export class RedisKeys implements KeyStore {
  readonly #context: Context;
  readonly #client: string;
  #calls = 0;

  constructor(context: Context) {
    this.#context = context;
    this.#client = createHash('sha1').update(context.clientId).digest('hex').slice(0, 12);
  }

  get(key: KeyRef): Observable<KeyState> {
    return defer(async () => (await this.look(key)).state);
  }

  /** As {@link RedisKeys.get}, by somebody who knows a revision: a store that is behind it (a failover took writes back) goes on above it. */
  async look(key: KeyRef, { revision, isPresent }: Seen = nothingSeen): Promise<Found> {
    return this.#found(key, await this.#run(lookScript, key, [revision, isPresent ? 1 : 0]));
  }

  set({ key, body, codec, ttlMs, expectedRevision, keepVersions }: KeyWrite): Observable<KeyWriteAnswer> {
    return defer(async () => {
      const { text, encoding } = stored(body);
      const args = [this.#token(), expectedRevision ?? '', keepVersions ?? 0, ttlMs ?? '', codec ?? '', encoding, text];
      return answerOf(this.#found(key, await this.#run(setScript, key, args)));
    });
  }

  del({ key, mark, expectedRevision }: KeyDelete): Observable<KeyWriteAnswer> {
    return defer(async () => answerOf(this.#found(key, await this.#run(delScript, key, [this.#token(), expectedRevision ?? '', mark]))));
  }

  expire(key: KeyRef, ttlMs: number): Observable<boolean> {
    return defer(async () => this.#found(key, await this.#run(expireScript, key, [ttlMs])).done);
  }

  history(key: KeyRef, limit: number): Observable<readonly KeyVersion[]> {
    return defer(async () => readVersions(key, await this.#run(historyScript, key, [limit])));
  }

  #run(script: Script, key: KeyRef, args: readonly Argument[]): Promise<Reply> {
    const { connection, keys } = this.#context;
    const { value, record } = valueKeys(keys, key);
    return connection.run(script, [value, record], args);
  }

  #found(key: KeyRef, reply: Reply): Found {
    const found = readFound(key, reply);
    this.#context.connection.clock.observe(found.serverMs);
    return found;
  }

  #token(): string {
    this.#calls += 1;
    return `${this.#client}_${this.#calls.toString(36)}`;
  }
}

function answerOf({ done, state }: Found): KeyWriteAnswer {
  return { written: done, state };
}
