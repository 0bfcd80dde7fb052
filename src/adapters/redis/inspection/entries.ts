import type { Connection } from '../connection/connection.js';
import { asListOrEmpty, asText, asTexts } from '../connection/reply.js';
import type { ReadEntry } from '../format/read-entry.js';
import { readEntry } from '../format/read-entry.js';
import type { ShardKeys } from '../layout/shard-keys.js';
import { following } from './stream-id.js';

/** An entry of a topic's stream. */
export interface Entry {
  readonly id: string;
  readonly entry: ReadEntry;
}

const pageSize = 100;

/** Entries of a stream from one id to another, both included, without what is nobody's message; at most `max`. */
export async function readRange(connection: Connection, { topic, shard }: ShardKeys, from: string, to: string, max: number): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  let start = from;
  while (found.length < max) {
    const page = asListOrEmpty(await connection.command('xrange', topic, start, to, 'COUNT', Math.min(pageSize, max - found.length)));
    for (const one of page) {
      const [id, fields] = asListOrEmpty(one);
      const entry = readEntry(shard, asText(id), asTexts(fields));
      start = following(asText(id));
      if (!entry.isForeign) found.push({ id: asText(id), entry });
    }
    if (page.length === 0) break;
  }
  return found;
}
