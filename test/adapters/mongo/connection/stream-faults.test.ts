import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { firstValueFrom } from 'rxjs';
import type { MongoStore } from '../../../../src/adapters/mongo/connection/store.js';
import { beyondElection, mostBeyondMs } from '../../../support/mongo/election.js';
import { failCommand } from '../../../support/mongo/fail-point.js';
import type { Member } from '../../../support/mongo/member.js';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { openStore } from '../../../support/mongo/store.js';
import { hear, set as put, watch, type Heard } from './support.js';

/** Writes one revision after the other until it is told to stop; returns the last one. */
function writer(store: MongoStore, id: string): () => Promise<number> {
  const state = { v: 0, isStopped: false };
  const done = (async () => {
    while (!state.isStopped) await put(store, id, (state.v += 1));
    return state.v;
  })();
  // A test that fails leaves it to the end of its store.
  done.catch(() => undefined);
  return () => {
    state.isStopped = true;
    return done;
  };
}

function isGapless(seen: readonly number[]): boolean {
  return seen.every((v, i) => i === 0 || v === (seen[i - 1] ?? 0) + 1);
}

/** Waits until so many more revisions were shown. */
async function further(watcher: Heard<number>, by: number): Promise<void> {
  const from = watcher.all.at(-1) ?? 0;
  await watcher.next((v) => v >= from + by);
}

describeMongo('a stream of hints over a set of three', () => {
  let set: ReplicaSet;
  let store: MongoStore;
  beforeAll(async () => {
    set = await startReplicaSet({ members: 3 });
  });
  afterAll(() => set.stop());

  const running = async (database: string): Promise<{ readonly watcher: Heard<number>; readonly stop: () => Promise<number> }> => {
    // An election may take longer than a call usually waits.
    store = await openStore({ uri: set.uri, database, deadlineMs: 60_000 });
    const watcher = watch(store, 'k');
    const stop = writer(store, 'k');
    await watcher.next((v) => v >= 20);
    return { watcher, stop };
  };
  const end = async ({ watcher, stop }: { readonly watcher: Heard<number>; readonly stop: () => Promise<number> }): Promise<void> => {
    const last = await stop();
    await watcher.next((v) => v === last);
    expect(isGapless(watcher.all), 'every revision was shown, once, in order').toBe(true);
  };

  it('goes on through a step-down without a gap', async () => {
    const run = await running('a');
    await set.stepDown();
    await further(run.watcher, 20);
    await end(run);
  });

  it('goes on within 3 s of the election where its primary is frozen, and says meanwhile that it is stale', async () => {
    const run = await running('b');
    const hints = hear(store.hints.keys({ id: 'k' }));
    await hints.next(({ kind }) => kind === 'live');
    const old = await set.primary();
    onTestFinished(() => { old.thaw(); });
    old.freeze();
    expect(await beyondElection(set, old, further(run.watcher, 2))).toBeLessThan(mostBeyondMs);
    expect(hints.all.map(({ kind }) => kind)).toContain('stale');
    old.thaw();
    await end(run);
    await set.primary();
  });

  it('goes on within 3 s of the election where its primary was killed and stays down', async () => {
    const run = await running('c');
    const old = await set.primary();
    await old.kill9();
    expect(await beyondElection(set, old, further(run.watcher, 2))).toBeLessThan(mostBeyondMs);
    await end(run);
    await old.restart();
    await set.primary();
  });

  it('lets watchers join at random through a failover', async () => {
    const run = await running('d');
    const watchers: Heard<number>[] = [];
    const joining = (async () => { for (let i = 0; i < 40; i += 1) { watchers.push(watch(store, 'k')); await further(run.watcher, 2); } })();
    const old = await set.primary();
    await old.kill9();
    await joining;
    const last = await run.stop();
    for (const watcher of watchers) {
      await watcher.next((v) => v === last);
      expect(isGapless(watcher.all)).toBe(true);
    }
    await old.restart();
  });
});

describeMongo('a stream of hints over one server', () => {
  let set: ReplicaSet;
  let member: Member;
  beforeAll(async () => {
    set = await startReplicaSet();
    member = await set.primary();
  });
  afterAll(() => set.stop());
  let n = 0;
  const opened = async (): Promise<MongoStore> => openStore({ uri: set.uri, database: `d${(n += 1)}` });

  it('is frozen with it: stale within 3 s, and live again without a word missed', async () => {
    const store = await opened();
    const hints = hear(store.hints.keys({ id: 'k' }));
    await hints.next(({ kind }) => kind === 'live');
    await put(store, 'k', 1);
    onTestFinished(() => { member.thaw(); });
    member.freeze();
    const began = performance.now();
    await hints.next(({ kind }) => kind === 'stale');
    expect(performance.now() - began).toBeLessThan(10_000);
    member.thaw();
    await hints.next(({ kind }) => kind === 'live', hints.all.findIndex(({ kind }) => kind === 'stale'));
    expect(hints.all.filter((hint) => hint.kind === 'live').map(({ missed }) => missed)).toEqual([true, false]);
  });

  it('survives a crash and a restart of the server', async () => {
    const store = await opened();
    const watcher = watch(store, 'k');
    const stop = writer(store, 'k');
    await watcher.next((v) => v >= 20);
    await member.kill9();
    await firstValueFrom(store.status$);
    await member.restart();
    await watcher.next((v) => v >= 60);
    const last = await stop();
    await watcher.next((v) => v === last);
    expect(isGapless(watcher.all)).toBe(true);
  });

  // History lost on a live stream, and when it is opened again; a token that is none; one that belongs to an invalidate; an event that is too large.
  it.each([136, 286, 280, 260, 9, 50_811, 10_334])('after code %d begins anew, and tells everybody to look', async (errorCode) => {
    const store = await opened();
    const topic = hear(store.hints.topic('t'));
    const watcher = watch(store, 'k');
    const hints = hear(store.hints.keys({ id: 'k' }));
    await hints.next(({ kind }) => kind === 'live');
    await topic.next(({ kind }) => kind === 'gap');
    await failCommand(member, { failCommands: ['getMore'], errorCode, appName: 'chronow' }, 1);
    await put(store, 'k', 1);
    await hints.next((hint) => hint.kind === 'live' && hint.missed, 1);
    await topic.next(({ kind }) => kind === 'gap', 1);
    await put(store, 'k', 2);
    await watcher.next((v) => v === 2);
  });

  it.each([189, 11_602, 43, 237])('after code %d goes on where it was', async (errorCode) => {
    const store = await opened();
    const watcher = watch(store, 'k');
    const hints = hear(store.hints.keys({ id: 'k' }));
    await hints.next(({ kind }) => kind === 'live');
    await failCommand(member, { failCommands: ['getMore'], errorCode, appName: 'chronow' }, 1);
    for (let v = 1; v <= 5; v += 1) await put(store, 'k', v);
    await watcher.next((v) => v === 5);
    expect(watcher.all).toEqual([1, 2, 3, 4, 5]);
    expect(hints.all.filter((hint) => hint.kind === 'live' && hint.missed)).toHaveLength(1);
  });

  it('whose token is refused at the opening begins anew', async () => {
    const store = await opened();
    const hints = hear(store.hints.keys({ id: 'k' }));
    await hints.next(({ kind }) => kind === 'live');
    await failCommand(member, { failCommands: ['getMore'], errorCode: 189, appName: 'chronow' }, 1);
    await put(store, 'k', 1);
    await failCommand(member, { failCommands: ['aggregate'], errorCode: 286, appName: 'chronow' }, 1);
    await failCommand(member, { failCommands: ['getMore', 'aggregate'], errorCode: 286, appName: 'chronow' }, 2);
    await put(store, 'k', 2);
    await hints.next((hint) => hint.kind === 'live' && hint.missed, 1);
  });

  it('tells everybody to look when its collections or its database are dropped', async () => {
    const store = await opened();
    const topic = hear(store.hints.topic('t'));
    await topic.next(({ kind }) => kind === 'gap');
    await put(store, 'k', 1);
    await store.attempt('drop', () => store.collection('cw_log').drop());
    await topic.next(({ kind }) => kind === 'gap', 1);
    const from = topic.all.length;
    await member.admin({ dropDatabase: 1 }, `d${n}`);
    await topic.next(({ kind }) => kind === 'gap', from);
    const before = topic.all.length;
    await store.attempt('insert', () => store.collection('cw_log').insertOne({ t: 't' }));
    // Where the stream began anew after it, looking at everything finds it.
    await topic.next(() => true, before);
  });

  it('polls from then on, with a warning, when the right is taken away', async () => {
    const store = await opened();
    const warnings = hear(store.warnings$);
    const watcher = watch(store, 'k');
    const topic = hear(store.hints.topic('t'));
    await topic.next(({ kind }) => kind === 'gap');
    await failCommand(member, { failCommands: ['getMore'], errorCode: 13, appName: 'chronow' }, 1);
    await put(store, 'k', 1);
    expect(await warnings.next(() => true)).toMatchObject({ type: 'unsafe-setting', setting: 'change-streams', value: 'no right' });
    await put(store, 'k', 2);
    await watcher.next((v) => v === 2);
    expect(store.hints.mode).toBe('polling');
    await topic.next(({ kind }) => kind === 'ready');
  });
});
