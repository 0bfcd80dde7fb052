import { NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { parse, type Mark } from '../../marbles/kit/parse.js';
import { Timeline } from '../../marbles/kit/timeline.js';
import { WindowWatch } from '../../marbles/kit/window-watch.js';
import type { ConsumerLink } from '../../src/port/delivery-store.js';

const read = (marbles: string): readonly Mark[] => parse(marbles, 'a test', () => true, 'any').marks;

describe('marble strings', () => {
  it.each([
    ['a-b', [[0, 'a'], [2, 'b']]],
    ['a 9ms b', [[0, 'a'], [10, 'b']]],
    [' 1s a 1.5m b', [[1_000, 'a'], [91_001, 'b']]],
    [' 1h a 14d b', [[3_600_000, 'a'], [1_213_200_001, 'b']]],
    ['(ab)-c', [[0, 'a'], [0, 'b'], [5, 'c']]],
    ['a  b', [[0, 'a'], [1, 'b']]],
    ['1 11ms 2', [[0, '1'], [12, '2']]],
    ['-9', [[1, '9']]],
    ['', []],
  ])('are read as RxJS reads them, and days pass too: %s', (marbles, expected) => {
    expect(read(marbles)).toEqual(expected.map(([frame, letter]) => ({ frame, letter })));
  });

  it('end behind their last character', () => {
    expect(parse('-- 8ms', 'a test', () => true, 'any').end).toBe(10);
  });

  it('pass time in whole milliseconds', () => {
    expect(() => read(' 0.5ms a')).toThrow('time passes in whole milliseconds');
  });
});

describe('a timeline', () => {
  it('draws rows that are marble strings again', () => {
    const rows = ['--a 30s b', '-(ab)- 1d c', 'x'].map((marbles, index) => ({ label: String(index), marks: read(marbles) }));
    const timeline = new Timeline(rows);
    for (const row of rows) expect(read(timeline.row(row).slice(3)).length).toBe(row.marks.length);
    const apart = ['--a 30s b', '- 40s (ab)- 1d c'].map((marbles, index) => ({ label: String(index), marks: read(marbles) }));
    const drawn = new Timeline(apart);
    for (const row of apart) expect(read(drawn.row(row).slice(3))).toEqual(row.marks);
  });

  it('has a frame in the same column in every row', () => {
    const rows = ['a 99ms b---c', '---- 97ms d-e'].map((marbles, index) => ({ label: `row ${String(index)}`, marks: read(marbles) }));
    const timeline = new Timeline(rows);
    expect([timeline.ruler, ...rows.map((row) => timeline.row(row))]).toEqual([
      'frame  0      100 104',
      'row 0  a 99ms b---c',
      'row 1  - 99ms -d-e',
    ]);
  });
});

describe('the window of a consumer', () => {
  const claimed = { token: 1, message: { id: 'm', body: '1', headers: {}, codec: undefined, key: undefined, publishedAt: 0, expiresAt: undefined }, deliveryCount: 1, leaseUntil: 10, isolated: false };
  const link: ConsumerLink = {
    policy: { visibilityTimeoutMs: 10, maxDeliveries: 5, retryBackoffMs: [1], deadLetterEnabled: true, order: 'none', expired: 'drop' },
    claim: () => of({ deliveries: [claimed], makeRoom: false }),
    settle: () => of([]),
    renew: () => of({ leaseUntil: 20, lost: [] }),
    detach: () => of(undefined),
  };
  const asking = (now: () => number): { readonly watch: WindowWatch; readonly told: string[] } => {
    const told: string[] = [];
    return { watch: new WindowWatch(link, now, (text) => told.push(text)), told };
  };

  it('is never exceeded: who asks for more is told of', () => {
    const { watch, told } = asking(() => 0);
    watch.claim({ max: 2, until$: NEVER }).subscribe();
    watch.claim({ max: 2, until$: NEVER }).subscribe();
    expect(told).toEqual(['asked for 2 beside 1 unsettled: more than its window of 2']);
  });

  it('has room again by settlement, and by the end of the lease', () => {
    let now = 0;
    const { watch, told } = asking(() => now);
    watch.claim({ max: 1, until$: NEVER }).subscribe();
    watch.settle([{ token: 1, action: 'ack' }]).subscribe();
    watch.claim({ max: 1, until$: NEVER }).subscribe();
    watch.renew([1]).subscribe();
    now = 20;
    watch.claim({ max: 1, until$: NEVER }).subscribe();
    expect(told).toEqual([]);
  });
});
