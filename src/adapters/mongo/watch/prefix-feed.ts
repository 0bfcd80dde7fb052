import type { KeyState } from '../../../port/key-store.js';
import type { Scope } from '../../../port/names.js';
import { KeyTracker, type Looked } from '../../common/key-tracker.js';
import { PrefixSource, type TrackedKeys } from '../../common/prefix-source.js';
import type { Feed } from '../../common/watch-feed.js';
import type { KeyDocuments } from '../keys/key-documents.js';
import { isSameBody, type FoundKey } from '../keys/key-looks.js';
import { KeyLine, type KeySignal } from './key-line.js';
import { hear } from './key-news.js';
import type { WatchParts } from './watch-parts.js';

/** The watch of all keys of a scope that begin with a prefix: a range of ids, read as a whole. */
export function prefixFeed({ context: { runtime, store }, keys, reconcileMs }: WatchParts, scope: Scope, prefix: string, onStop: () => void): Feed<KeySignal> {
  const { documents, looks } = keys;
  const line = new KeyLine(store, { prefix: documents.idOf({ ...scope, key: prefix }) });
  return new PrefixSource<KeySignal, KeyTracker>({
    runtime,
    reconcileMs,
    atOnce: 32,
    line$: line.signals$,
    track: (ref, owner) => new KeyTracker({ runtime, clock: store.clock, look: (key, known) => looks.look(key, known, line.at) }, ref, owner),
    take: (signal, tracked) => {
      if (signal.kind !== 'message') return;
      const ref = documents.refOf(signal.event.id);
      if (ref !== undefined) hear(tracked.track(signal.event.id, ref), signal.event);
    },
    readAll: async (tracked) => learn(documents, tracked, await looks.lookAll(scope, prefix, line.at)),
    onStop,
  }).feed;
}

/** Answers those that are not simply newer than what is known, or as it: each of them is to be looked at by itself. */
function learn(documents: KeyDocuments, tracked: TrackedKeys<KeyTracker>, found: readonly FoundKey[]): ReadonlySet<KeyTracker> {
  const odd = new Set<KeyTracker>();
  const seen = new Set<KeyTracker>();
  for (const { ref, looked } of found) {
    const id = documents.idOf(ref);
    const known = tracked.get(id);
    // What is gone and was never seen is nobody's concern.
    if (known === undefined && looked?.state.body === undefined && looked !== undefined) continue;
    const tracker = known ?? tracked.track(id, ref);
    seen.add(tracker);
    if (looked !== undefined && isNewer(looked, tracker.state)) tracker.heard({ ...looked, isTtl: false, isShort: false });
    else if (looked === undefined || !isSame(looked.state, tracker.state)) odd.add(tracker);
  }
  for (const tracker of tracked.all()) if (!seen.has(tracker)) odd.add(tracker);
  return odd;
}

function isNewer({ state }: Looked, known: KeyState | undefined): boolean {
  return known === undefined || state.revision > known.revision;
}

function isSame(state: KeyState, known: KeyState | undefined): boolean {
  return known !== undefined && state.revision === known.revision && state.expiresAt === known.expiresAt && isSameBody(state.body, known.body);
}
