import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { audit, type Run } from '../../../examples/earthquakes/audit.js';
import { compareFates, expectedFates, Ledger, subscriptions, type Outcome } from '../../../examples/earthquakes/ledger.js';
import type { Quake } from '../../../examples/earthquakes/quake.js';
import { regionsOf } from '../../../examples/earthquakes/region-state.js';

const quake: Quake = { id: 'a', type: 'earthquake', place: 'Alaska', time: 1_000, magnitude: 6.2, longitude: -150, latitude: 60, depthKm: 10 };
const week: readonly Quake[] = [quake, { ...quake, id: 'b', magnitude: 2 }, { ...quake, id: 'c', type: 'quarry blast', magnitude: 1 }];
const flaws = new Map([['b', 'BadMagnitude' as const]]);

function outcome(subscription: string, id: string, fate: string): Outcome {
  const delivery: Outcome['delivery'] = {
    id: `message-${id}`, topic: 'earthquakes', subscription, payload: { ...quake, id }, headers: {}, key: undefined,
    deliveryCount: 1, redeliveryCount: 0, publishedAt: 0, signal: new AbortController().signal,
  };
  if (fate === 'acked') return { kind: 'acked', delivery, value: undefined, empty: true };
  if (fate === 'retried') return { kind: 'retried', delivery, error: new Error('503'), attempt: 1, delayMs: 50 };
  if (fate === 'lost') return { kind: 'lost', delivery, reason: 'lapsed' };
  return { kind: 'dead-lettered', delivery, error: undefined, reason: fate, description: undefined, stored: true };
}

/** A run in which all is as it should be, but for what is put in or left out. */
function runWith({ without, also = [], ...changes }: Partial<Run> & { readonly without?: readonly [string, string]; readonly also?: readonly Outcome[] } = {}): Run {
  const ledger = new Ledger();
  for (const name of subscriptions) {
    for (const [id, ends] of expectedFates(name, week, flaws)) {
      if (without?.[0] !== name || without[1] !== id) for (const end of ends) ledger.enter(outcome(name, id, end));
    }
  }
  for (const one of also) ledger.enter(one);
  return {
    week, flaws, published: 3, ledger, review: undefined, interrupted: false, seconds: 1,
    alerts: new Map([['a', { id: 'a', level: 'urgent', text: 'M 6.2 - Alaska' }]]),
    regions: regionsOf(week.filter(({ type }) => type === 'earthquake')),
    dead: new Map([['quality', ['c']]]),
    ...changes,
  };
}

describe('the ledger', () => {
  it('keeps the ends of an id in the order they came, and counts retries and lost leases apart', () => {
    const ledger = new Ledger();
    for (const fate of ['lost', 'retried', 'BadTime', 'acked']) ledger.enter(outcome('alerts', 'a', fate));
    expect(ledger.fates('alerts')).toEqual(new Map([['a', ['BadTime', 'acked']]]));
    expect(ledger.totals('alerts')).toEqual({ acked: 1, dead: 1, retried: 1, lost: 1 });
    expect(ledger.fates('regions').size).toBe(0);
  });

  it('says when so many ends are booked', () => {
    const scheduler = new TestScheduler((actual, expected) => { expect(actual).toEqual(expected); });
    scheduler.run(({ cold, expectObservable }) => {
      const ledger = new Ledger();
      cold('5ms a 4ms b', { a: outcome('alerts', 'a', 'acked'), b: outcome('regions', 'a', 'acked') }).subscribe((one) => { ledger.enter(one); });
      expectObservable(ledger.reached$(2, 1_000)).toBe('10ms |');
      expectObservable(ledger.reached$(3, 1_000)).toBe('1010ms |');
    });
  });
});

describe('the expected fates', () => {
  it('are: acked; the flaw, then acked; and not an earthquake for quality alone', () => {
    expect(expectedFates('quality', week, flaws)).toEqual(new Map([['a', ['acked']], ['b', ['BadMagnitude', 'acked']], ['c', ['NotAnEarthquake']]]));
    expect(expectedFates('alerts', week, flaws).get('c')).toEqual(['acked']);
  });
});

describe('the comparison', () => {
  const expected = new Map([['a', ['acked']], ['b', ['BadTime', 'acked']]]);

  it('names what is lost, doubled, wrong, or not of this run', () => {
    const got = new Map([['b', ['acked']], ['x', ['acked', 'acked']]]);
    expect(compareFates('alerts', expected, got)).toEqual([
      { where: 'alerts', id: 'a', expected: 'acked', got: 'nothing' },
      { where: 'alerts', id: 'b', expected: 'BadTime, then acked', got: 'acked' },
      { where: 'alerts', id: 'x', expected: 'nothing', got: 'acked, then acked' },
    ]);
  });

  it('of a part forgives what has not ended yet, and nothing else', () => {
    expect(compareFates('alerts', expected, new Map([['b', ['BadTime']]]), { partial: true })).toEqual([]);
    expect(compareFates('alerts', expected, new Map([['a', ['acked', 'acked']]]), { partial: true })).toHaveLength(1);
  });
});

describe('the audit', () => {
  it('finds nothing where all is as it should be', () => {
    expect(audit(runWith())).toEqual([]);
  });

  it.each(subscriptions)('notices an id that %s lost', (name) => {
    expect(audit(runWith({ without: [name, 'a'] }))).toEqual([{ where: name, id: 'a', expected: 'acked', got: 'nothing' }]);
  });

  it.each(subscriptions)('notices an id that %s settled twice', (name) => {
    expect(audit(runWith({ also: [outcome(name, 'a', 'acked')] }))).toEqual([{ where: name, id: 'a', expected: 'acked', got: 'acked, then acked' }]);
  });

  it('notices an alert that was not sent and one that should not have been', () => {
    const alerts = new Map([['b', { id: 'b', level: 'notice' as const, text: '' }]]);
    expect(audit(runWith({ alerts })).map(({ where, id }) => `${where} ${id}`)).toEqual(['alerts sent a', 'alerts sent b']);
  });

  it('notices a region that counted a quake twice', () => {
    const regions = new Map([...regionsOf(week.slice(0, 2))].map(([name, state]) => [name, { ...state, count: state.count + 1 }]));
    expect(audit(runWith({ regions })).map(({ where, id }) => `${where} ${id}`)).toEqual(['regions Alaska']);
  });

  it('notices dead letters that are missing, doubled, or should not be there', () => {
    const dead = new Map([['alerts', ['b']], ['quality', ['c', 'c']]]);
    expect(audit(runWith({ dead })).map(({ where, id }) => `${where} ${id}`)).toEqual(['dead letters of alerts b', 'dead letters of quality c']);
    expect(audit(runWith({ dead: new Map() })).map(({ where, id }) => `${where} ${id}`)).toEqual(['dead letters of quality c']);
  });

  it('of an interrupted run checks only what was settled', () => {
    expect(audit(runWith({ interrupted: true, without: ['alerts', 'a'], alerts: new Map(), regions: new Map(), dead: new Map() }))).toEqual([]);
    expect(audit(runWith({ interrupted: true, also: [outcome('alerts', 'a', 'acked')] }))).toHaveLength(1);
  });
});
