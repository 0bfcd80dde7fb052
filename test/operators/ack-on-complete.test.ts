import { EMPTY, NEVER, Subject, concat, of, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, type AckOnCompleteOptions, type Delivery } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('ack-on-complete');
  let outcomes: string[] = [];
  const f = flow((f) => {
    outcomes = seen(f, diagram.deliveries(f, 'deliveries', { retryBackoffMs: [1_000] }).pipe(ackOnComplete(f.logged(({ payload }) => diagram.cold(f, `work(${payload})`)))), ({ kind }) => kind.slice(0, 1).toUpperCase());
  }, { horizon: 500 });
  diagram.expect(outcomes, 'outcomes');
  expect(f.log).toEqual([`${diagram.row('work(a)').offset}:run a#1`, `${diagram.row('work(b)').offset}:run b#1`]);
  diagram.expectAllRun();
});

test.each([
  ['no function', undefined, {}],
  ['a stream instead of a function', EMPTY, {}],
  ['concurrency 0', () => EMPTY, { concurrency: 0 }],
  ['a fraction of concurrency', () => EMPTY, { concurrency: 1.5 }],
  ['an order nobody knows', () => EMPTY, { order: 'random' }],
  ['timeoutMs 0', () => EMPTY, { timeoutMs: 0 }],
  ['a text for a time', () => EMPTY, { graceMs: '5' }],
  ['an option that does not exist', () => EMPTY, { concurency: 1 }],
  ['null for options', () => EMPTY, null],
] as const)('refuses %s, at the call', (_what, project, options) => {
  expect(() => ackOnComplete(project as never, options as AckOnCompleteOptions)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test('a slip in an option is answered with the name that was meant', () => {
  expect(() => ackOnComplete(() => EMPTY, { concurency: 1 } as never)).toThrow(/did you mean "concurrency"/);
});

test('carries the last value, and says whether there was one', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    const values: Record<string, readonly unknown[]> = { a: [1, 2], b: [], c: [undefined] };
    f.see(f.source().pipe(ackOnComplete(({ payload }) => of(...(values[payload] ?? [])))));
  });
  expect(f.log).toEqual(['0:acked a#1 = 2', '0:acked b#1', '0:acked c#1 = undefined']);
});

test('hands the project the message and an index', () => {
  const got: unknown[] = [];
  flow((f) => {
    f.publishWith({ key: 'k', headers: { type: 'x' } }, 'a');
    f.publish('b');
    f.see(f.source().pipe(ackOnComplete(({ payload, headers, key, deliveryCount, redeliveryCount, topic, subscription, publishedAt, signal }, index) => {
      got.push({ payload, headers, key, deliveryCount, redeliveryCount, topic, subscription, publishedAt, aborted: signal.aborted, index });
      return EMPTY;
    })));
  });
  const common = { deliveryCount: 1, redeliveryCount: 0, topic: 't', subscription: 's', publishedAt: 0, aborted: false };
  expect(got).toEqual([{ ...common, payload: 'a', headers: { type: 'x' }, key: 'k', index: 0 }, { ...common, payload: 'b', headers: {}, key: undefined, index: 1 }]);
});

test('bounds the work by concurrency, first come first served', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c');
    f.see(f.source().pipe(ackOnComplete(f.work('--|'), { concurrency: 2 })));
  });
  expect(f.log.filter((line) => line.includes('run'))).toEqual(['0:run a#1', '0:run b#1', '2:run c#1']);
});

test('its default concurrency is the windows: two merged sources fill both', () => {
  const f = flow((f) => {
    f.publish('a', 'b', 'c', 'd');
    const source = f.source({ maxInFlight: 2 });
    f.see(concat(EMPTY, source).pipe(ackOnComplete(f.work('--|'))));
    f.see(source.pipe(ackOnComplete(f.work('--|'))));
  });
  expect(f.log.filter((line) => line.startsWith('0:run'))).toHaveLength(4);
});

test('passes the source\'s error, and releases what runs', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(ackOnComplete(f.work('9ms |'))));
  }, { faults: ({ op, nth }) => (op === 'claim' && nth === 2 ? 'fatal' : undefined) });
  expect(f.log).toEqual(['0:run a#1', '0:error LINK_LOST', '0:stop a#1']);
  expect(f.state).toBe('waiting 1');
});

test('what is no delivery ends the stream with an error, not the process', () => {
  const f = flow((f) => {
    f.see(of<Delivery<string>>({ payload: 1 } as never).pipe(ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:error OPTION_INVALID']);
});

test('an empty source completes', () => {
  const f = flow((f) => {
    f.see(EMPTY.pipe(ackOnComplete(() => EMPTY)));
    f.see(throwError(() => new Error('source')).pipe(ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:complete', '0:error Error: source']);
});

test('a timeout in virtual time: Failed at its frame, the others go on', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(ackOnComplete(f.work(({ payload }) => (payload === 'a' ? '9ms |' : '-----|')), { timeoutMs: 6 })));
  }, { horizon: 500 });
  expect(f.log.slice(2)).toEqual(['5:acked b#1', '6:stop a#1', '6:failed a#1 WORK_TIMEOUT']);
});

test('work that aborts by its signal when it is told to stop has not failed', () => {
  const f = flow((f) => {
    f.publish('a');
    const seenIt = f.see(f.source({ maxDeliveries: 1 }).pipe(ackOnComplete(({ signal }) => {
      const work = new Subject<never>();
      signal.addEventListener('abort', () => { work.error(new Error('aborted')); });
      return work;
    })));
    f.at(3, () => { seenIt.unsubscribe(); });
  });
  expect(f.callsOf('settle')).toEqual(['3 settle release:a#1']);
  expect(f.dead).toEqual([]);
});

test('a subscriber that publishes and unsubscribes inside next does no harm', () => {
  const f = flow((f) => {
    f.publish('a');
    const seenIt = f.source({ maxInFlight: 1 }).pipe(ackOnComplete(() => of(1))).subscribe(() => {
      f.publish('b');
      f.say('acked');
      if (f.log.length === 3) seenIt.unsubscribe();
    });
  });
  expect(f.log).toEqual(['0:acked', '0:acked', '0:acked']);
  f.expectAllOver();
});

test('is cold: two subscribers are two consumers', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    const work = f.source({ maxInFlight: 1 }).pipe(ackOnComplete(() => NEVER));
    f.see(work);
    f.see(work);
  }, { horizon: 10 });
  expect(f.callsOf('claimed')).toEqual(['0 claimed a#1', '0 c2 claimed b#1']);
});
