import { expect, it, onTestFinished } from 'vitest';
import { Chronow } from 'chronow';
import { NEVER } from 'rxjs';
import { audit } from '../../examples/earthquakes/audit.js';
import { run } from '../../examples/earthquakes/run.js';
import { describeRedis } from '../support/redis/shared.js';
import { startSingle } from '../support/redis/single.js';
import type { SingleServer } from '../support/redis/single.js';

async function clientOf(server: SingleServer): Promise<Chronow> {
  const cw = await Chronow.init({ redis: { url: server.url }, namespace: 'earthquakes' });
  onTestFinished(async () => {
    await cw.close({ deadlineMs: 1_000 });
    await server.stop();
  });
  return cw;
}

const quiet = { write: () => true };

describeRedis('the main example on Redis', () => {
  it('replays the week, and every record is accounted for', { timeout: 60_000 }, async () => {
    const cw = await clientOf(await startSingle());
    const result = await run({ cw, speed: 10, seed: 1, stop$: NEVER, progress: quiet });
    expect(audit(result)).toEqual([]);
    expect(result.interrupted).toBe(false);
  });

  it('goes on when the server is killed and started again in the middle, and every record is accounted for', { timeout: 90_000 }, async () => {
    const server = await startSingle({ persistence: 'always' });
    const cw = await clientOf(server);
    let outages = 0;
    // The example writes a line every two seconds, so this is in its middle.
    const progress = {
      write: () => {
        outages += 1;
        if (outages <= 2) void server.kill9().then(() => server.restart());
        return true;
      },
    };
    const result = await run({ cw, speed: 3, seed: 2, stop$: NEVER, progress });
    expect(outages).toBeGreaterThan(1);
    expect(audit(result)).toEqual([]);
    expect(result.interrupted).toBe(false);
  });
});
