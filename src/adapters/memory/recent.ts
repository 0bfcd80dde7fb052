/** Remembers at least the latest `capacity` entries and at most twice as many, without an order of its own: two maps take turns. */
export class Recent<K, V> {
  readonly #capacity: number;
  readonly #onForget: ((value: V) => void) | undefined;
  #young: Map<K, V> = new Map();
  #old: Map<K, V> = new Map();

  constructor(capacity: number, onForget?: (value: V) => void) {
    this.#capacity = capacity;
    this.#onForget = onForget;
  }

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#capacity) this.#turn();
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #turn(): void {
    const forgotten = this.#old;
    if (this.#onForget !== undefined) for (const value of forgotten.values()) this.#onForget(value);
    this.#old = this.#young;
    this.#young = new Map();
  }
}
