import { afterAll, beforeAll, expect, it } from 'vitest';
import { delScript, expireScript, historyScript, lookScript, setScript } from '../../../../src/adapters/redis/keys/scripts.js';
import type { RedisKeys } from '../../../../src/adapters/redis/keys/redis-keys.js';
import type { KeyRef } from '../../../../src/port/names.js';
import { startProxy, type Proxy } from '../../../support/proxy/proxy.js';
import { describeRedis, rawClient } from '../../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../../support/redis/single.js';
import { openWatchRoom, watching } from '../watch/support.js';
import { calls, freshRef, namesOf, openRoom } from './support.js';

describeRedis('shared values over a bad line', () => {
  let server: SingleServer;
  let proxy: Proxy;
  beforeAll(async () => {
    server = await startSingle();
    proxy = await startProxy({ port: server.port, scripts: new Map([lookScript, setScript, delScript, expireScript, historyScript].map(({ sha, name }) => [sha, name])) });
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  /** Reads and writes until nobody came between. */
  async function increment(keys: RedisKeys, ref: KeyRef): Promise<void> {
    const { get, set } = calls(keys, ref);
    for (let state = await get(); ; ) {
      const answer = await set(String(Number(state.body ?? 0) + 1), { expectedRevision: state.revision });
      if (answer.written) return;
      state = answer.state;
    }
  }

  it('an increment whose reply was lost counts once, also where others come in between', { timeout: 60_000 }, async () => {
    const bad = await openRoom({ hosts: [{ host: proxy.host, port: proxy.port }], retryMs: 20 });
    const good = await openRoom({ hosts: [{ host: server.host, port: server.port }] });
    const ref = freshRef();
    for (let round = 0; round < 25; round += 1) {
      const lost = proxy.inject({ kind: 'drop-reply', command: 'key-set', nth: 1 + (round % 3) });
      const ours = Promise.all(Array.from({ length: 4 }, () => increment(bad.keys, ref)));
      const theirs = (async () => { for (let n = 0; n < 6; n += 1) await increment(good.keys, ref); })();
      await Promise.all([ours, theirs]);
      expect(lost.strikes).toBeGreaterThan(0);
      lost.remove();
    }
    expect(await rawClient(server.url).get(namesOf(ref).value)).toBe('250');
  });

  it('a delete whose reply was lost answers what it did', { timeout: 30_000 }, async () => {
    const { keys } = await openRoom({ hosts: [{ host: proxy.host, port: proxy.port }], retryMs: 20 });
    const ref = freshRef();
    const { set, del, get } = calls(keys, ref);
    const { state } = await set('a');
    proxy.inject({ kind: 'drop-reply', command: 'key-del' });
    const answer = await del('none', state.revision);
    expect(answer).toMatchObject({ written: true, state: { body: undefined, mark: 'none' } });
    expect((await get()).revision).toBe(answer.state.revision);
  });

  it('a watcher behind a line that is mute for a while finds that out, and ends at what is stored', { timeout: 60_000 }, async () => {
    const { watches } = await openWatchRoom({ reconcileMs: 600_000 }, { hosts: [{ host: proxy.host, port: proxy.port }], retryMs: 20 });
    const writer = await openRoom({ hosts: [{ host: server.host, port: server.port }] });
    const ref = freshRef();
    const { set } = calls(writer.keys, ref);
    await set('before');
    const seen = [await watching(watches.watchKey(ref)), await watching(watches.watchPrefix(ref, ''))];
    const mute = proxy.inject({ kind: 'swallow', command: 'ping' });
    await mute.struck;
    await set('meanwhile');
    mute.remove();
    for (const one of seen) {
      await one.shows('meanwhile');
      await one.live();
      one.expectForward();
    }
  });
});
