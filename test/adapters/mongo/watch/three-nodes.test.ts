import { afterAll, beforeAll, expect, it } from 'vitest';
import { MongoWatches } from '../../../../src/adapters/mongo/watch/mongo-watches.js';
import { beyondElection, mostBeyondMs } from '../../../support/mongo/election.js';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { databaseName, describeMongo } from '../../../support/mongo/shared.js';
import { Seen } from '../../../support/watching/seen.js';
import { calls, ref } from '../keys/support.js';
import { openWatchRoom, watching, type WatchRoom } from './support.js';

const patience = 90_000;
const never = { reconcileMs: 600_000 };
const mostLate = 400;

describeMongo('watchers and a set of three', () => {
  let set: ReplicaSet;
  beforeAll(async () => { set = await startReplicaSet({ members: 3 }); }, patience);
  afterAll(() => set.stop());

  interface Scene {
    readonly writer: WatchRoom;
    readonly seen: readonly Seen[];
    /** Watchers that come while it is written, each with a feed of its own. */
    readonly late: readonly Seen[];
    /** Writes all the time. */
    readonly writing: Promise<void>;
    readonly stop: () => void;
  }

  async function begin(): Promise<Scene> {
    const at = { uri: set.uri, database: databaseName(), retryMs: 100, deadlineMs: 60_000 };
    const writer = await openWatchRoom(at);
    const { watches, context, keys } = await openWatchRoom(at, never);
    const { set: write, del } = calls(writer.keys, ref);
    await write('start');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, 'fraud:'))];
    const over = new AbortController();
    const late: Seen[] = [];
    const writing = (async () => {
      for (let n = 0; !over.signal.aborted; n += 1) {
        await (n % 5 === 4 ? del() : write(`value ${String(n % 3)}`, n % 4 === 0 ? { ttlMs: 600_000 } : {}));
        if (late.length < mostLate) late.push(new Seen(new MongoWatches(context, keys, never).watchKey(ref)));
      }
    })();
    writing.catch(() => undefined);
    return { writer, seen, late, writing, stop: () => { over.abort(); } };
  }

  async function end({ writer, seen, late, writing, stop }: Scene): Promise<void> {
    stop();
    await writing;
    const { state } = await calls(writer.keys, ref).set('end');
    for (const one of [...seen, ...late]) {
      await one.shows('end');
      expect(one.last?.state.revision).toBe(state.revision);
      await one.live();
      one.expectForward();
      expect(one.isOver).toBe(false);
    }
  }

  /** Until the watchers were shown something of a new primary. */
  async function shownMore({ seen }: Scene, by = 20): Promise<void> {
    const counts = seen.map(({ changes }) => changes.length);
    await Promise.all(seen.map((one, n) => one.showsMore((counts[n] ?? 0) + by)));
  }

  it('of which the primary steps down: they end at the stored value, and none goes back', { timeout: patience }, async () => {
    const scene = await begin();
    await shownMore(scene);
    await set.stepDown();
    await shownMore(scene);
    await end(scene);
  });

  it('of which the primary is killed and stays down: they go on with the next one', { timeout: patience }, async () => {
    const scene = await begin();
    await shownMore(scene);
    const old = await set.primary();
    await old.kill9();
    expect(await beyondElection(set, old, shownMore(scene, 2))).toBeLessThan(mostBeyondMs);
    await end(scene);
    await old.start();
  });

  it('of which the primary is frozen for a while: they go on with the next one, and do not go back when it wakes', { timeout: patience }, async () => {
    const scene = await begin();
    await shownMore(scene);
    const old = await set.primary();
    old.freeze();
    try {
      expect(await beyondElection(set, old, shownMore(scene, 2))).toBeLessThan(mostBeyondMs);
    } finally {
      old.thaw();
    }
    await shownMore(scene);
    await end(scene);
  });
});
