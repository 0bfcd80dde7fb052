import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChild } from '../../support/process/child.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../support/redis/single.js';

const module = new URL('support/closing-process.ts', import.meta.url);

describeRedis('a process whose connection is closed', () => {
  let server: SingleServer;
  beforeAll(async () => {
    server = await startSingle();
  });
  afterAll(() => server.stop());

  it('ends by itself: no timer and no socket is left', async () => {
    const child = startChild(module, [], { REDIS_PORT: String(server.port) });
    await child.line(/^closed$/);
    const before = performance.now();
    expect(await child.ended).toBe(0);
    expect(performance.now() - before).toBeLessThan(1_500);
  });

  it('ends by itself when the server froze', async () => {
    const child = startChild(module, [], { REDIS_PORT: String(server.port), WAIT_FOR_LOSS: 'yes' });
    await child.line(/^open$/);
    server.freeze();
    await child.line(/^closed$/);
    const before = performance.now();
    expect(await child.ended).toBe(0);
    expect(performance.now() - before).toBeLessThan(1_500);
    server.thaw();
  });
});
