import type { StoredKey } from './dump.js';

/** What is stored, without what differs from run to run: times, ids, sums. Packed copies keep the names of their fields. */
export function shapeOf(keys: readonly StoredKey[]): readonly unknown[] {
  return keys.map((stored) => {
    const { key } = stored;
    switch (stored.type) {
      case 'string': return [key, stored.value];
      case 'set': return [key, stored.members];
      case 'hash': return [key, stored.fields.map(([field, value]) => [plain(field), plain(value)]).sort(inOrder)];
      case 'zset': return [key, stored.members.map(([member, score]) => [plain(member), plain(score)]).sort(inOrder)];
      // How often somebody was woken is a matter of timing.
      case 'stream': return [key, key.includes('}:wake:') ? [...new Set(stored.entries.map(([, fields]) => fields.join(' ')))] : stored.entries.map(([, fields]) => fields.map(plain)), stored.groups.map(({ name, pending }) => [name, pending.map(([, consumer, count]) => [consumer, count])])];
    }
  });
}

function plain(value: string): string {
  const text = value.startsWith('base64:') ? Buffer.from(value.slice(7), 'base64').toString('latin1') : value;
  return text
    .replaceAll(/[0-9a-f]{40}/g, 'SHA')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/[0-9a-f]{12}_[0-9a-z]+/g, 'CALL')
    .replaceAll(/\d{13,16}(?:\.\d+)?-\d+/g, 'ID')
    .replaceAll(/M\d{13}[A-T]\d+$/g, 'PLACE')
    .replaceAll(/\d{13,16}(?:\.\d+)?/g, 'TIME');
}

function inOrder(left: readonly string[], right: readonly string[]): number {
  return left.join('\0') < right.join('\0') ? -1 : 1;
}
