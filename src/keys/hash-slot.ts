/** How many slots the keys of a Redis Cluster are spread over. */
export const slotCount: number = 16_384;

const table: Uint16Array = crcTable();

/**
 * The slot of a key in a Redis Cluster: CRC16 (XMODEM) of its hash tag, modulo 16 384. From the Redis Cluster
 * specification, "Key distribution model" and "Hash tags".
 */
export function hashSlot(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(hashTag(key))) crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] ?? 0);
  return crc % slotCount;
}

/** The part of a key that decides its slot: what stands between the first `{` and the next `}`, if that is not empty; else the key. */
export function hashTag(key: string): string {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
}

function crcTable(): Uint16Array {
  const answer = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff;
    answer[byte] = crc;
  }
  return answer;
}
