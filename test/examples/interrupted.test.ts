import { describe, expect, it } from 'vitest';
import { startChild, type Child } from '../support/process/child.js';
import { describeMongo, mongoUri } from '../support/mongo/shared.js';
import { describeRedis, redisUrl } from '../support/redis/shared.js';

const example = new URL('../../examples/earthquakes/main.ts', import.meta.url);

/** Ended by Ctrl-C while it publishes. */
async function interrupted(environment: NodeJS.ProcessEnv): Promise<Child> {
  const child = startChild(example, ['--speed', '0.5'], environment);
  await child.line(/ published \| settled: alerts [1-9]/);
  child.kill('SIGINT');
  return child;
}

async function expectOrderlyEnd(child: Child): Promise<void> {
  expect(await child.ended).toBe(130);
  expect(child.lines).toContain('finishing what runs; once more to stop at once');
  // What was published until then is checked id by id.
  expect(child.lines.join('\n')).toMatch(/What ran was finished, what had not started was handed back; everything settled is as expected/);
}

const patience = { timeout: 60_000 };

describe('the main example is interrupted by Ctrl-C', () => {
  it('it finishes what runs, accounts for it and ends with 130', patience, async () => {
    await expectOrderlyEnd(await interrupted({}));
  });

  it('a second time it ends at once, by the signal', patience, async () => {
    const child = await interrupted({});
    await child.line(/^finishing what runs/);
    child.kill('SIGINT');
    // It may have ended by itself meanwhile.
    expect([130, 'SIGINT']).toContain(await child.ended);
  });
});

describeRedis('the main example is interrupted by Ctrl-C on Redis', () => {
  it('it finishes what runs, accounts for it and ends with 130', patience, async () => {
    await expectOrderlyEnd(await interrupted({ CHRONOW_URL: redisUrl() }));
  });
});

describeMongo('the main example is interrupted by Ctrl-C on MongoDB', () => {
  it('it finishes what runs, accounts for it and ends with 130', patience, async () => {
    await expectOrderlyEnd(await interrupted({ CHRONOW_URL: mongoUri() }));
  });
});
