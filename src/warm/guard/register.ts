import { concatMap, defer, map, of, throwError, type Observable } from 'rxjs';
import { ChronowError } from '../../errors.js';
import type { KeyStore } from '../../port/key-store.js';
import type { KeyRef, Scope } from '../../port/names.js';
import { namesFrom, registerKey } from './record.js';

/** Everybody who begins or ends writes it: so often somebody else may come between. */
const maxConflicts = 1_000;

/** The names of the records that there may be: nothing in the port lists keys. */
export class Register {
  readonly #keys: KeyStore;
  readonly #key: KeyRef;

  constructor(keys: KeyStore, scope: Scope) {
    this.#keys = keys;
    this.#key = registerKey(scope);
  }

  names(): Observable<readonly string[]> {
    return this.#keys.get(this.#key).pipe(map(({ body }) => namesFrom(body)));
  }

  add(name: string): Observable<void> {
    return this.#change((names) => (names.includes(name) ? names : [...names, name]));
  }

  remove(name: string): Observable<void> {
    return this.#change((names) => (names.includes(name) ? names.filter((other) => other !== name) : names));
  }

  #change(change: (names: readonly string[]) => readonly string[], attempt = 1): Observable<void> {
    return defer(() => this.#keys.get(this.#key)).pipe(concatMap(({ body, revision }) => {
      const names = namesFrom(body);
      const changed = change(names);
      if (changed === names) return of(undefined);
      const written = changed.length === 0
        ? this.#keys.del({ key: this.#key, mark: 'none', expectedRevision: revision })
        : this.#keys.set({ key: this.#key, body: JSON.stringify(changed), ttlMs: undefined, expectedRevision: revision });
      return written.pipe(concatMap((answer) => {
        if (answer.written) return of(undefined);
        return attempt === maxConflicts ? throwError(() => contended()) : this.#change(change, attempt + 1);
      }));
    }));
  }
}

function contended(): ChronowError {
  return new ChronowError('LINK_LOST', `the register of what is owed to the warm tier was written by others ${String(maxConflicts)} times in a row; try again`, { retryable: true });
}
