import { isChronowError } from '../../../errors.js';
import type { KeyState } from '../../../port/key-store.js';
import type { KeyRef } from '../../../port/names.js';
import type { KeyNews, KeyTracker } from '../../common/key-tracker.js';
import { readKey, stateAt } from '../keys/key-state.js';
import type { KeyEvent } from './key-line.js';

/** Fields that make a state. */
const telling: ReadonlySet<string> = new Set(['f', 'v', 'b', 'c', 'x', 'm']);

/** Tells a key what happened to its document. */
export function hear(tracker: KeyTracker, event: KeyEvent): void {
  const news = newsOf(tracker.ref, event, tracker.state);
  if (news === 'look') tracker.doubt();
  else if (news !== undefined) tracker.heard(news);
}

/** What an event says of a key: its news, `look` where that has to be read, undefined where nothing changed that anybody is shown. */
function newsOf(ref: KeyRef, event: KeyEvent, known: KeyState | undefined): KeyNews | 'look' | undefined {
  // Without a revision; it may be there again.
  if (event.kind === 'delete') return 'look';
  const { document, updated, removed = [] } = event;
  if (document !== undefined) return read(ref, document);
  if (updated === undefined) return 'look';
  const changed = [...Object.keys(updated), ...removed];
  if (!changed.some((path) => telling.has(path.split('.')[0] ?? ''))) return undefined;
  // Told is what changed since the revision before: the rest is known where that one is.
  const before: unknown = updated['p'];
  if (typeof updated['v'] !== 'number' || known === undefined || before !== known.revision || changed.includes('f')) return 'look';
  return read(ref, patched(known, updated, removed));
}

/** As the document is after the update. */
function patched({ revision, body, codec, expiresAt, mark }: KeyState, updated: object, removed: readonly string[]): object {
  const before = { f: 1, v: revision, b: body, c: codec, x: expiresAt === undefined ? undefined : new Date(expiresAt), m: mark === 'none' ? undefined : mark };
  return { ...before, ...Object.fromEntries(removed.map((name) => [name, undefined])), ...updated };
}

function read(ref: KeyRef, document: object): KeyNews | 'look' {
  try {
    const key = readKey(ref, document);
    // Whether it has ended is for the timer to find out.
    return { state: stateAt(key, 0), cause: key.body === undefined ? 'delete' : 'set', isTtl: false, isShort: false };
  } catch (error) {
    if (isChronowError(error)) return 'look';
    throw error;
  }
}
