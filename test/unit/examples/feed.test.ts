import { NEVER, of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { readWeek, replay } from '../../../examples/earthquakes/feed.js';
import { validate } from '../../../examples/earthquakes/quake.js';

const records = [0, 10, 50, 60, 100].map((time) => ({ time }));

function inVirtualTime(check: Parameters<TestScheduler['run']>[0]): void {
  new TestScheduler((actual, expected) => { expect(actual).toEqual(expected); }).run(check);
}

describe('the week on file', () => {
  it('holds 1,707 records with different ids, oldest first, 28 of them no earthquakes', () => {
    const week = readWeek();
    expect(week).toHaveLength(1_707);
    expect(new Set(week.map(({ id }) => id)).size).toBe(1_707);
    expect(week.map(({ time }) => time)).toEqual(week.map(({ time }) => time).sort((a, b) => a - b));
    expect(week.filter(({ type }) => type !== 'earthquake')).toHaveLength(28);
  });

  it('has no flaws before it is damaged', () => {
    expect(readWeek().filter((quake) => 'flaw' in validate(quake))).toEqual([]);
  });
});

describe('the replay', () => {
  it('publishes what is due at each tick as one batch, and nothing where nothing is due', () => {
    inVirtualTime(({ expectObservable }) => {
      const published = replay(records, (due) => of(due.map(({ time }) => time)), { durationMs: 100, tickMs: 20, stop$: NEVER });
      expectObservable(published).toBe('20ms a 39ms b 39ms (c|)', { a: [0, 10], b: [50, 60], c: [100] });
    });
  });

  it('plays twice as fast in half the time', () => {
    inVirtualTime(({ expectObservable }) => {
      const published = replay(records, (due) => of(due.map(({ time }) => time)), { durationMs: 50, tickMs: 10, stop$: NEVER });
      expectObservable(published).toBe('10ms a 19ms b 19ms (c|)', { a: [0, 10], b: [50, 60], c: [100] });
    });
  });

  it('waits for a slow publish before the next one and loses nothing', () => {
    const times: number[] = [];
    inVirtualTime(({ cold, expectObservable }) => {
      const published = replay(records, (due) => {
        times.push(...due.map(({ time }) => time));
        return cold('50ms (x|)');
      }, { durationMs: 100, tickMs: 20, stop$: NEVER });
      expectObservable(published).toBe('70ms x 49ms x 49ms (x|)');
    });
    expect(times).toEqual([0, 10, 50, 60, 100]);
  });

  it('ends at the stop, after what is being published', () => {
    inVirtualTime(({ cold, expectObservable }) => {
      const published = replay(records, () => cold('30ms (x|)'), { durationMs: 100, tickMs: 20, stop$: cold('30ms s') });
      expectObservable(published).toBe('50ms (x|)');
    });
  });
});
