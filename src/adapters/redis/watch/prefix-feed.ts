import type { Scope } from '../../../port/names.js';
import { PrefixSource } from '../../common/prefix-source.js';
import type { Feed } from '../../common/watch-feed.js';
import type { KeyspaceSignal } from '../connection/pubsub-signals.js';
import { readChange } from '../keys/change-message.js';
import { valueKeys, valuePrefix } from '../keys/value-keys.js';
import { EventTracker } from './event-tracker.js';
import { scanValues } from './scan-values.js';
import type { WatchParts } from './watch-parts.js';

/** The watch of all keys of a scope that begin with a prefix: one pattern for the channels of the scope, and SCAN for what is there. */
export function prefixFeed({ context, keys, events, reconcileMs }: WatchParts, scope: Scope, prefix: string, onStop: () => void): Feed<KeyspaceSignal> {
  const begin = valuePrefix(context.keys, scope, prefix);
  const source: PrefixSource<KeyspaceSignal, EventTracker> = new PrefixSource({
    runtime: context.runtime,
    reconcileMs,
    atOnce: 64,
    // The pattern of the whole scope, whatever the prefix: the only one that an access list has to name.
    line$: context.connection.pubsub.keyspace(`${valuePrefix(context.keys, scope)}*`),
    track: (ref, owner) => new EventTracker(context, keys, ref, owner),
    take: (signal) => {
      if (signal.kind !== 'message') return;
      const tracker = trackerOf(signal.channel);
      const message = readChange(signal.text);
      if (message === undefined) tracker?.doubt();
      else tracker?.heard(message);
    },
    readAll: async (tracked) => {
      const found = await scanValues(context, scope, prefix);
      for (const [value, ref] of found) if (ref.key.startsWith(prefix)) tracked.track(value, ref);
      return tracked.all();
    },
    onStop: () => {
      deaf?.();
      onStop();
    },
  });
  const trackerOf = (value: string): EventTracker | undefined => {
    if (!value.startsWith(begin)) return undefined;
    const known = source.get(value);
    if (known !== undefined) return known;
    const parsed = context.keys.parse(value);
    return parsed?.kind === 'shared' && valueKeys(context.keys, parsed.key).value === value ? source.track(value, parsed.key) : undefined;
  };
  const deaf = events(scope)?.listenToAll({
    event: (value, name) => { trackerOf(value)?.noticed(name); },
    subscribed: () => { source.feed.sync(); },
  });
  return source.feed;
}
