import type { Observable } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { ConnectionOptions } from '../../../../src/adapters/mongo/connection/options.js';
import { MongoWatches } from '../../../../src/adapters/mongo/watch/mongo-watches.js';
import type { WatchOptions } from '../../../../src/adapters/mongo/watch/options.js';
import type { WatchSignal } from '../../../../src/port/watch-source.js';
import { Seen } from '../../../support/watching/seen.js';
import { openRoom, type Room } from '../keys/support.js';

export interface WatchRoom extends Room {
  readonly watches: MongoWatches;
}

export async function openWatchRoom(connection: Partial<ConnectionOptions> = {}, options: WatchOptions = {}): Promise<WatchRoom> {
  const room = await openRoom(connection);
  const watches = new MongoWatches(room.context, room.keys, options);
  onTestFinished(() => { watches.close(); });
  return { ...room, watches };
}

export async function watching(source: Observable<WatchSignal>): Promise<Seen> {
  const seen = new Seen(source);
  await seen.live();
  return seen;
}
