import type { Redis } from 'ioredis';

/** Text as it is, anything else as base64 behind `base64:`. */
export type Value = string;

/** What a key holds, in words that every version of Redis understands. */
export type StoredKey =
  | { readonly key: string; readonly type: 'string'; readonly value: Value }
  | { readonly key: string; readonly type: 'set'; readonly members: readonly Value[] }
  | { readonly key: string; readonly type: 'hash'; readonly fields: readonly (readonly [Value, Value])[] }
  | { readonly key: string; readonly type: 'zset'; readonly members: readonly (readonly [Value, string])[] }
  | { readonly key: string; readonly type: 'stream'; readonly entries: readonly (readonly [string, readonly Value[]])[]; readonly last: string; readonly groups: readonly StoredGroup[] };

export interface StoredGroup {
  readonly name: string;
  readonly last: string;
  /** Id, consumer, deliveries. */
  readonly pending: readonly (readonly [string, string, number])[];
}

type Answer = Buffer | number | null | readonly Answer[];

/** All keys of a namespace, its name replaced by `NAMESPACE`, in the order of their names. */
export async function dump(raw: Redis, namespace: string): Promise<readonly StoredKey[]> {
  const keys = (await raw.keys('*')).filter((key) => key.includes(`:${namespace}:`)).sort();
  const found: StoredKey[] = [];
  for (const key of keys) found.push(rename(await read(raw, key), namespace, 'NAMESPACE'));
  return found;
}

/** Writes what was dumped into another namespace. */
export async function load(raw: Redis, keys: readonly StoredKey[], namespace: string): Promise<void> {
  for (const stored of keys.map((one) => rename(one, 'NAMESPACE', namespace))) {
    const { key } = stored;
    switch (stored.type) {
      case 'string': await raw.call('SET', key, bytes(stored.value)); break;
      case 'set': await raw.call('SADD', key, ...stored.members.map(bytes)); break;
      case 'hash': await raw.call('HSET', key, ...stored.fields.flat().map(bytes)); break;
      case 'zset': for (const [member, score] of stored.members) await raw.call('ZADD', key, score, bytes(member)); break;
      case 'stream': await loadStream(raw, stored); break;
    }
  }
}

function rename(stored: StoredKey, from: string, to: string): StoredKey {
  return { ...stored, key: stored.key.replaceAll(`:${from}:`, `:${to}:`) };
}

async function read(raw: Redis, key: string): Promise<StoredKey> {
  const type = await raw.type(key);
  const ask = (command: string, ...args: string[]): Promise<readonly Answer[]> => call(raw, key, command, key, ...args);
  switch (type) {
    case 'string': return { key, type, value: value(await raw.getBuffer(key)) };
    case 'set': return { key, type, members: (await ask('SMEMBERS')).map(value).sort() };
    case 'hash': return { key, type, fields: pairs((await ask('HGETALL')).map(value)).sort(byName) };
    case 'zset': return { key, type, members: pairs((await ask('ZRANGE', '0', '-1', 'WITHSCORES')).map(value)) };
    case 'stream': return { key, type, ...(await readStream(raw, key)) };
    default: throw new Error(`${key} is a ${type}`);
  }
}

async function readStream(raw: Redis, key: string): Promise<Pick<Extract<StoredKey, { type: 'stream' }>, 'entries' | 'last' | 'groups'>> {
  const entries = (await call(raw, key, 'XRANGE', key, '-', '+')).map((entry) => {
    const [id, fields] = list(entry);
    return [value(id), list(fields).map(value)] as const;
  });
  const info = new Map(pairs((await call(raw, key, 'XINFO', 'STREAM', key)).map((one) => (Buffer.isBuffer(one) ? value(one) : ''))));
  const groups: StoredGroup[] = [];
  for (const group of await call(raw, key, 'XINFO', 'GROUPS', key)) {
    const about = new Map(pairs(list(group).map((one) => (Buffer.isBuffer(one) ? value(one) : String(one)))));
    const name = about.get('name') ?? '';
    const pending = (await call(raw, key, 'XPENDING', key, name, '-', '+', '1000')).map((row) => {
      const [id, consumer, , count] = list(row);
      return [value(id), value(consumer), Number(count)] as const;
    });
    groups.push({ name, last: about.get('last-delivered-id') ?? '0-0', pending });
  }
  return { entries, last: info.get('last-generated-id') ?? '0-0', groups };
}

async function loadStream(raw: Redis, { key, entries, last, groups }: Extract<StoredKey, { type: 'stream' }>): Promise<void> {
  await raw.call('XGROUP', 'CREATE', key, 'loading', '0', 'MKSTREAM');
  for (const [id, fields] of entries) await raw.call('XADD', key, id, ...fields.map(bytes));
  if (last !== '0-0') await raw.call('XSETID', key, last);
  for (const group of groups) {
    await raw.call('XGROUP', 'CREATE', key, group.name, group.last);
    for (const [id, consumer, count] of group.pending) await raw.call('XCLAIM', key, group.name, consumer, 0, id, 'RETRYCOUNT', count, 'FORCE', 'JUSTID');
  }
  await raw.call('XGROUP', 'DESTROY', key, 'loading');
}

/** By way of a script, where every version and protocol answers in the same shape. */
async function call(raw: Redis, key: string, ...command: readonly string[]): Promise<readonly Answer[]> {
  return list(await raw.callBuffer('EVAL', 'return redis.call(unpack(ARGV))', '1', key, ...command));
}

function list(answer: unknown): readonly Answer[] {
  if (!Array.isArray(answer)) throw new Error('not a list');
  return answer.map((one: unknown) => (one === null || typeof one === 'number' || Buffer.isBuffer(one) ? one : list(one)));
}

function value(answer: Answer | undefined): Value {
  if (!Buffer.isBuffer(answer)) throw new Error('not a text');
  const text = answer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(answer) && !text.startsWith('base64:') && !/[\u0001-\u001f\u0080-\u009f]/.test(text) ? text : `base64:${answer.toString('base64')}`;
}

function bytes(stored: Value): string | Buffer {
  return stored.startsWith('base64:') ? Buffer.from(stored.slice(7), 'base64') : stored;
}

function pairs(flat: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: flat.length / 2 }, (_, pair) => [flat[pair * 2] ?? '', flat[pair * 2 + 1] ?? ''] as const);
}

function byName([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return left < right ? -1 : 1;
}
