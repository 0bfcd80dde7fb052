import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startChild } from '../../support/process/child.js';
import { describeRedis } from '../../support/redis/shared.js';
import { survivors } from '../../support/servers/survivors.js';
import { until } from '../../support/servers/until.js';

describeRedis('the servers of a process', () => {
  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('are gone with it, and their folders, when it ends by %s, one of them frozen', async (signal) => {
    const run = `guard-${randomUUID().slice(0, 8)}`;
    const child = startChild(new URL('../../fixtures/redis/owner.ts', import.meta.url), [], { CHRONOW_TEST_RUN: run });
    await child.line(/^started$/);
    expect(survivors(run)).toHaveLength(2);
    const folders = child.lines.flatMap((line) => /^server \d+ (.*)$/.exec(line)?.[1] ?? []);
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, true]);

    child.kill(signal);
    expect(await child.ended).toBe(signal);
    await until('its servers are gone', async () => survivors(run).length === 0 && !folders.some((folder) => existsSync(folder)));
  });

  it('keep it while it waits for them, and not when it is done', async () => {
    const run = `alone-${randomUUID().slice(0, 8)}`;
    const child = startChild(new URL('../../fixtures/redis/alone.ts', import.meta.url), [], { CHRONOW_TEST_RUN: run });
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(['started', 'stopped', 'left']);
    await until('the server that it left is gone', async () => survivors(run).length === 0);
  });
});
