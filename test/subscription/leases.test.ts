import { NEVER, Subject, map, take, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, onFailed, toDeadLetter, type FailureDecision, type Message } from '../../operators/index.js';
import type { Broker } from '../../src/port/broker.js';
import { over } from '../conformance/support/over.js';
import { flow } from '../support/flow.js';

test('renews at a third of the lease, in one call for all that run', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '25ms |' : '15ms |')))));
  });
  expect(f.callsOf('renew')).toEqual(['10 renew a#1 b#1', '20 renew a#1']);
});

test('a delivery that is settled in time is never renewed', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(ackOnComplete(f.work('9ms |'))));
  });
  expect(f.callsOf('renew')).toEqual([]);
});

test('work that never ends fails with LEASE_LIMIT at maxLeaseMs: stopped, its signal aborted, settled like any failure', () => {
  const signals: AbortSignal[] = [];
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxLeaseMs: 100, maxDeliveries: 2, retryBackoffMs: [10] }).pipe(
      ackOnComplete(f.logged((message: Message<unknown>) => { signals.push(message.signal); return NEVER; })),
    ));
  });
  expect(f.log).toEqual([
    '0:run a#1', '100:stop a#1', '100:failed a#1 LEASE_LIMIT',
    '110:run a#2', '210:stop a#2', '210:failed a#2 LEASE_LIMIT spent',
  ]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(f.dead).toEqual(['a#2 MaxDeliveries']);
});

test('work that holds its lease for three times its length is reported once as stalled', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(ackOnComplete(f.work('200ms |'))));
  });
  expect(f.events).toEqual(['90:stalled a']);
});

test('maxLeaseMs: Infinity renews for as long as the work takes', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 1_000, maxLeaseMs: Infinity }).pipe(ackOnComplete(f.work('7200s |'))));
  }, { horizon: 10_000_000 });
  expect(f.log).toEqual(['0:run a#1', '7200000:acked a#1']);
});

test('a lease that could not be renewed ends a moment early: stopped, aborted, Lost, and the other worker\'s ack stands', () => {
  let signal: AbortSignal | undefined;
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxInFlight: 1 }).pipe(ackOnComplete(f.logged((message) => { signal ??= message.signal; return timer(60); }))), '1 ');
    f.at(5, () => f.see(f.source().pipe(ackOnComplete(f.work('--|'))), '2 '));
  }, { faults: ({ op, consumer }) => (consumer === 1 && op === 'renew' ? 'error' : undefined), horizon: 200 });
  expect(f.log).toEqual(['0:run a#1', '29:stop a#1', '29:1 lost a#1 lapsed', '30:run a#2', '32:2 acked a#2']);
  expect(signal?.aborted).toBe(true);
  expect(f.events.filter((event) => event.includes('lease'))).toEqual(['29:lease-lost a#1 lapsed', '30:lease-lapsed a#1']);
  expect(f.state).toBe('');
});

test('Lost comes before the end of a stream that drains', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(take(1), ackOnComplete(f.work('90ms |'))));
  }, { faults: ({ op }) => (op === 'renew' ? 'error' : undefined) });
  expect(f.log).toEqual(['0:run a#1', '29:stop a#1', '29:lost a#1 lapsed', '29:complete']);
});

test('a renewal that finds the lease stolen ends the work at once', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxInFlight: 1 }).pipe(ackOnComplete(f.work('90ms |'))), '1 ');
    f.at(5, () => f.see(f.source().pipe(ackOnComplete(f.work('50ms |'))), '2 '));
  }, { plant: (broker) => slowClock(broker, 25), horizon: 200 });
  expect(f.log).toEqual(['0:run a#1', '30:run a#2', '35:stop a#1', '35:1 lost a#1 taken', '80:2 acked a#2']);
  expect(f.events).toEqual(['30:lease-lapsed a#1', '35:lease-lost a#1 taken']);
  expect(f.state).toBe('');
});

test('a late ack of a lease that nobody took is as good as any other', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxInFlight: 1 }).pipe(ackOnComplete(f.work('--|'))));
  }, { faults: ({ op }) => (op === 'settle' ? { before: 40 } : undefined) });
  expect(f.log).toEqual(['0:run a#1', '42:acked a#1']);
});

test('a late ack of a lease that somebody took is Lost, removes nothing, and is no stream error', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxInFlight: 1 }).pipe(ackOnComplete(f.work('--|'))), '1 ');
    f.at(5, () => f.see(f.source().pipe(ackOnComplete(f.work('20ms |'))), '2 '));
  }, { faults: ({ op, nth }) => (op === 'settle' && nth === 1 ? { before: 40 } : undefined) });
  expect(f.log).toEqual(['0:run a#1', '30:run a#2', '42:1 lost a#1 taken', '50:2 acked a#2']);
  expect(f.events).toEqual(['30:lease-lapsed a#1', '42:lease-lost a#1 taken']);
  expect(f.state).toBe('');
});

test('one failed renewal is tried again within the same lease', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(ackOnComplete(f.work('50ms |'))));
  }, { faults: ({ op, nth }) => (op === 'renew' && nth === 1 ? 'error' : undefined) });
  expect(f.callsOf('renew').slice(0, 2)).toEqual(['10 renew a#1', '13 renew a#1']);
  expect(f.events).toEqual(['10:renew-retried']);
  expect(f.log).toEqual(['0:run a#1', '50:acked a#1']);
});

test('what waits in the operator is renewed too, and its time limit begins with the operator', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(ackOnComplete(f.work('25ms |'), { concurrency: 1 })));
  });
  expect(f.log).toEqual(['0:run a#1', '25:acked a#1', '25:run b#1', '50:acked b#1']);
  expect(f.events).toEqual([]);
});

test('a failure nobody decides keeps its lease no longer than maxLeaseMs, then is retried by the policy', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxLeaseMs: 100, retryBackoffMs: [1_000] }).pipe(take(1), ackOnComplete(f.work('--#')), onFailed(() => NEVER)));
  }, { horizon: 500 });
  expect(f.log).toEqual(['0:run a#1', '100:retried a#1 +policy', '100:complete']);
});

test('a failure whose lease is lost before it was decided is Lost at once; the decision counts no more', () => {
  const decision = new Subject<FailureDecision>();
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30 }).pipe(take(1), ackOnComplete(f.work('--#')), onFailed(() => decision)));
    f.at(50, () => { decision.next('dead-letter'); });
  }, { faults: ({ op }) => (op === 'renew' ? 'error' : undefined), horizon: 500 });
  expect(f.log).toEqual(['0:run a#1', '29:lost a#1 lapsed', '29:complete']);
  expect(f.state).toBe('waiting 1');
  expect(f.events.filter((event) => event.includes('twice'))).toEqual([]);
});

test('dead letters of a lease that was taken are Lost, not written', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 30, maxInFlight: 1 }).pipe(take(1), ackOnComplete(f.work('--#')), toDeadLetter()), '1 ');
    f.at(5, () => f.see(f.source().pipe(ackOnComplete(f.work('--|'))), '2 '));
  }, { faults: ({ op, nth }) => (op === 'settle' && nth === 1 ? { before: 40 } : undefined), horizon: 200 });
  expect(f.log).toEqual(['0:run a#1', '30:run a#2', '32:2 acked a#2', '42:1 lost a#1 taken', '42:1 complete']);
  expect(f.dead).toEqual([]);
});

test('work that waits for a place at maxLeaseMs is given back, not failed: its own work never began', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 30, maxLeaseMs: 100, maxInFlight: 2, retryBackoffMs: [1_000] }).pipe(ackOnComplete(() => NEVER, { concurrency: 1 })));
  }, { horizon: 150 });
  expect(f.log).toEqual(['100:failed a#1 LEASE_LIMIT']);
  expect(f.callsOf('settle', 'claimed')).toEqual(['0 claimed a#1 b#1', expect.stringMatching(/^100 settle (retry:a#1 release:b#1|release:b#1 retry:a#1)$/), '100 claimed b#1']);
});

/** Leases that look longer to the first consumer than they are. */
function slowClock(broker: Broker, ms: number): Broker {
  let consumers = 0;
  return over(broker, { deliveries: { attach: (ref, consumer) => {
    consumers += 1;
    if (consumers > 1) return broker.deliveries.attach(ref, consumer);
    return broker.deliveries.attach(ref, consumer).pipe(map((link) => over(link, {
      claim: (request) => link.claim(request).pipe(map(({ deliveries, makeRoom }) => ({ makeRoom, deliveries: deliveries.map((claimed) => over(claimed, { leaseUntil: claimed.leaseUntil + ms })) }))),
    })));
  } } });
}
