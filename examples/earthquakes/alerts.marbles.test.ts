import { marbles, type MarbleTest } from 'chronow/marbles';
import { concat, map, type Observable } from 'rxjs';
import { test } from 'vitest';
import { alerts } from './alerts.js';
import { Corrections } from './corrections.js';
import type { Alert } from './notifier.js';
import type { Outcome } from './ledger.js';
import type { Reading } from './quake.js';

// The alerts flow as it stands in alerts.ts, in virtual time: only the pager gateway is played by marbles.

const quake: Reading = { id: 'ci1', type: 'earthquake', place: '4km W of Castaic, CA', time: 1_517_356_800_000, magnitude: 6.4, longitude: -118.6, latitude: 34.5, depthKm: 12 };
const weak: Reading = { ...quake, id: 'ci2', magnitude: 1.2 };
const damaged: Reading = { ...quake, id: 'ci3', magnitude: 'strong' };
const urgent = (id: string): Alert => ({ id, level: 'urgent', text: 'M 6.4 - 4km W of Castaic, CA' });

/** The flow over a gateway that does as its scripts say, one for each attempt, and ends at `end`. What got through is in topic `sent`. */
function alertsOver({ cw, cold, drain }: MarbleTest, attempts: readonly string[], end = ' 10s !'): Observable<Outcome> {
  const send$ = (alert: Alert, attempt: number): Observable<Alert> =>
    concat(cold<never>(attempts[attempt - 1] ?? '|'), cw.topic<Alert>('sent').publish$(alert).pipe(map(() => alert)));
  return alerts({ readings: cw.topic<Reading>('readings'), corrections: new Corrections(cw), notifier: { send$ }, end$: drain(end) });
}

test('a strong quake is told at once, a weak one is done with', marbles((t) => {
  t.publish('readings', 'a--b', { a: quake, b: weak });
  t.run(alertsOver(t, ['-----|']));
  t.expectPublished('sent', '-----x', { x: urgent('ci1') });
  t.expectSettled('readings/alerts', { a: '-----a', b: '---a' });
}));

test('a gateway that fails is tried again, later and later', marbles((t) => {
  t.publish('readings', 'a', { a: quake });
  t.run(alertsOver(t, ['--#', '--#', '--|']));
  t.expectPublished('sent', ' 37ms x', { x: urgent('ci1') });
  // Jitter is drawn from the seed of the test, so it is the same in every run.
  t.expectSettled('readings/alerts', { a: '--r 32ms r-a' });
  t.expectDeliveries('readings/alerts', { a: '1 32ms 2-3' });
}));

test('a gateway that does not answer is given two seconds, and the message six attempts', marbles((t) => {
  t.publish('readings', 'a', { a: quake });
  t.run(alertsOver(t, ['-', '-', '-', '-', '-', '-'], ' 1m !'));
  t.expectDeadLetters('readings/alerts', { a: { reason: 'MaxDeliveries', deliveryCount: 6 } });
  t.allow('settled');
}));

test('a damaged reading is put aside with its flaw; with a correction it is told', marbles((t) => {
  t.publish('readings', 'a---b', { a: damaged, b: { ...damaged, id: 'ci4' } });
  t.set('correction:ci4', '--c', { c: { ...quake, id: 'ci4' } });
  t.run(alertsOver(t, ['|']));
  t.expectDeadLetters('readings/alerts', { a: 'BadMagnitude' });
  t.expectPublished('sent', '----x', { x: urgent('ci4') });
  t.expectSettled('readings/alerts', { a: 'd', b: '----a' });
}));

test('at the end it finishes what runs, and takes nothing new', marbles((t) => {
  t.publish('readings', 'a----b', { a: quake, b: weak });
  t.run(alertsOver(t, ['--------|'], '---!'));
  t.expectPublished('sent', '--------x', { x: urgent('ci1') });
  t.expectOutcomes('--------(a|)');
  t.expectSettled('readings/alerts', { a: '--------a' });
  t.allow('waiting');
}));
