/** The two halves of a stream id. Both are 64-bit numbers on the server. */
export interface IdHalves {
  readonly ms: number;
  readonly seq: number;
}

const largest = '18446744073709551615';

export function halvesOf(id: string): IdHalves {
  const [ms = '', seq = '0'] = id.split('-');
  return { ms: Number(ms), seq: Number(seq) };
}

/** The id right behind one: ranges that leave out their first id came with Redis 6.2. */
export function following(id: string): string {
  const [ms = '0', seq = '0'] = id.split('-');
  return seq === largest ? `${String(Number(ms) + 1)}-0` : `${ms}-${String(BigInt(seq) + 1n)}`;
}

/** The time in a message's own id: when it was published, or for a scheduled one when it was due. */
export function timeIn(localId: string): number {
  const time = /^s?(\d+)-/.exec(localId)?.[1];
  return time === undefined ? 0 : Number(time);
}

/** Whether the server takes it as an id. */
export function isStreamId(id: string): boolean {
  return /^\d{1,19}-\d{1,19}$/.test(id);
}
