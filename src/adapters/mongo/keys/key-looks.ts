import type { Timestamp } from 'mongodb';
import type { KeyState } from '../../../port/key-store.js';
import type { Body } from '../../../port/message.js';
import type { KeyRef, Scope } from '../../../port/names.js';
import type { Looked } from '../../common/key-tracker.js';
import type { Context } from '../context.js';
import { KeyBatches } from './key-batches.js';
import type { Found, KeyDocuments } from './key-documents.js';
import { absent, causeAt, stateAt } from './key-state.js';

/** One key of a prefix: what was found, or why it could not be read. */
export interface FoundKey {
  readonly ref: KeyRef;
  readonly looked: Looked | undefined;
  readonly error: unknown;
}

/**
 * Reads for watchers: committed by the majority, and not older than a time of the store. Where somebody was shown more than is stored (another program changed a
 * value without a new revision, removed the document, or a backup was put back), what is stored gets a new revision above it, so that everybody sees the same.
 */
export class KeyLooks {
  readonly #context: Context;
  readonly #documents: KeyDocuments;
  readonly #batches: KeyBatches;

  constructor(context: Context, documents: KeyDocuments) {
    this.#context = context;
    this.#documents = documents;
    this.#batches = new KeyBatches(context, documents);
  }

  /** Throws `FOREIGN_VALUE`, `FORMAT_TOO_NEW`. */
  async look(key: KeyRef, known: KeyState | undefined, at: Timestamp | undefined): Promise<Looked> {
    for (let from = at; ; from = undefined) {
      const found = await this.#batches.read(key, from);
      const looked = lookedAt(found);
      if (known === undefined || !mustRise(looked.state, found !== undefined, known)) return looked;
      const raised = found === undefined ? await this.#documents.insertAbsent(key, known.revision) : await this.#documents.raise(key, found.key.revision, known.revision);
      if (raised !== undefined) return { ...lookedAt(raised), cause: looked.cause };
      // Somebody wrote meanwhile.
    }
  }

  /** What is there of a scope, where keys begin with `prefix`. */
  lookAll(scope: Scope, prefix: string, at: Timestamp | undefined): Promise<readonly FoundKey[]> {
    return this.#context.store.readAt('read of watched keys', at, async (options) => {
      const found: FoundKey[] = [];
      for (const { ref, read } of await this.#documents.range(scope, prefix, options)) {
        try {
          found.push({ ref, looked: lookedAt(read()), error: undefined });
        } catch (error) {
          found.push({ ref, looked: undefined, error });
        }
      }
      return found;
    });
  }
}

export function isSameBody(left: Body | undefined, right: Body | undefined): boolean {
  if (left === right) return true;
  return left instanceof Uint8Array && right instanceof Uint8Array && Buffer.compare(left, right) === 0;
}

function lookedAt(found: Found | undefined): Looked {
  return found === undefined ? { state: absent, cause: 'delete' } : { state: stateAt(found.key, found.serverMs), cause: causeAt(found.key, found.serverMs) };
}

/** An absence that was seen, and one that is remembered, need nothing. */
function mustRise(state: KeyState, isThere: boolean, known: KeyState): boolean {
  const wasShown = known.body !== undefined;
  if (!isThere) return wasShown;
  if (state.revision === known.revision) return !isSameBody(state.body, known.body);
  return state.revision < known.revision && (state.body !== undefined || state.mark !== 'none' || wasShown);
}
