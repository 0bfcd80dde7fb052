import { Redis } from 'ioredis';
import { fieldsOf, type Target } from '../../support/redis/call.js';

/** Connections, and what consumer groups think that somebody still works on. */
export async function footprintOf(targets: readonly Target[]): Promise<Readonly<Record<string, number>>> {
  const found = { connections: 0, blocked: 0, pending: 0 };
  for (const target of targets) {
    const client = new Redis({ ...target, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const clients = fieldsOf(await client.info('clients'));
      found.connections += Number(clients['connected_clients']) - 1;
      found.blocked += Number(clients['blocked_clients']);
      for (const key of await streamsOf(client)) found.pending += await pendingOf(client, key);
    } finally {
      client.disconnect();
    }
  }
  return found;
}

async function streamsOf(client: Redis): Promise<readonly string[]> {
  const keys = await client.keys('*');
  const types = await Promise.all(keys.map((key) => client.type(key)));
  return keys.filter((_, index) => types[index] === 'stream');
}

async function pendingOf(client: Redis, key: string): Promise<number> {
  const groups: unknown = await client.call('XINFO', 'GROUPS', key);
  if (!Array.isArray(groups)) return 0;
  return groups.reduce((sum: number, group: unknown) => {
    const fields = Array.isArray(group) ? group.map(String) : [];
    return sum + Number(fields[fields.indexOf('pending') + 1] ?? 0);
  }, 0);
}
