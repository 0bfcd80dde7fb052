import type { KeyRef } from '../../../port/names.js';
import { KeySource } from '../../common/key-source.js';
import type { Feed } from '../../common/watch-feed.js';
import type { ChannelSignal } from '../connection/pubsub-signals.js';
import { readChange } from '../keys/change-message.js';
import { valueKeys } from '../keys/value-keys.js';
import { EventTracker } from './event-tracker.js';
import type { WatchParts } from './watch-parts.js';

/** The watch of one key: its channel, and its keyspace events. */
export function keyFeed({ context, keys, events, reconcileMs }: WatchParts, ref: KeyRef, onStop: () => void): Feed<ChannelSignal> {
  const { value } = valueKeys(context.keys, ref);
  const source = new KeySource<ChannelSignal, EventTracker>({
    runtime: context.runtime,
    reconcileMs,
    line$: context.connection.pubsub.channel(value),
    track: (owner) => new EventTracker(context, keys, ref, owner),
    take: (signal, tracker) => {
      if (signal.kind !== 'message') return;
      const message = readChange(signal.text);
      if (message === undefined) tracker.doubt();
      else tracker.heard(message);
    },
    onStop: () => {
      deaf?.();
      onStop();
    },
  });
  const { tracker, feed } = source;
  const deaf = events(ref)?.listen(value, {
    event: (_value, name) => { tracker.noticed(name); },
    // Before the channel is there too, a reading is due anyway.
    subscribed: () => { if (feed.isUp) tracker.doubt(); },
  });
  return feed;
}
