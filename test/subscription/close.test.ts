import { NEVER, take } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, hold, onFailed } from '../../operators/index.js';
import { flow, type Flow } from '../support/flow.js';

/** `close()` is a promise; what it does is done in virtual time all the same. */
function close(f: Flow, deadlineMs?: number): void {
  void f.cw.close(deadlineMs === undefined ? {} : { deadlineMs });
}

test('stops reading, gives back what has not started, lets work settle, then completes the streams', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source({ maxInFlight: 2 }).pipe(ackOnComplete(f.work('9ms |'), { concurrency: 1 })));
    f.at(4, () => { close(f); });
  });
  expect(f.log).toEqual(['0:run a#1', '9:acked a#1', '9:complete']);
  expect(f.callsOf('settle', 'detach')).toEqual(['4 settle release:b#1', '9 settle ack:a#1', '9 detach']);
});

test('at the deadline it aborts and gives back what still runs', () => {
  let signal: AbortSignal | undefined;
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source().pipe(ackOnComplete(f.logged((message) => { signal = message.signal; return message.payload === 'a' ? f.cold('6ms |') : NEVER; }))));
    f.at(4, () => { close(f, 5); });
  });
  expect(f.log).toEqual(['0:run a#1', '0:run b#1', '6:acked a#1', '9:stop b#1', '9:complete']);
  expect(f.callsOf('settle')).toEqual(['6 settle ack:a#1', '9 settle release:b#1']);
  expect(signal?.aborted).toBe(true);
});

test('a failure that waits for a decision at the deadline is settled by the policy', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete(f.work('-#')), onFailed(() => NEVER)));
    f.at(4, () => { close(f, 5); });
  });
  expect(f.callsOf('settle', 'detach')).toEqual(['9 settle retry:a#1', '9 detach']);
  expect(f.log.slice(1)).toEqual(['9:retried a#1 +policy', '9:complete']);
});

test('what the user holds is given back at the deadline; its late ack is harmless', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source());
    f.at(4, () => { close(f, 5); });
  });
  expect(f.log).toEqual(['0:got a#1', '4:complete']);
  expect(f.callsOf('settle', 'detach')).toEqual(['9 settle release:a#1', '9 detach']);
});

test('what hold() keeps has not started, and goes back at once', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(hold()));
    f.at(4, () => { close(f); });
  });
  expect(f.callsOf('settle', 'detach')).toEqual(['4 settle release:a#1', '4 detach']);
  expect(f.log).toEqual(['0:got a#1', '4:complete']);
  expect(f.events).toEqual([]);
});

test('in order, nothing that was given back is started when its predecessor ends', () => {
  const f = flow((f) => {
    f.publishKeyed('a1', 'a2');
    f.see(f.source({ order: 'key', maxInFlight: 8 }).pipe(ackOnComplete(f.work('9ms |'))));
    f.at(4, () => { close(f); });
  }, { faults: ({ op }) => (op === 'settle' ? { after: 20 } : undefined) });
  expect(f.log).toEqual(['0:run a1#1', '44:acked a1#1', '44:complete']);
  expect(f.callsOf('settle')).toEqual(['4 settle release:a2#1', '24 settle ack:a1#1']);
});

test('a drain that was under way is ended by close() at its deadline', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(take(1), ackOnComplete(() => NEVER)));
    f.at(4, () => { close(f, 5); });
  });
  expect(f.log).toEqual(['9:complete']);
  expect(f.callsOf('settle', 'detach')).toEqual(['9 settle release:a#1', '9 detach']);
});

test('a rolling restart makes no delivery wait for a lease', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    const old = f.source({ maxInFlight: 4, visibilityTimeoutMs: 30_000 });
    f.see(old.pipe(ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '2ms |' : '900ms |')), { concurrency: 2 })), 'old ');
    const next = f.another();
    f.at(1, () => f.see(next.topic<string>('t').subscription('s').pipe(ackOnComplete(f.work('-|'))), 'new '));
    f.at(5, () => { close(f, 10); });
  });
  // c started when a was done, d had not; b and c are aborted at the deadline.
  expect(f.log.filter((line) => line.includes('new acked'))).toEqual(['6:new acked d#1', '16:new acked b#1', '16:new acked c#1']);
  expect(Math.max(...f.log.map((line) => Number(line.split(':')[0])))).toBeLessThan(20);
});

test('afterwards every use is CLOSED, and close() is idempotent', async () => {
  let closings: readonly Promise<void>[] = [];
  const f = flow((f) => {
    const topic = f.cw.topic<string>('t');
    const source = f.source();
    closings = [f.cw.close(), f.cw.close({ deadlineMs: 1 })];
    f.at(1, () => {
      f.see(source, 'source ');
      f.see(topic.publish$('a'), 'publish ');
      expect(() => f.cw.topic('t')).toThrow(expect.objectContaining({ code: 'CLOSED' }) as Error);
    });
  });
  expect(f.log).toEqual(['1:source error CLOSED', '1:publish error CLOSED']);
  expect(closings[0]).toBe(closings[1]);
  await Promise.all(closings);
});

test('a subscribe whose line opens while the client closes is closed again', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source());
    f.at(2, () => { close(f, 50); });
  }, { faults: ({ op }) => (op === 'attach' ? { after: 10 } : undefined) });
  expect(f.log.filter((line) => line.includes('got'))).toEqual([]);
  expect(f.callsOf('claim')).toEqual([]);
});

test('close() does not wait for ever for a store that is down', () => {
  let closed = -1;
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 60_000 }).pipe(ackOnComplete(f.work('-|'))));
    f.cw.events$.subscribe({ complete: () => { closed = f.now; } });
    f.at(4, () => { close(f, 100); });
  }, { faults: ({ op }) => (op === 'settle' ? 'error' : undefined) });
  expect(closed).toBe(1_104);
  expect(f.log[0]).toBe('0:run a#1');
});
