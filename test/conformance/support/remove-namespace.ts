import { Redis } from 'ioredis';

/** Takes away every key of a namespace and of those that begin like it. */
export async function removeNamespace(port: number, namespace: string): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port });
  try {
    for await (const keys of client.scanStream({ match: `*${namespace}*`, count: 1_000 })) {
      if (Array.isArray(keys) && keys.length > 0) await client.unlink(...keys.map(String));
    }
  } finally {
    client.disconnect();
  }
}
