/**
 * Remembers at least the latest `capacity` worth of entries and at most twice that, without an order of its own: two
 * maps take turns.
 */
export class Recent<K, V> {
  readonly #capacity: number;
  readonly #onForget: ((value: V) => void) | undefined;
  #young: Map<K, V> = new Map();
  #old: Map<K, V> = new Map();
  #weight = 0;

  constructor(capacity: number, onForget?: (value: V) => void) {
    this.#capacity = capacity;
    this.#onForget = onForget;
  }

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** `weight`: how much of the capacity it takes. */
  set(key: K, value: V, weight = 1): void {
    if (this.#weight >= this.#capacity) this.#turn();
    this.#weight += weight;
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #turn(): void {
    const forgotten = this.#old;
    if (this.#onForget !== undefined) for (const value of forgotten.values()) this.#onForget(value);
    forgotten.clear();
    this.#old = this.#young;
    this.#young = forgotten;
    this.#weight = 0;
  }
}
