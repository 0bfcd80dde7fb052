/**
 * The names of a topic's messages: the letter that published it; else its payload, where that is a short text or a number;
 * else `#1` for the first, `#2` for the second, by the order in which they were stored.
 */
export class MessageNames {
  readonly #byId = new Map<string, string>();
  readonly #byName = new Map<string, string>();
  /** Names that the test gave; the others give way to them. */
  readonly #given = new Set<string>();
  #count = 0;

  /** A message was stored. */
  add(id: string, payload: unknown): void {
    if (this.#byId.has(id)) return;
    this.#count += 1;
    const text = typeof payload === 'string' || typeof payload === 'number' ? String(payload) : '';
    this.#set(id, /^[\w.:-]{1,16}$/.test(text) && !this.#byName.has(text) ? text : `#${String(this.#count)}`);
  }

  /** Gives a message the name that the test uses; false where another one has it. */
  name(id: string, name: string): boolean {
    const other = this.#byName.get(name);
    if (other !== undefined && other !== id) {
      if (this.#given.has(name)) return false;
      this.#set(other, `${name}'`);
    }
    this.#given.add(name);
    const before = this.#byId.get(id);
    if (before !== undefined) this.#byName.delete(before);
    this.#set(id, name);
    return true;
  }

  knows(id: string): boolean {
    return this.#byId.has(id);
  }

  of(id: string): string {
    return this.#byId.get(id) ?? id;
  }

  idOf(name: string): string | undefined {
    return this.#byName.get(name);
  }

  get all(): readonly string[] {
    return [...this.#byId.values()];
  }

  #set(id: string, name: string): void {
    this.#byId.set(id, name);
    this.#byName.set(name, id);
  }
}
