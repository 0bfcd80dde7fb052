/** A message's id, taken apart: the shard it lies in, and its id there. */
export interface PlacedId {
  readonly shard: number;
  readonly local: string;
}

const sharded = /^([1-9]\d*):(.+)$/;

/** Shard 0 is not written, so that the ids of a topic without shards are those of its stream. */
export function messageId(shard: number, local: string): string {
  return shard === 0 ? local : `${String(shard)}:${local}`;
}

export function placeOf(id: string): PlacedId {
  const [, shard, local] = sharded.exec(id) ?? [];
  return shard === undefined || local === undefined ? { shard: 0, local: id } : { shard: Number(shard), local };
}

/** The millisecond part of a stream id: when the server stored the entry. */
export function storedAt(entryId: string): number {
  return Number(entryId.slice(0, entryId.indexOf('-')));
}
