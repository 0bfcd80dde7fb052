import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../../support/redis/call.js';
import { describeRedis } from '../../support/redis/shared.js';
import type { TlsServer } from '../../support/redis/tls.js';
import { startTls } from '../../support/redis/tls.js';

describeRedis('a server with TLS', () => {
  let tls: TlsServer;
  beforeAll(async () => {
    tls = await startTls();
  });
  afterAll(() => tls.server.stop());

  it('answers whom its authority is known to, by address and by name', async () => {
    expect(await tls.server.call('PING')).toBe('PONG');
    expect(await call({ ...tls.server.target, host: 'localhost' }, 'PING')).toBe('PONG');
    expect(tls.server.url).toMatch(/^rediss:/);
  });

  it('is refused by whom another authority is known to, or none', async () => {
    await expect(failureOf({ ca: tls.certificates.otherCa })).resolves.toMatch(/certificate|signature/);
    await expect(failureOf({})).resolves.toMatch(/certificate/);
  });

  it('has no plain port', async () => {
    const { host, port } = tls.server;
    await expect(call({ host, port }, 'PING')).rejects.toThrow();
  });

  /** What ioredis says of the connection. */
  function failureOf(options: { readonly ca?: string }): Promise<string> {
    const { host, port } = tls.server;
    const client = new Redis({ host, port, tls: options, retryStrategy: () => null });
    return new Promise((resolve) => client.on('error', (error) => resolve(String(error))));
  }
});
