import type { DeadLetterRecord } from '../../../port/inspection.js';
import { asList, asNumber, asText, asTexts } from '../connection/reply.js';
import type { Context } from '../context.js';
import { readEntry } from '../format/read-entry.js';
import type { SubscriptionRecord } from '../topics/records.js';
import { listDeadScript, purgeDeadScript, readDeadScript } from './dead-letter-scripts.js';
import { readDeaths } from './deaths.js';
import { inChunks } from './pages.js';
import type { Place } from './place.js';
import { placesOf } from './place.js';
import { halvesOf } from './stream-id.js';

const pageSize = 500;

/** A dead letter by its id. */
export interface Grave {
  readonly place: Place;
  /** Its id in the shard. */
  readonly id: string;
  /** Where it stands in the order of deaths. */
  readonly score: number;
}

/** The oldest dead letters of a subscription, with all that is known of them. */
export async function peekDeadLetters(context: Context, record: SubscriptionRecord, limit: number): Promise<readonly DeadLetterRecord[]> {
  const found = await Promise.all(placesOf(context, record).map((place) => oldestGraves(context, place, limit)));
  const graves = found.flat().sort(byDeath).slice(0, limit);
  const records = await Promise.all(placesOf(context, record).map((place) => readGraves(context, place, graves)));
  const byId = new Map(records.flat());
  return graves.flatMap((grave) => byId.get(graveKey(grave)) ?? []);
}

export async function purgeDeadLetters(context: Context, record: SubscriptionRecord): Promise<number> {
  let count = 0;
  for (const { own } of placesOf(context, record)) {
    // Those that die meanwhile stay, or it might never end.
    let time = '';
    for (let removed = -1; removed !== 0;) {
      const [number, until] = asList(await context.connection.run(purgeDeadScript, [own.dead, own.deadBody], [time]));
      removed = asNumber(number);
      time = asText(until);
      count += removed;
    }
  }
  return count;
}

/** How the pages of dead letters are read. */
export interface GraveReading {
  /** Only those whose latest reason this is. */
  readonly reason?: string | undefined;
  /** Whoever reads a page takes its dead letters away before the next one. */
  readonly isTaking?: boolean | undefined;
  /** Up to this score; else all. */
  readonly until?: number | undefined;
}

/** Pages of dead letters, the oldest first. */
export async function* gravePages({ connection }: Context, place: Place, { reason, isTaking = false, until }: GraveReading): AsyncGenerator<readonly Grave[]> {
  const end = until === undefined ? '(+inf' : String(until);
  let from = '-inf';
  let skip = 0;
  while (true) {
    const flat = asTexts(await connection.run(listDeadScript, [place.own.dead, place.own.deadBody], [from, end, skip, pageSize, reason === undefined ? '0' : '1', reason ?? '']));
    const rows = Array.from({ length: flat.length / 3 }, (_, row) => ({ id: flat[row * 3] ?? '', score: flat[row * 3 + 1] ?? '', fits: flat[row * 3 + 2] === '1' }));
    yield rows.filter(({ fits }) => fits).map(({ id, score }) => ({ place, id, score: Number(score) }));
    const last = rows.at(-1)?.score;
    if (last === undefined || rows.length < pageSize) return;
    // The next page begins with the score of the last one, and skips those of it that are still there.
    const left = rows.filter(({ fits, score }) => score === last && !(isTaking && fits)).length;
    skip = from === last ? skip + left : left;
    from = last;
  }
}

/** In the order of their deaths; several of one instant by their ids. */
export function byDeath(left: Grave, right: Grave): number {
  if (left.score !== right.score) return left.score - right.score;
  const [one, other] = [halvesOf(left.id), halvesOf(right.id)];
  return one.ms - other.ms || one.seq - other.seq || (left.id < right.id ? -1 : 1);
}

async function oldestGraves(context: Context, place: Place, limit: number): Promise<readonly Grave[]> {
  const found: Grave[] = [];
  for await (const graves of gravePages(context, place, {})) {
    found.push(...graves);
    // Of those that died in one instant all are needed, to put them in order.
    const edge = found[limit - 1];
    if (edge !== undefined && (found.at(-1)?.score ?? 0) > edge.score) break;
  }
  return found;
}

async function readGraves({ connection }: Context, place: Place, graves: readonly Grave[]): Promise<readonly (readonly [string, DeadLetterRecord])[]> {
  const own = graves.filter((grave) => grave.place.shard === place.shard);
  const records: (readonly [string, DeadLetterRecord])[] = [];
  for (const chunk of inChunks(own, 50)) {
    const found = asList(await connection.run(readDeadScript, [place.own.deadBody], chunk.map(({ id }) => id)));
    for (const [index, grave] of chunk.entries()) {
      const fields = found[index] ?? null;
      if (fields !== null) records.push([graveKey(grave), recordOf(grave, asTexts(fields))]);
    }
  }
  return records;
}

function recordOf({ place, id }: Grave, fields: readonly string[]): DeadLetterRecord {
  const { message, deaths, attempts } = readEntry(place.shard, id, fields);
  const history = readDeaths(deaths);
  return { message, subscription: place.ref.subscription, deliveryCount: history.at(-1)?.deliveryCount ?? attempts, history };
}

function graveKey({ place, id }: Grave): string {
  return `${String(place.shard)} ${id}`;
}
