import type { WriteToken } from './key-expressions.js';

/**
 * Names the writes of a client, and knows which of those at an expected revision wait for their answer. What such a call wrote is remembered until it is
 * answered: its answer may be lost, and others of this client may write any number of times before it is sent again.
 */
export class OpenCalls {
  readonly #client: string;
  readonly #open = new Map<string, Set<string>>();
  #count = 0;

  constructor(client: string) {
    this.#client = client;
  }

  async run<T>(id: string, isConditional: boolean, call: (token: WriteToken) => Promise<T>): Promise<T> {
    this.#count += 1;
    const token = `${this.#client}_${this.#count.toString(36)}`;
    if (!isConditional) return call({ client: this.#client, token, open: [] });
    const open = this.#open.get(id) ?? new Set();
    this.#open.set(id, open.add(token));
    try {
      // One that begins later need not be among them: at this revision this call does nothing once that one has written.
      return await call({ client: this.#client, token, open: [...open] });
    } finally {
      open.delete(token);
      if (open.size === 0) this.#open.delete(id);
    }
  }
}
