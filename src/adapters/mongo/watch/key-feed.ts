import type { KeyRef } from '../../../port/names.js';
import { KeySource } from '../../common/key-source.js';
import { KeyTracker } from '../../common/key-tracker.js';
import type { Feed } from '../../common/watch-feed.js';
import { KeyLine, type KeySignal } from './key-line.js';
import { hear } from './key-news.js';
import type { WatchParts } from './watch-parts.js';

/** The watch of one key. */
export function keyFeed({ context: { runtime, store }, keys, reconcileMs }: WatchParts, ref: KeyRef, onStop: () => void): Feed<KeySignal> {
  const line = new KeyLine(store, { id: keys.documents.idOf(ref) });
  return new KeySource<KeySignal, KeyTracker>({
    runtime,
    reconcileMs,
    line$: line.signals$,
    track: (owner) => new KeyTracker({ runtime, clock: store.clock, look: (key, known) => keys.looks.look(key, known, line.at) }, ref, owner),
    take: (signal, tracker) => { if (signal.kind === 'message') hear(tracker, signal.event); },
    onStop,
  }).feed;
}
