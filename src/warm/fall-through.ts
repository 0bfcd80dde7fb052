import { catchError, concatMap, map, of, type Observable } from 'rxjs';
import { isChronowError } from '../errors.js';
import type { KeyState, KeyStore, KeyWriteAnswer } from '../port/key-store.js';
import type { Body } from '../port/message.js';
import type { KeyRef } from '../port/names.js';
import type { Runtime } from '../port/runtime.js';
import type { WarmVersion } from '../port/warm-store.js';
import { warmFailed, type WarmTier } from './warm-tier.js';

/** So often a read begins anew because the key was written meanwhile. */
const maxReads = 5;

export interface FallThroughParts {
  readonly warm: WarmTier;
  readonly keys: KeyStore;
  readonly runtime: Runtime;
  /** Time to live in the hot tier of what comes back, seconds. */
  readonly hotTtlSeconds: number | undefined;
}

/** Reading through the tiers: what the hot one has, else what the warm one has. */
export class FallThrough {
  readonly #parts: FallThroughParts;
  #rewarmed = 0;

  constructor(parts: FallThroughParts) {
    this.#parts = parts;
  }

  /** Values that came back into the hot tier. */
  get rewarmed(): number {
    return this.#rewarmed;
  }

  /** What is found in the warm tier is hot afterwards, unless somebody wrote the key meanwhile: then that counts. Errors `WARM_FAILED`. */
  read(key: KeyRef): Observable<KeyState> {
    return this.#parts.keys.get(key).pipe(concatMap((hot) => this.#from(key, hot, 1)));
  }

  /** What the warm tier has of a key that is not in the hot one; undefined: nothing. Nothing becomes hot by it. */
  copyOf(key: KeyRef): Observable<KeyState | undefined> {
    return this.#load(key).pipe(map((found) => (found?.body === undefined ? undefined : { revision: 0, body: found.body, expiresAt: found.expiresAt, mark: 'none' })));
  }

  #from(key: KeyRef, hot: KeyState, reads: number): Observable<KeyState> {
    if (hot.mark === 'tombstone') this.#parts.warm.finishEnd(key, hot.revision);
    if (hot.body !== undefined || hot.mark !== 'none') return of(hot);
    return this.#load(key).pipe(concatMap((found) => (found?.body === undefined ? of(hot) : this.#rewarm(key, hot, found, found.body, reads))));
  }

  #rewarm(key: KeyRef, hot: KeyState, found: WarmVersion, body: Body, reads: number): Observable<KeyState> {
    const asFound: KeyState = { ...hot, body, expiresAt: found.expiresAt };
    return this.#parts.keys.set({ key, body, ttlMs: this.#ttlMs(found), expectedRevision: hot.revision }).pipe(
      concatMap(({ written, state }: KeyWriteAnswer) => {
        if (written) this.#rewarmed += 1;
        if (written || reads === maxReads) return of(written ? state : asFound);
        return this.#from(key, state, reads + 1);
      }),
      // Closed meanwhile: there is nothing. Anything else only means that it is not hot yet.
      catchError((error: unknown) => of(isChronowError(error, 'KEY_CLOSED') ? hot : asFound)),
    );
  }

  /** Not longer than the copy is kept. */
  #ttlMs({ expiresAt }: WarmVersion): number | undefined {
    const { hotTtlSeconds, runtime } = this.#parts;
    const ttlMs = hotTtlSeconds === undefined ? undefined : Math.ceil(hotTtlSeconds * 1_000);
    if (expiresAt === undefined) return ttlMs;
    return Math.max(1, Math.min(ttlMs ?? Infinity, expiresAt - runtime.now()));
  }

  #load(key: KeyRef): Observable<WarmVersion | undefined> {
    return this.#parts.warm.store.loadValue(key).pipe(
      catchError((error: unknown) => { throw warmFailed(`shared key ${key.key} is not in the hot tier, and the warm one could not be read`, error); }),
    );
  }
}
