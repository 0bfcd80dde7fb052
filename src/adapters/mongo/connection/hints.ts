import type { Document, Timestamp } from 'mongodb';
import type { Observable } from 'rxjs';

/**
 * Something may be ready in a topic. `ready`: a message, a pointer or a poke came, or it is time to look (polling). `changed`: the record of a subscription is another
 * one, or gone. `gap`: hints may be missing, and everything must be looked at again. A hint is never a promise: whoever claims is the truth.
 */
export interface TopicHint {
  readonly kind: 'ready' | 'changed' | 'gap';
}

/**
 * Changes of keys (documents of `cw_kv`), in the order of the store.
 *
 * - `live`: from here on every change will be shown. `missed`: not since the last `live`, or it is the first: read what you watch with {@link
 *   MongoStore.readAt}`(at)`, and then take changes by revision. The read may run while changes come.
 * - `stale`: the line is down; a `live` will follow.
 * - `change`: an insert or a replace has the whole `document`; an update has what was `updated` (dotted paths for what is nested) and `removed`, and
 *   neither body nor anything else that stayed equal. Where polling finds it there is nothing but the `id`: read it.
 * - `delete`: it has no revision; read before you believe it ({@link MongoStore.readAt}), it may be there again.
 */
export type KeyHint =
  | { readonly kind: 'live'; readonly at: Timestamp | undefined; readonly missed: boolean }
  | { readonly kind: 'stale' }
  | { readonly kind: 'change'; readonly id: string; readonly document?: Document | undefined; readonly updated?: Document | undefined; readonly removed?: readonly string[] | undefined; readonly at: Timestamp | undefined }
  | { readonly kind: 'delete'; readonly id: string; readonly at: Timestamp | undefined };

/** Which keys (`_id` of `cw_kv`) are meant. */
export type KeyFilter = { readonly id: string } | { readonly prefix: string };

/** What the one change stream of this process tells; where there is none, what polling finds. Open only while somebody listens. Hot, and never ends with an error. */
export interface Hints {
  /** `topicId`: the incarnation, `id` of the document in `cw_topics`. The first hint, `gap`, comes as soon as every later message will be hinted at. */
  topic(topicId: string): Observable<TopicHint>;
  keys(filter: KeyFilter): Observable<KeyHint>;
  readonly mode: 'stream' | 'polling';
}

/** What to `$set` in a `cw_topics` document (with classic `$set`, not a pipeline) to wake everybody who consumes it: redrive, purge, what was given back. */
export function poke(topicId: string, chance: string): { readonly poke: string } {
  return { poke: `${topicId}:${chance}` };
}

/** The same where the record of a subscription is another one, or gone: whoever consumes it reads it again. */
export function recordPoke(topicId: string, chance: string): { readonly poke: string } {
  return { poke: `${topicId}:${chance}:${changedMark}` };
}

/** What a poke says: whose it is, and whether a record changed. */
export function readPoke(text: string): { readonly topicId: string; readonly isChange: boolean } {
  const [topicId = '', , mark] = text.split(':');
  return { topicId, isChange: mark === changedMark };
}

const changedMark = 'r';
