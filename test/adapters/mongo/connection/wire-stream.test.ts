import { Long, ObjectId, Timestamp } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { KeyHint } from '../../../../src/adapters/mongo/connection/hints.js';
import type { MongoStore } from '../../../../src/adapters/mongo/connection/store.js';
import { openStore } from '../../../support/mongo/store.js';
import { refusal, startWireServer, tokenOf, type Answer, type WireServer } from '../../../support/mongo/wire-server.js';
import { hear, type Heard } from './support.js';

interface Scene {
  readonly server: WireServer;
  readonly store: MongoStore;
  readonly keys: Heard<KeyHint>;
}

/** Somebody watches a key, and the stream stands. `answers`: what its next questions get. */
async function watched(...answers: readonly Answer[]): Promise<Scene> {
  const server = await startWireServer();
  const store = await openStore({ uri: server.uri, database: 'chronow_hot', retryMs: 5 });
  server.next('getMore', ...answers);
  return { server, store, keys: hear(store.hints.keys({ id: 'k' })) };
}

/** How each stream was to begin, after the one at the check. */
function beginnings(server: WireServer): readonly unknown[] {
  return server.of('$changeStream').flatMap(({ pipeline }): readonly unknown[] => {
    const begins: unknown = Reflect.get(Object(Reflect.get(Object(pipeline), '0')), '$changeStream');
    const token: unknown = Reflect.get(Object(begins), 'resumeAfter');
    if (token !== undefined) return [{ after: token }];
    const time: unknown = Reflect.get(Object(begins), 'startAtOperationTime');
    return time === undefined ? [] : ['now'];
  });
}

/** A batch of a stream, with the token behind it. */
function batch(seconds: number, ...documents: readonly object[]): Answer {
  return { cursor: { id: Long.fromNumber(4_711), ns: 'chronow_hot.$cmd.aggregate', nextBatch: documents, postBatchResumeToken: tokenOf(seconds) } };
}

function change(seconds: number, v: number): object {
  return { _id: tokenOf(seconds), operationType: 'insert', ns: { db: 'chronow_hot', coll: 'cw_kv' }, documentKey: { _id: 'k' }, clusterTime: new Timestamp({ t: seconds, i: 0 }), fullDocument: { _id: 'k', v } };
}

const missed = ({ all }: Heard<KeyHint>): readonly boolean[] => all.flatMap((hint) => (hint.kind === 'live' ? [hint.missed] : []));

describe('a change stream', () => {
  it.each([136, 286, 260, 280, 9, 50_811, 10_334, 50_980])('that is refused with %d begins at the present, and everybody is to look', async (code) => {
    const { server, keys } = await watched(batch(1_001, change(1_001, 1)), refusal(code, ...(code === 286 ? ['NonResumableChangeStreamError'] : [])));
    await keys.next((hint) => hint.kind === 'live' && hint.missed, keys.all.length + 1);
    expect(keys.all.map(({ kind }) => kind)).toEqual(['live', 'change', 'stale', 'live']);
    expect(missed(keys)).toEqual([true, true]);
    expect(beginnings(server)).toEqual(['now', 'now']);
  });

  it.each([189, 262, 50, 237, 112, 7, 6])('that is put off with %d goes on where it was', async (code) => {
    const { server, keys } = await watched(batch(1_001, change(1_001, 1)), refusal(code));
    await keys.next((hint) => hint.kind === 'live' && !hint.missed);
    expect(missed(keys)).toEqual([true, false]);
    expect(new Set(beginnings(server).slice(1).map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify({ after: tokenOf(1_001) })]));
  });

  it.each([[43, []], [10_107, ['ResumableChangeStreamError']], [11_602, ['ResumableChangeStreamError']]] as const)('that %d breaks is resumed by the driver, and nobody notices', async (code, labels) => {
    const { server, keys } = await watched(batch(1_001, change(1_001, 1)), refusal(code, ...labels), batch(1_002, change(1_002, 2)));
    await keys.next((hint) => hint.kind === 'change' && hint.document?.['v'] === 2);
    expect(beginnings(server)).toEqual(['now', { after: tokenOf(1_001) }]);
    expect(missed(keys).slice(1)).not.toContain(true);
  });

  it('whose connection is cut goes on where it was', async () => {
    const { keys } = await watched(batch(1_001, change(1_001, 1)), 'cut', batch(1_002, change(1_002, 2)));
    await keys.next((hint) => hint.kind === 'change' && hint.document?.['v'] === 2);
    expect(missed(keys).slice(1)).not.toContain(true);
  });

  it('that was invalidated begins at the present, and everybody is to look', async () => {
    const { server, keys } = await watched({ cursor: { id: Long.ZERO, ns: 'chronow_hot.$cmd.aggregate', nextBatch: [{ _id: tokenOf(1_001), operationType: 'invalidate', clusterTime: new Timestamp({ t: 1_001, i: 0 }) }], postBatchResumeToken: tokenOf(1_001) } });
    await keys.next((hint) => hint.kind === 'live' && hint.missed, 1);
    await expect.poll(() => beginnings(server)).toContain('now');
    await expect.poll(() => beginnings(server).length).toBeGreaterThan(1);
  });

  it.each([[13, 'no right'], [40_573, 'standalone']] as const)('that is refused with %d is given up: polling, with one warning', async (code, value) => {
    const { server, store, keys } = await watched(refusal(code));
    await keys.next(({ kind }) => kind === 'live', 2);
    expect(store.hints.mode).toBe('polling');
    const warnings = hear(store.warnings$);
    expect(warnings.all).toMatchObject([{ type: 'unsafe-setting', setting: 'change-streams', value }]);
    const opened = beginnings(server).length;
    await expect.poll(() => server.of('find').length).toBeGreaterThan(3);
    expect(beginnings(server)).toHaveLength(opened);
  });

  it('of which each opening is refused for one and the same reason is given up after some tries, and so is one whose every event is too large', async () => {
    for (const name of ['$changeStream', 'getMore']) {
      const { server, store } = await watched();
      server.always(name, refusal(10_334));
      server.next('getMore', refusal(136));
      await expect.poll(() => store.hints.mode, { timeout: 10_000 }).toBe('polling');
      expect(hear(store.warnings$).all).toMatchObject([{ setting: 'change-streams', value: 'Code10334' }]);
    }
  });

  it('whose token is put off again and again is not believed any more', async () => {
    const { server, keys } = await watched();
    await keys.next(({ kind }) => kind === 'live');
    // The driver itself asks twice for each opening.
    server.next('$changeStream', ...Array.from({ length: 16 }, () => refusal(262)));
    server.next('getMore', batch(1_001, change(1_001, 1)), refusal(262));
    await keys.next((hint) => hint.kind === 'live' && hint.missed, 2);
    expect(beginnings(server).at(-1)).toBe('now');
    expect(beginnings(server)).toContainEqual({ after: tokenOf(1_001) });
  });

  it('over which the primary says nothing is dropped within the time of its pulse, with its connections', async () => {
    const { server, keys } = await watched();
    await keys.next(({ kind }) => kind === 'live');
    server.always('getMore', 'silence');
    server.always('hello', 'silence');
    await keys.next(({ kind }) => kind === 'stale');
    server.always('hello', { electionId: new ObjectId('7fffffff0000000000000002') });
    await keys.next((hint) => hint.kind === 'live' && !hint.missed);
  });
});
