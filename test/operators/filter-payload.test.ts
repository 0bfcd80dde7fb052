import { EMPTY, of, take, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, filterPayload, type Delivery } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('filter-payload');
  let kept: string[] = [];
  const f = flow((f) => {
    kept = seen(f, diagram.deliveries(f, 'deliveries').pipe(filterPayload((payload) => payload !== 'b')), ({ payload }) => payload);
  }, { horizon: 20 });
  diagram.expect(kept, 'filterPayload');
  expect(f.callsOf('settle')).toEqual(['3 settle ack:b#1']);
  diagram.expectAllRun();
});

test('acks what it drops, once, also after the unsubscribe', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    const seenIt = f.see(f.source().pipe(filterPayload((payload) => payload === 'b'), ackOnComplete(f.work('9ms |'))));
    f.at(2, () => { seenIt.unsubscribe(); });
  }, { faults: ({ op, nth }) => (op === 'settle' && nth === 1 ? { after: 5 } : undefined) });
  expect(f.callsOf('settle')).toEqual(['0 settle ack:a#1', '5 settle release:b#1']);
  expect(f.state).toBe('waiting 1');
});

test('dropping frees the window: a window of 1 does not stand still', () => {
  const f = flow((f) => {
    f.publish('x', 'x', 'a');
    f.see(f.source({ maxInFlight: 1 }).pipe(filterPayload((payload) => payload === 'a'), take(1), ackOnComplete(() => EMPTY)));
  });
  expect(f.log).toEqual(['0:acked a#1', '0:complete']);
});

test('a predicate that throws has its message retried by the policy; the stream goes on', () => {
  const f = flow((f) => {
    f.publish('a', 'b');
    f.see(f.source({ retryBackoffMs: [1_000] }).pipe(filterPayload((payload) => { if (payload === 'a') throw new Error('own'); return true; }), ackOnComplete(() => EMPTY)));
  }, { horizon: 500 });
  expect(f.log).toEqual(['0:acked b#1']);
  expect(f.events).toEqual(['0:handler-failed']);
  expect(f.state).toBe('delayed 1');
});

test('refuses what is no function, at the call', () => {
  expect(() => filterPayload(undefined as never)).toThrow(/OPTION_INVALID: filterPayload\(project\)/);
});

test('error and complete pass; what is no delivery is an error of the stream', () => {
  const f = flow((f) => {
    f.see(throwError(() => new Error('source')).pipe(filterPayload(() => true)));
    f.see(EMPTY.pipe(filterPayload(() => true)));
    f.see(of<Delivery<string>>(1 as never).pipe(filterPayload(() => true)));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete', '0:error OPTION_INVALID']);
});
