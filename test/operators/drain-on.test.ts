import { BehaviorSubject, EMPTY, NEVER, Subject, of, throwError, timer } from 'rxjs';
import { expect, test } from 'vitest';
import { ackOnComplete, drainOn, type DrainOnOptions, type Delivery } from '../../operators/index.js';
import { flow } from '../support/flow.js';
import { Diagram, marksOf, seen } from './support/diagram.js';

test('does what its diagram shows', () => {
  const diagram = new Diagram('drain-on');
  let passed: string[] = [];
  const stop = marksOf(diagram.row('notifier'))[0];
  expect(stop?.mark).toBe('!');
  const f = flow((f) => {
    passed = seen(f, diagram.deliveries(f, 'deliveries').pipe(drainOn(timer(stop?.frame ?? 0))), ({ payload }) => payload);
  }, { horizon: 20 });
  diagram.expect(passed, 'drainOn');
  expect(f.state).toBe('waiting 1, leased 2');
  diagram.expectAllRun();
});

test.each([
  ['no notifier', undefined, {}],
  ['a number', 5, {}],
  ['a promise', Promise.resolve(), {}],
  ['a negative deadline', NEVER, { deadlineMs: -1 }],
  ['an unknown option', NEVER, { deadline: 5 }],
])('refuses %s, at the call', (_what, notifier, options) => {
  expect(() => drainOn(notifier as never, options as DrainOnOptions)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error);
});

test('a notifier that fires at once: nothing is read at all', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(drainOn(new BehaviorSubject(1)), ackOnComplete(f.work('-|'))));
  });
  expect(f.log).toEqual(['0:complete']);
  expect(f.calls).toEqual([]);
});

test('a notifier that completes without a value drains nothing; one that errors is an error of the stream', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(drainOn(EMPTY), ackOnComplete(f.work('-|'))));
    f.see(f.source({}, 's2').pipe(drainOn(throwError(() => new Error('notifier')))), '2 ');
  }, { horizon: 20 });
  expect(f.log).toEqual(['0:2 error Error: notifier', '0:run a#1', '1:acked a#1']);
});

test('its deadline is counted from the notifier, for every source behind a merge', () => {
  const f = flow((f) => {
    f.publish('a');
    f.see(f.source().pipe(drainOn(timer(10), { deadlineMs: 20 }), ackOnComplete(() => NEVER)));
  });
  expect(f.log).toEqual(['30:complete']);
  expect(f.callsOf('settle', 'detach')).toEqual(['30 settle release:a#1', '30 detach']);
});

test('unsubscribes from its notifier when the stream ends', () => {
  const notifier = new Subject<void>();
  flow((f) => {
    const seenIt = f.see(f.source().pipe(drainOn(notifier)));
    expect(notifier.observed).toBe(true);
    f.at(5, () => { seenIt.unsubscribe(); });
  });
  expect(notifier.observed).toBe(false);
});

test('error and complete pass; what is no delivery is an error of the stream', () => {
  const f = flow((f) => {
    f.see(throwError(() => new Error('source')).pipe(drainOn(NEVER)));
    f.see(EMPTY.pipe(drainOn(NEVER)));
    f.see(of<Delivery<string>>(1 as never).pipe(drainOn(NEVER)));
  });
  expect(f.log).toEqual(['0:error Error: source', '0:complete', '0:error OPTION_INVALID']);
});
