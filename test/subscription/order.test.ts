import { describe, expect, test } from 'vitest';
import { ackOnComplete, batchDeliveries, retryWithBackoff, toDeadLetter, type Message } from '../../operators/index.js';
import { flow, type Flow } from '../support/flow.js';

const runs = (f: Flow): string[] => f.log.filter((line) => line.includes('run')).map((line) => line.replace('run ', ''));

const failsTwice = ({ payload, deliveryCount }: Message<unknown>): string => (payload === 'a1' && deliveryCount < 3 ? '#' : '|');
const backoff = { initialMs: 100, factor: 1, jitter: 'none' } as const;

describe("'key'", () => {
  test('a message in retry holds back the later ones of its key, not those of others', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'a2', 'b3', 'a4');
      f.see(f.source({ order: 'key' }).pipe(ackOnComplete(f.work(failsTwice)), retryWithBackoff(backoff)));
    });
    expect(runs(f)).toEqual(['0:a1#1', '0:b3#1', '100:a1#2', '200:a1#3', '200:a2#1', '200:a4#1']);
    expect(f.state).toBe('');
  });

  test('messages of one key run one after the other, each once the ack of the one before is on its way; keys side by side', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'a2', 'b1', 'b2');
      f.see(f.source({ order: 'key', maxInFlight: 8 }).pipe(ackOnComplete(f.work('--|'))));
    }, { faults: ({ op }) => (op === 'settle' ? { after: 5 } : undefined) });
    expect(runs(f)).toEqual(['0:a1#1', '0:b1#1', '2:a2#1', '2:b2#1']);
  });

  test('what waits behind an ack that does not arrive before its lease ends is given back, not run', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'a2', 'a3');
      f.see(f.source({ order: 'key', maxInFlight: 16, visibilityTimeoutMs: 100 }).pipe(ackOnComplete(f.work(({ payload }) => (payload === 'a2' ? '200ms |' : '--|')))));
    }, { faults: ({ op, now }) => (op === 'settle' && now < 150 ? 'error' : undefined), horizon: 190 });
    expect(runs(f).slice(0, 2)).toEqual(['0:a1#1', '2:a2#1']);
    expect(runs(f).filter((run) => run.includes('a3'))).toEqual([]);
  });

  test('what is queued behind a retry is given back before the key goes free', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'a2', 'a3');
      f.see(f.source({ order: 'key', maxInFlight: 16 }).pipe(ackOnComplete(f.work(failsTwice)), retryWithBackoff(backoff)));
    }, { horizon: 50 });
    expect(f.callsOf('claimed', 'settle')).toEqual(['0 claimed a1#1 a2#1 a3#1', '0 settle release:a2#1 release:a3#1 retry(100):a1#1']);
    expect(f.state).toBe('waiting 2, delayed 1');
  });

  test('what a claim under way brings from behind a retry is given back too', () => {
    const f = flow((f) => {
      f.publishKeyed('a1');
      f.see(f.source({ order: 'key', maxInFlight: 16 }).pipe(ackOnComplete(f.work(({ payload, deliveryCount }) => (payload === 'a1' && deliveryCount === 1 ? '----#' : '-|'))), retryWithBackoff(backoff)));
      f.at(3, () => { f.publishKeyed('a2', 'b1'); });
    }, { faults: ({ op, nth }) => (op === 'claim' && nth === 2 ? { after: 5 } : undefined) });
    expect(runs(f)).toEqual(['0:a1#1', '8:b1#1', '104:a1#2', '105:a2#1']);
  });

  test('two consumers: a lapse in one does not let the other overtake', () => {
    const f = flow((f) => {
      f.publishKeyed('a0', 'a1', 'a2', 'a3');
      f.see(f.source({ order: 'key', visibilityTimeoutMs: 30, maxInFlight: 4 }).pipe(ackOnComplete(f.work(({ payload, deliveryCount }) => (payload === 'a0' && deliveryCount === 1 ? '90ms |' : '-|')))), '1 ');
      f.see(f.source({ maxInFlight: 4 }).pipe(ackOnComplete(f.work('-|'))), '2 ');
    }, { faults: ({ op, consumer }) => (op === 'renew' && consumer === 1 ? 'error' : undefined) });
    expect(f.log.filter((line) => line.includes('acked')).map((line) => line.replace(/.*acked (a\d).*/, '$1'))).toEqual(['a0', 'a1', 'a2', 'a3']);
    expect(f.state).toBe('');
  });

  test('a hot key over two consumers stays in order', () => {
    const f = flow((f) => {
      f.publishKeyed('a0', 'a1', 'a2', 'a3', 'a4', 'a5');
      for (const consumer of ['1 ', '2 ']) f.see(f.source({ order: 'key', maxInFlight: 4 }).pipe(ackOnComplete(f.work(({ payload, deliveryCount }) => (payload === 'a1' && deliveryCount === 1 ? '-#' : '-|'))), retryWithBackoff({ initialMs: 3, jitter: 'none' })), consumer);
    });
    expect(f.log.filter((line) => line.includes('acked')).map((line) => line.replace(/.*acked (a\d).*/, '$1'))).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5']);
  });

  test('those behind a lost lease are given back, not run before it comes again', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'a2');
      f.see(f.source({ order: 'key', visibilityTimeoutMs: 30, maxInFlight: 8 }).pipe(ackOnComplete(f.work(({ deliveryCount }) => (deliveryCount === 1 ? '90ms |' : '-|')))));
    }, { faults: ({ op, now }) => (op === 'renew' && now < 30 ? 'error' : undefined) });
    expect(runs(f).map((line) => line.split(':')[1])).toEqual(['a1#1', 'a1#2', 'a2#1']);
    expect(f.callsOf('settle')[0]).toBe('29 settle release:a2#1');
    expect(f.state).toBe('');
  });

  test('nothing that was given back at the unsubscribe is started when its predecessor is confirmed', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'a2', 'a3');
      const seen = f.see(f.source({ order: 'key', maxInFlight: 16 }).pipe(ackOnComplete(f.work('--|'))));
      f.at(3, () => { seen.unsubscribe(); });
    }, { faults: ({ op }) => (op === 'settle' ? { after: 5 } : undefined), horizon: 50 });
    expect(runs(f)).toEqual(['0:a1#1', '2:a2#1']);
    expect(f.state).toBe('waiting 2');
    f.expectAllOver();
  });

  test('messages without a key are not ordered', () => {
    const f = flow((f) => {
      f.publish('x', 'y');
      f.see(f.source({ order: 'key' }).pipe(ackOnComplete(f.work(({ payload }) => (payload === 'x' ? '---|' : '-|')))));
    });
    expect(runs(f)).toEqual(['0:x#1', '0:y#1']);
  });

  test('a dead letter frees the key, at its confirmation', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'a2');
      f.see(f.source({ order: 'key', maxInFlight: 8 }).pipe(ackOnComplete(f.work(({ payload }) => (payload === 'a1' ? '-#' : '-|'))), toDeadLetter()));
    }, { faults: ({ op }) => (op === 'settle' ? { after: 5 } : undefined) });
    expect(runs(f)).toEqual(['0:a1#1', '6:a2#1']);
  });
});

describe("'strict'", () => {
  test('one message after the other, through retries', () => {
    const f = flow((f) => {
      f.publishKeyed('a1', 'b2', 'c3');
      f.see(f.source({ order: 'strict' }).pipe(ackOnComplete(f.work(failsTwice)), retryWithBackoff(backoff)));
    });
    expect(runs(f)).toEqual(['0:a1#1', '100:a1#2', '200:a1#3', '200:b2#1', '200:c3#1']);
  });

  test('a lapse is waited for', () => {
    const f = flow((f) => {
      f.publish('1', '2', '3');
      f.see(f.source({ order: 'strict', visibilityTimeoutMs: 30 }).pipe(ackOnComplete(f.work(({ payload, deliveryCount }) => (payload === '1' && deliveryCount === 1 ? '90ms |' : '-|')))));
    }, { faults: ({ op, now }) => (op === 'renew' && now < 30 ? 'error' : undefined) });
    expect(runs(f)).toEqual(['0:1#1', '30:1#2', '31:2#1', '32:3#1'].map((line) => expect.stringContaining(line.split(':').slice(1).join(':')) as string));
  });

  test('with shardCount above 1 it is refused', () => {
    const f = flow((f) => {
      f.see(f.cw.topic('t', { shardCount: 2 }).subscription('s', { order: 'strict' }));
    });
    expect(f.log).toEqual(['0:error ORDER_CONFLICT']);
  });
});

test('an operator may loosen the stored order', () => {
  const f = flow((f) => {
    f.publishKeyed('a1', 'a2');
    f.see(f.source({ order: 'key', maxInFlight: 8 }).pipe(ackOnComplete(f.work('---|'), { order: 'none' })));
  });
  expect(runs(f)).toEqual(['0:a1#1', '0:a2#1']);
});

test('an operator may not strengthen it: ORDER_CONFLICT on the stream, nothing runs, nothing is lost', () => {
  const f = flow((f) => {
    f.publishKeyed('a1', 'a2');
    f.see(f.source({ order: 'key' }).pipe(ackOnComplete(f.work('---|'), { order: 'strict' })));
  });
  expect(f.log).toEqual(['0:error ORDER_CONFLICT']);
  expect(f.callsOf('settle', 'detach')).toEqual(['0 settle release:a1#1 release:a2#1', '0 detach']);
  expect(f.state).toBe('waiting 2');
});

test('batches of an ordered subscription are worked on one after the other', () => {
  const f = flow((f) => {
    f.publishKeyed('a1', 'b2', 'a3', 'b4');
    f.see(f.source({ order: 'key', maxInFlight: 16 }).pipe(batchDeliveries({ maxSize: 2, maxWaitMs: 5 }), ackOnComplete(f.work('--|'))));
  });
  expect(runs(f)).toEqual(['0:a1,b2#1', '2:a3,b4#1']);
});

test('what does not fit the window of one key leaves room for others', () => {
  const f = flow((f) => {
    f.publishKeyed('a1', 'a2', 'a3', 'a4', 'b1');
    f.see(f.source({ order: 'key', maxInFlight: 4 }).pipe(ackOnComplete(f.work('--|'))));
  });
  expect(runs(f)).toEqual(['0:a1#1', '0:b1#1', '2:a2#1', '4:a3#1', '6:a4#1']);
});
