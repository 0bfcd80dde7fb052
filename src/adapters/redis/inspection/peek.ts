import type { PeekedMessage } from '../../../port/inspection.js';
import { asList, asTexts } from '../connection/reply.js';
import type { Context } from '../context.js';
import { readEntry } from '../format/read-entry.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { subscriptionNotFound } from '../topics/refusals.js';
import { readRange } from './entries.js';
import type { Touched } from './listing.js';
import { listTouched } from './listing.js';
import { inChunks } from './pages.js';
import { readPlacesScript } from './peek-scripts.js';
import type { Place } from './place.js';
import { placesOf } from './place.js';
import { following, halvesOf } from './stream-id.js';

interface Placed extends PeekedMessage {
  readonly ms: number;
  readonly seq: number;
}

/** The oldest unsettled messages, in order, without taking them. */
export async function peek(context: Context, directory: Directory, record: SubscriptionRecord, limit: number): Promise<readonly PeekedMessage[]> {
  const found = await Promise.all(placesOf(context, record).map((place) => peekIn(context, directory, place, limit)));
  const seen = new Set<string>();
  return found.flat()
    .sort((left, right) => left.ms - right.ms || left.seq - right.seq)
    .filter(({ message: { id } }) => !seen.has(id) && seen.add(id))
    .slice(0, limit)
    .map(({ message, state, deliveryCount }) => ({ message, state, deliveryCount }));
}

async function peekIn(context: Context, directory: Directory, place: Place, limit: number): Promise<readonly Placed[]> {
  const listing = await listTouched(context, directory, place, limit);
  if (listing === undefined) throw subscriptionNotFound(place.ref);
  const oldest = [...listing.touched].sort((left, right) => left.ms - right.ms || left.seq - right.seq).slice(0, limit);
  const found = await readTouched(context, place, oldest);
  // Whatever was touched stands before what was not.
  const fresh = found.length >= limit ? [] : await readRange(context.connection, place.topic, following(listing.lastDelivered), '+', limit - found.length);
  return [...found, ...fresh.map(({ id, entry }) => ({ message: entry.message, state: 'waiting' as const, deliveryCount: 0, ...halvesOf(id) }))];
}

async function readTouched({ connection }: Context, { topic, own, shard }: Place, touched: readonly Touched[]): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (const chunk of inChunks(touched, 50)) {
    const replies = asList(await connection.run(readPlacesScript, [topic.topic, own.retry, own.solo, own.held], chunk.flatMap(({ source, id }) => [source, id])));
    for (const [index, { id, state, deliveryCount, ms, seq }] of chunk.entries()) {
      const fields = replies[index] ?? null;
      if (fields === null) continue;
      const { message, attempts } = readEntry(shard, id, asTexts(fields));
      placed.push({ message, state, deliveryCount: deliveryCount ?? attempts, ms, seq });
    }
  }
  return placed;
}
