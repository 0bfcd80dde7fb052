import type { Observable } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { ConnectionOptions } from '../../../../src/adapters/redis/connection/options.js';
import type { WatchOptions } from '../../../../src/adapters/redis/watch/options.js';
import { RedisWatches } from '../../../../src/adapters/redis/watch/redis-watches.js';
import type { WatchSignal } from '../../../../src/port/watch-source.js';
import { Seen } from '../../../support/watching/seen.js';
import { openRoom, type Room } from '../keys/support.js';

export interface WatchRoom extends Room {
  readonly watches: RedisWatches;
}

export async function openWatchRoom(options: WatchOptions = {}, connection: Partial<ConnectionOptions> = {}): Promise<WatchRoom> {
  const room = await openRoom(connection);
  const watches = new RedisWatches(room.context, room.keys, options);
  onTestFinished(() => watches.close());
  return { ...room, watches };
}

export async function watching(source: Observable<WatchSignal>): Promise<Seen> {
  const seen = new Seen(source);
  await seen.live();
  return seen;
}
