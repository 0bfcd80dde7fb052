import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMember, type Member } from '../../../support/mongo/member.js';
import { databaseName, describeMongo } from '../../../support/mongo/shared.js';
import { until } from '../../../support/servers/until.js';
import { calls, idOf, raw, ref } from '../keys/support.js';
import { openWatchRoom, watching } from './support.js';

const never = { reconcileMs: 600_000 };
const other = { ...ref, key: 'fraud:other' };

describeMongo('watchers where there are no change streams', () => {
  let alone: Member;
  beforeAll(async () => { alone = await startMember(); });
  afterAll(() => alone.stop());

  const at = (): { readonly uri: string; readonly database: string; readonly pollMs: number; readonly retryMs: number } => ({ uri: alone.uri, database: databaseName(), pollMs: 200, retryMs: 50 });

  it('poll: they are shown writes, deletes, the end of a value and what other programs do, and never go back', { timeout: 60_000 }, async () => {
    const where = at();
    const { watches, context } = await openWatchRoom(where, never);
    const { keys } = await openWatchRoom(where);
    expect(context.store.hints.mode).toBe('polling');
    await calls(keys, other).set('other');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    expect(seen[1]?.body).toBe('other');
    const { set, del } = calls(keys, ref);
    for (const body of ['a', 'b', 'b']) {
      const { state } = await set(body);
      for (const one of seen) await until('it is shown', async () => one.last?.state.revision === state.revision && one.body === body);
    }
    await del();
    for (const one of seen) await one.shows(undefined);
    await set('c', { ttlMs: 700 });
    for (const one of seen) await one.shows('c');
    for (const one of seen) {
      await one.shows(undefined, 5_000);
      expect(one.last?.cause).toBe('expire');
    }
    await set('d');
    for (const one of seen) await one.shows('d');
    await raw(where.database, 'cw_kv', alone.uri).deleteOne({ _id: idOf(ref) });
    for (const one of seen) {
      await one.shows(undefined);
      one.expectForward();
    }
  });

  it('go on when the server was killed and comes back', { timeout: 60_000 }, async () => {
    const { watches, keys } = await openWatchRoom(at(), never);
    await calls(keys, ref).set('a');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    await alone.kill9();
    for (const one of seen) await until('it is stale', async () => one.statuses.at(-1) === 'stale');
    await alone.start();
    await calls(keys, ref).set('b');
    for (const one of seen) {
      await one.shows('b');
      await one.live();
      one.expectForward();
      expect(one.isOver).toBe(false);
    }
  });
});
