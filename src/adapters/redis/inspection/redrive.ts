import type { RedriveRequest } from '../../../port/inspection.js';
import { asListOrEmpty, asTextOrNull } from '../connection/reply.js';
import type { Context } from '../context.js';
import { placeOf } from '../layout/message-id.js';
import type { Directory } from '../topics/directory.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { deathTimesScript } from './dead-letter-scripts.js';
import type { Grave, GraveReading } from './dead-letters.js';
import { byDeath, gravePages } from './dead-letters.js';
import { inChunks, sum } from './pages.js';
import type { Place } from './place.js';
import { placesOf } from './place.js';
import { putBack } from './put-back.js';

/** Dead letters that one script call puts back. */
const pageSize = 200;

/** Puts dead letters back into their subscription, page by page, the oldest first. What was put back when it stops half-way stays so. */
export async function redrive(context: Context, directory: Directory, record: SubscriptionRecord, { ids, reason, max = Infinity }: RedriveRequest): Promise<number> {
  const places = placesOf(context, record);
  const back = async (graves: readonly Grave[]): Promise<number> => sum(await Promise.all(places.map((place) => redriveIn(context, directory, place, graves, reason))));
  if (ids !== undefined) {
    const graves = (await Promise.all(places.map((place) => gravesOf(context, place, ids)))).flat().sort(byDeath);
    return inTurn(graves, max, back);
  }
  // Those that die again meanwhile are not put back once more, or it might never end.
  const until = Math.max(0, ...(await Promise.all(places.map((place) => latestDeath(context, place)))));
  if (max === Infinity || places.length === 1) {
    return sum(await Promise.all(places.map((place) => drain(context, place, { reason, isTaking: true, until }, max, back))));
  }
  const oldest = (await Promise.all(places.map((place) => oldestOf(context, place, reason, until, max)))).flat().sort(byDeath);
  return inTurn(oldest, max, back);
}

async function drain(context: Context, place: Place, reading: GraveReading, max: number, back: (graves: readonly Grave[]) => Promise<number>): Promise<number> {
  let count = 0;
  for await (const graves of gravePages(context, place, reading)) {
    count += await back([...graves].sort(byDeath).slice(0, max - count));
    if (count >= max) break;
  }
  return count;
}

/** Until so many were put back: some may have been taken by somebody else, or do not fit. */
async function inTurn(graves: readonly Grave[], max: number, back: (graves: readonly Grave[]) => Promise<number>): Promise<number> {
  let count = 0;
  for (let at = 0; at < graves.length && count < max;) {
    const page = graves.slice(at, at + Math.min(pageSize, max - count));
    count += await back(page);
    at += page.length;
  }
  return count;
}

async function redriveIn(context: Context, directory: Directory, { record, shard }: Place, graves: readonly Grave[], reason: string | undefined): Promise<number> {
  let count = 0;
  for (const chunk of inChunks(graves.filter(({ place }) => place.shard === shard), pageSize)) {
    count += await putBack(context, directory, record, shard, { kind: 'redrive', ids: chunk.map(({ id }) => id), reason });
  }
  return count;
}

async function gravesOf({ connection }: Context, place: Place, ids: readonly string[]): Promise<readonly Grave[]> {
  const own = [...new Set(ids)].map(placeOf).filter(({ shard }) => shard === place.shard).map(({ local }) => local);
  const graves: Grave[] = [];
  for (const chunk of inChunks(own, 500)) {
    const scores = asListOrEmpty(await connection.run(deathTimesScript, [place.own.dead], chunk));
    for (const [index, id] of chunk.entries()) {
      const score = asTextOrNull(scores[index] ?? null);
      if (score !== null) graves.push({ place, id, score: Number(score) });
    }
  }
  return graves;
}

async function latestDeath({ connection }: Context, { own }: Place): Promise<number> {
  const [, score] = asListOrEmpty(await connection.command('zrevrangebyscore', own.dead, '(+inf', '-inf', 'WITHSCORES', 'LIMIT', 0, 1));
  return Number(asTextOrNull(score ?? null) ?? 0);
}

async function oldestOf(context: Context, place: Place, reason: string | undefined, until: number, max: number): Promise<readonly Grave[]> {
  const found: Grave[] = [];
  for await (const graves of gravePages(context, place, { reason, until })) {
    found.push(...graves);
    if (found.length >= max) break;
  }
  return found;
}
