import { describe, expect, it } from 'vitest';
import type { KeyChange } from '../../../../src/port/watch-source.js';
import { Table, ask, scope } from './table.js';

const key = { ...scope, key: 'limit' };

function watch(table: Table, onChange: (change: KeyChange) => void = () => undefined, prefix?: string): unknown[] {
  const seen: unknown[] = [];
  const source = prefix === undefined ? table.broker.watches.watchKey(key) : table.broker.watches.watchPrefix(scope, prefix);
  source.subscribe((signal) => {
    if (signal.kind === 'status') seen.push(signal.status);
    else {
      seen.push(signal.change.cause === 'resync' ? `(${String(signal.change.state.body)})` : signal.change.state.body);
      onChange(signal.change);
    }
  });
  return seen;
}

const set = (table: Table, body: string, ttlMs?: number): void => void ask(table.broker.keys.set({ key, body, ttlMs }));

describe('shared keys of the memory broker', () => {
  it('refuse to write a closed key, for good', () => {
    const table = new Table();
    set(table, 'a');
    ask(table.broker.keys.del({ key, mark: 'closed' }));
    expect(() => set(table, 'b')).toThrow(expect.objectContaining({ code: 'KEY_CLOSED' }));
  });

  it('never go back in their revision, however many keys were deleted since', () => {
    const table = new Table();
    set(table, 'a');
    const gone = ask(table.broker.keys.del({ key, mark: 'none' })).state.revision;
    for (let index = 0; index < 20_000; index++) {
      const other = { ...scope, key: `k${index}` };
      ask(table.broker.keys.set({ key: other, body: '', ttlMs: undefined }));
      ask(table.broker.keys.del({ key: other, mark: 'none' }));
    }
    const { revision } = ask(table.broker.keys.get(key));
    expect(revision).toBeGreaterThanOrEqual(gone);
    expect(ask(table.broker.keys.set({ key, body: 'b', ttlMs: undefined, expectedRevision: revision })).state.revision).toBeGreaterThan(revision);
  });

  it('show every observer every state in one order, also what an observer sets meanwhile', () => {
    const table = new Table();
    set(table, '0');
    const first = watch(table, ({ state }) => {
      if (state.body === '1') set(table, '2');
    });
    const second = watch(table);
    const prefixed = watch(table, undefined, 'lim');
    set(table, '1');
    expect([first, second, prefixed]).toEqual([
      ['(0)', 'live', '1', '2'],
      ['(0)', 'live', '1', '2'],
      ['(0)', 'live', '1', '2'],
    ]);
  });

  it('show a new observer where it begins before anything it sets there', () => {
    const table = new Table();
    set(table, '0');
    const seen = watch(table, ({ state }) => {
      if (state.body === '0') set(table, '1');
    });
    expect(seen).toEqual(['(0)', 'live', '1']);
  });

  it('show an observer that comes in the middle of a change the newest state, once', () => {
    const table = new Table();
    let late: unknown[] = [];
    watch(table, ({ state }) => {
      if (state.body === '1') {
        set(table, '2');
        late = watch(table);
      }
    });
    set(table, '1');
    set(table, '3');
    expect(late).toEqual(['(2)', 'live', '3']);
  });

  it('need a timer for their end only while somebody watches', () => {
    const table = new Table();
    set(table, 'a', 100);
    expect(table.runtime.timers).toBe(0);
    const seen: unknown[] = [];
    const watching = table.broker.watches.watchPrefix(scope, '').subscribe((signal) => {
      if (signal.kind === 'change') seen.push([signal.change.cause, signal.change.state.body]);
    });
    expect(table.runtime.timers).toBe(1);
    ask(table.broker.keys.expire(key, 300));
    table.runtime.advance(299);
    expect(seen).toEqual([['resync', 'a']]);
    table.runtime.advance(1);
    expect(seen.at(-1)).toEqual(['expire', undefined]);
    set(table, 'b', 100);
    watching.unsubscribe();
    expect(table.runtime.timers).toBe(0);
  });

  it('end their watches and timers with the broker', () => {
    const table = new Table();
    let ended = false;
    table.broker.watches.watchKey(key).subscribe({ complete: () => (ended = true) });
    set(table, 'a', 100);
    ask(table.broker.close());
    expect([ended, table.runtime.timers]).toEqual([true, 0]);
  });
});
