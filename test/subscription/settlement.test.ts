import { EMPTY, map, of, take } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, retryWithBackoff, toDeadLetter } from '../../operators/index.js';
import type { Broker } from '../../src/port/broker.js';
import type { Delivery, SettleAnswer } from '../../src/subscription/delivery.js';
import { over } from '../conformance/support/over.js';
import { flow } from '../support/flow.js';
import { said } from '../support/outcome-text.js';

test('works after the source is torn down', () => {
  const answers: Promise<SettleAnswer>[] = [];
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    const held: Delivery<string>[] = [];
    const seen = f.source({ retryBackoffMs: [100] }).subscribe((delivery) => { held.push(delivery); });
    f.at(2, () => { seen.unsubscribe(); });
    f.at(5, () => { for (const [index, how] of ['ack', 'nack', 'deadLetter', 'release'].entries()) answers.push(held[index]?.[how as 'ack']() as Promise<SettleAnswer>); });
  }, { horizon: 50 });
  expect(f.callsOf('settle', 'detach')).toEqual(['5 settle ack:a#1 retry:b#1 dead(Rejected):c#1 release:d#1', '5 detach']);
  expect(f.state).toBe('waiting 1, delayed 1, dead 1');
  return expect(Promise.all(answers)).resolves.toEqual(Array.from({ length: 4 }, () => ({ result: 'settled' })));
});

test('starts at the call, not at the await; the first one wins and a second is said', () => {
  const answers: Promise<SettleAnswer>[] = [];
  const f = flow((f) => {
    f.publish('a');
    f.source().subscribe((delivery) => { answers.push(delivery.ack(), delivery.nack()); });
  });
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1']);
  expect(f.events).toEqual(['0:settled-twice a']);
  return expect(Promise.all(answers)).resolves.toEqual([{ result: 'settled' }, { result: 'repeated' }]);
});

test('while an operator has the delivery, settling by hand is refused and changes nothing', async () => {
  let answer: Promise<unknown> | undefined;
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete((message) => {
      answer = (message as Delivery<string>).ack().catch((error: unknown) => said(error));
      return of(1);
    })));
  });
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1']);
  expect(f.log).toEqual(['0:acked a#1 = 1']);
  await expect(answer).resolves.toMatch(/DELIVERY_TAKEN/);
});

test('nack chooses the delay: the stored one, its own, or the dead letters', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const how: Record<string, object | undefined> = { a: undefined, b: { delayMs: 7 }, c: { requeue: false } };
    f.source({ retryBackoffMs: [50] }).pipe(take(3)).subscribe((delivery) => { void delivery.nack(how[delivery.payload]); });
  }, { horizon: 5 });
  expect(f.callsOf('settle')).toEqual(['0 settle retry:a#1 retry(7):b#1 dead(Rejected):c#1']);
  expect(f.dead).toEqual(['c#1 Rejected']);
});

test('bad arguments by hand reject with OPTION_INVALID and leave the delivery as it was', async () => {
  const answers: Promise<unknown>[] = [];
  const f = flow((f) => {
    f.publish('a');
    f.source().subscribe((delivery) => {
      const wrong = [delivery.nack({ delayMs: -1 }), delivery.nack({ delayMs: Number.NaN }), delivery.nack({ delayMs: '5' as never }), delivery.deadLetter(''), delivery.deadLetter('x'.repeat(201)), delivery.deadLetter(5 as never)];
      answers.push(...wrong.map((one) => one.catch((error: unknown) => said(error))));
    });
  }, { horizon: 5 });
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^ChronowError: OPTION_INVALID: /);
  expect(answers).toHaveLength(6);
  expect(f.callsOf('settle')).toEqual([]);
  expect(f.state).toBe('leased 1');
});

test('a lost reply is not a lost lease: the resend is answered as the first was', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source().pipe(
      ackOnComplete(({ payload }) => { if (payload !== 'a') throw new Error(payload); return EMPTY; }),
      retryWithBackoff({ initialMs: 1_000, jitter: 'none', when: (error) => (error as Error).message === 'b' }),
      toDeadLetter(),
    ));
  }, { faults: ({ op, nth }) => (op === 'settle' && nth <= 2 ? 'lose' : undefined), horizon: 500 });
  expect(f.log.map((line) => line.split(':')[1])).toEqual(['acked a#1', 'retried b#1 +1000', 'dead c#1 Rejected']);
  expect(f.state).toBe('delayed 1, dead 1');
});

test('a store that refuses synchronously is asked again after a backoff, never in a loop', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ visibilityTimeoutMs: 10_000 }).pipe(ackOnComplete(() => EMPTY)));
  }, { faults: ({ op }) => (op === 'settle' ? 'error' : undefined), horizon: 60_000 });
  const ended = f.log.map((line) => line.replace(/^\d+/, '~'));
  expect(ended.slice(0, 2)).toEqual(['~:lost a#1 unknown', '~:lost b#1 unknown']);
  const first = f.callsOf('settle').filter((line) => line.includes('a#1'));
  expect(first.length).toBeLessThan(25);
  const times = first.map((line) => Number(line.split(' ')[0]));
  expect(times.slice(1, 5).every((time, index) => time > (times[index] ?? 0))).toBe(true);
});

test('past its own deadline nothing is resent: the outcome is unknown, and the message comes again', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source({ visibilityTimeoutMs: 300 }).pipe(ackOnComplete(f.work('--|'))));
  }, { faults: ({ op, now }) => (op === 'settle' && now < 400 ? 'error' : undefined), horizon: 2_000 });
  expect(f.log.map((line) => line.split(':')[1])).toEqual(['run a#1', 'lost a#1 unknown', 'run a#2', 'acked a#2']);
  expect(f.events.filter((event) => event.includes('lease'))).toEqual(['300:lease-lapsed a#1', '300:lease-lost a#1 unknown']);
  expect(f.state).toBe('');
});

test('items that fail alone are sent again alone', () => {
  let times = 0;
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source().pipe(ackOnComplete(() => EMPTY)));
  }, { plant: (broker) => failsOnce(broker, () => { times += 1; return times === 1; }) });
  expect(f.log.map((line) => line.split(':')[1])).toEqual(['acked b#1', 'acked a#1']);
  expect(f.state).toBe('');
});

test('a dead-letter write that fails twice leaves the message leased, then buries it once', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete(f.work('--#')), toDeadLetter()));
    f.at(10, () => { f.say(f.state); });
  }, { faults: ({ op, nth }) => (op === 'settle' && nth <= 2 ? 'error' : undefined) });
  expect(f.log.map((line) => line.replace(/^\d\d+:dead/, '~:dead'))).toEqual(['0:run a#1', '10:leased 1', '~:dead a#1 Rejected']);
  expect(f.dead).toEqual(['a#1 Rejected']);
  expect(f.events.filter((event) => event.includes('dead-lettered'))).toHaveLength(1);
});

test('where the subscription keeps no dead letters, a spent message is dropped and said to be', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ deadLetterEnabled: false, maxDeliveries: 1 }).pipe(ackOnComplete(f.work('--#')), toDeadLetter({ reason: 'Broken' })));
  });
  expect(f.log.slice(2)).toEqual(['2:dead a#1 Broken dropped', '2:dead b#1 Broken dropped']);
  expect(f.events).toEqual(['2:dropped a#1 Broken', '2:dropped b#1 Broken']);
  expect(f.state).toBe('');
});

test('a settlement is fenced: after another consumer took the message it changes nothing', () => {
  let answer: Promise<SettleAnswer> | undefined;
  const f = flow((f) => {
    f.publish('a');
    const held: Delivery<string>[] = [];
    const seen = f.source({ visibilityTimeoutMs: 30 }).subscribe((delivery) => { held.push(delivery); });
    f.at(20, () => {
      seen.unsubscribe();
      f.see(f.source().pipe(ackOnComplete(f.work('9ms |'))), 'other ');
    });
    f.at(35, () => { answer = held[0]?.nack(); });
  }, { horizon: 100 });
  expect(f.log).toEqual(['29:run a#2', '38:other acked a#2']);
  expect(f.state).toBe('');
  return expect(answer).resolves.toEqual({ result: 'lapsed' });
});

/** The first item of a settle call fails while `fails()` says so. */
function failsOnce(broker: Broker, fails: () => boolean): Broker {
  return over(broker, { deliveries: { attach: (ref, consumer) => broker.deliveries.attach(ref, consumer).pipe(map((link) => over(link, {
    settle: (settlements) => (fails() && settlements.length > 1
      ? link.settle(settlements.slice(1)).pipe(map((deviations) => [{ index: 0, result: 'failed' as const, error: new Error('planted') }, ...deviations.map((one) => ({ ...one, index: one.index + 1 }))]))
      : link.settle(settlements)),
  }))) } });
}
