import { filter, firstValueFrom, ReplaySubject, take, toArray, type Observable } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTo } from '../../support/redis/connection.js';
import { describeRedis } from '../../support/redis/shared.js';
import { startSingle, type SingleServer } from '../../support/redis/single.js';
import { until } from '../../support/servers/until.js';

describeRedis('Pub/Sub of a connection', () => {
  let server: SingleServer;
  beforeAll(async () => {
    server = await startSingle({ settings: { 'notify-keyspace-events': 'KA' } });
  });
  afterAll(() => server.stop());

  /** Listens, and answers what was heard so far as often as it is asked. */
  const heard = <T extends { readonly kind: string }>(signals$: Observable<T>): { next: (kind: string) => Promise<T>; first: (n: number) => Promise<T[]> } => {
    const log$ = new ReplaySubject<T>(100);
    signals$.subscribe(log$);
    return { next: (kind) => firstValueFrom(log$.pipe(filter((signal) => signal.kind === kind))), first: (n) => firstValueFrom(log$.pipe(take(n), toArray())) };
  };

  it('confirms, then passes messages on', async () => {
    const redis = await openTo(server);
    const signals = heard(redis.pubsub.channel('news'));
    await signals.next('subscribed');
    await server.call('PUBLISH', 'news', 'hello');
    expect(await signals.first(2)).toEqual([{ kind: 'subscribed' }, { kind: 'message', text: 'hello' }]);
  });

  it('says when the line was lost and when it is back', async () => {
    const redis = await openTo(server);
    const one = heard(redis.pubsub.channel('one'));
    const two = heard(redis.pubsub.channel('two'));
    await Promise.all([one.next('subscribed'), two.next('subscribed')]);
    await server.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const back = [{ kind: 'subscribed' }, { kind: 'lost' }, { kind: 'subscribed' }];
    expect(await one.first(3)).toEqual(back);
    expect(await two.first(3)).toEqual(back);
  });

  it('shares one subscription among those who listen to the same, and ends it with the last of them', async () => {
    const redis = await openTo(server);
    const first = redis.pubsub.channel('shared').subscribe();
    const second = heard(redis.pubsub.channel('shared'));
    await second.next('subscribed');
    const third = heard(redis.pubsub.channel('shared').pipe(take(1)));
    await third.next('subscribed');
    first.unsubscribe();
    await server.call('PUBLISH', 'shared', 'x');
    expect(await second.next('message')).toEqual({ kind: 'message', text: 'x' });
    await redis.close();
    await until('nobody listens', async () => Number((await server.call('PUBSUB', 'NUMSUB', 'shared') as unknown[])[1]) === 0);
  });

  it('hears the events of keys', async () => {
    const redis = await openTo(server);
    const signals = heard(redis.pubsub.keyspace('__keyspace@0__:w:*'));
    await signals.next('subscribed');
    await server.call('SET', 'other', '1');
    await server.call('SET', 'w:a', '1');
    await server.call('DEL', 'w:a');
    expect(await signals.first(3)).toEqual([{ kind: 'subscribed' }, { kind: 'message', channel: '__keyspace@0__:w:a', text: 'set' }, { kind: 'message', channel: '__keyspace@0__:w:a', text: 'del' }]);
  });

  it('notices a server that freezes', async () => {
    const own = await startSingle();
    try {
      const redis = await openTo(own);
      const signals = heard(redis.pubsub.channel('c'));
      await signals.next('subscribed');
      own.freeze();
      await signals.next('lost');
      own.thaw();
      expect(await signals.first(3)).toHaveLength(3);
    } finally {
      await own.stop();
    }
  });

  it('completes when the connection is closed', async () => {
    const redis = await openTo(server);
    const all = firstValueFrom(redis.pubsub.channel('end').pipe(toArray()));
    await redis.close();
    await expect(all).resolves.toBeDefined();
  });
});
