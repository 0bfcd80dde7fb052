import { describe, expect, it } from 'vitest';
import { brokenHistories, excused } from '../../fixtures/faults/broken-histories.js';
import { healthy } from '../../fixtures/faults/healthy-history.js';
import { queued } from '../../fixtures/faults/queued-history.js';
import { invariants, violationsOf } from './invariants.js';

describe('the checker of histories', () => {
  it('finds nothing wrong with kills, lost answers, retries, releases and dead letters that are as they should be', () => {
    expect(violationsOf(healthy)).toEqual([]);
  });

  it('calls nothing late that waits its turn behind what was there before it', () => {
    expect(violationsOf(queued(800, 700))).toEqual([]);
  });

  it.each(brokenHistories)('$caughtBy notices that $bug', ({ caughtBy, record }) => {
    expect(violationsOf(record).map(({ invariant }) => invariant)).toContain(caughtBy);
  });

  it('has a broken history for every invariant', () => {
    const caught = new Set(brokenHistories.map(({ caughtBy }) => caughtBy));
    expect(invariants.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([]);
  });

  it.each(excused)('excuses by the durability of the server that $bug, and nowhere else', ({ record }) => {
    expect(violationsOf(record)).toEqual([]);
    const durable = { ...record, rules: { ...record.rules, durability: { survives: ['process-crash', 'server-crash', 'failover', 'power-cut'] as const, rewinds: ['failover'] as const } } };
    expect(violationsOf(durable)).not.toEqual([]);
  });
});
