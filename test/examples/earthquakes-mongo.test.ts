import { expect, it, onTestFinished } from 'vitest';
import { Chronow } from 'chronow';
import { NEVER } from 'rxjs';
import { audit } from '../../examples/earthquakes/audit.js';
import { run } from '../../examples/earthquakes/run.js';
import { startReplicaSet, type ReplicaSet } from '../support/mongo/replica-set.js';
import { describeMongo } from '../support/mongo/shared.js';

async function clientOf(set: ReplicaSet): Promise<Chronow> {
  onTestFinished(() => set.stop());
  const cw = await Chronow.init({ url: set.uri, namespace: 'earthquakes' });
  onTestFinished(() => cw.close({ deadlineMs: 1_000 }));
  return cw;
}

describeMongo('the main example on MongoDB', () => {
  // Most of its time are the values of a few regions, each message after the other: one week is enough.
  it('replays the week, goes on when the server is killed and started again in the middle, and every record is accounted for', { timeout: 120_000 }, async () => {
    const set = await startReplicaSet();
    const cw = await clientOf(set);
    const [server] = set.members;
    let outage: Promise<void> | undefined;
    // The example writes a line every two seconds: the first of them comes in the middle of three.
    const progress = {
      write: () => {
        outage ??= server?.kill9().then(() => server.restart());
        return true;
      },
    };
    const result = await run({ cw, speed: 6, seed: 2, stop$: NEVER, progress });
    expect(outage).toBeDefined();
    await outage;
    expect(audit(result)).toEqual([]);
    expect(result.interrupted).toBe(false);
  });
});
