import { describe, expect, test } from 'vitest';
import type { Observable } from 'rxjs';
import { memoryWarmStore } from '../../../src/adapters/memory/index.js';
import { isChronowError } from '../../../src/errors.js';
import type { StoredMessage } from '../../../src/port/message.js';
import type { UpsertStrategy } from '../../../src/port/warm-store.js';
import { virtualRuntime } from '../../support/virtual-runtime.js';
import { key, topic } from './support.js';

const dayMs = 86_400_000;

function ask<T>(call: Observable<T>): T | string {
  let answer: T | string = 'nothing';
  call.subscribe({ next: (value) => { answer = value; }, error: (error: unknown) => { answer = isChronowError(error) ? error.code : String(error); } });
  return answer;
}

function storeOf(): { readonly store: ReturnType<typeof memoryWarmStore>; readonly pass: (days: number) => void; readonly save: (body: string, revision: number, strategy?: UpsertStrategy, days?: number, maxVersions?: number) => unknown; readonly end: (revision: number, keepHistory?: boolean, days?: number) => void; readonly history: () => unknown; readonly newest: () => unknown } {
  const runtime = virtualRuntime();
  const store = memoryWarmStore({ runtime });
  return {
    store,
    pass: (days) => { runtime.advance(days * dayMs); },
    save: (body, revision, strategy = 'append', retentionDays, maxVersions) => ask(store.saveValue({ key, body, revision, strategy, retentionDays, maxVersions })),
    end: (revision, keepHistory = false, retentionDays) => { ask(store.deleteValue(key, { revision, keepHistory, retentionDays })); },
    history: () => {
      const versions = ask(store.valueHistory(key, 10));
      return typeof versions === 'string' ? versions : versions.map(({ body, version }) => `${version}:${String(body)}`);
    },
    newest: () => {
      const newest = ask(store.loadValue(key));
      return typeof newest === 'object' ? newest.body : newest;
    },
  };
}

describe('the memory warm store', () => {
  test('appends versions from 0, and keeps the newest of them', () => {
    const { save, history, newest } = storeOf();
    for (const [index, body] of ['a', 'b', 'c', 'd'].entries()) save(body, index + 1, 'append', undefined, 3);
    expect([history(), newest()]).toEqual([['3:d', '2:c', '1:b'], 'd']);
  });

  test('keeps one document of latest, and falls through to both strategies', () => {
    const { save, history, newest } = storeOf();
    save('a', 1, 'latest');
    save('b', 2, 'latest');
    expect(history()).toEqual(['0:b']);
    save('c', 3, 'append');
    expect([history(), newest()]).toEqual([['0:c', '0:b'], 'c']);
  });

  test('does nothing for a write that is repeated, or was overtaken', () => {
    const { save, end, history } = storeOf();
    save('a', 2);
    save('a', 2);
    save('old', 1);
    end(1);
    expect(history()).toEqual(['0:a']);
  });

  test('remembers a deletion against late writes, and begins again after it', () => {
    const { save, end, history, newest } = storeOf();
    save('a', 1);
    save('b', 2);
    end(3);
    save('late', 2);
    expect([history(), newest()]).toEqual([[], undefined]);
    save('c', 4);
    expect(history()).toEqual(['0:c']);
  });

  test('keeps a closed history, which nothing is added to', () => {
    const { save, end, history, newest } = storeOf();
    save('a', 1);
    end(2, true);
    expect(save('b', 3)).toBe('KEY_CLOSED');
    expect([history(), newest()]).toEqual([['1:undefined', '0:a'], undefined]);
  });

  test('shows nothing that has ended, deletions neither', () => {
    const { save, end, history, newest, pass } = storeOf();
    save('a', 1, 'append', 2);
    pass(1);
    save('b', 2, 'append', 2);
    pass(1);
    expect(history()).toEqual(['1:b']);
    pass(1);
    expect([history(), newest()]).toEqual([[], undefined]);
    end(5, false, 1);
    expect(save('late', 4)).toBeUndefined();
    expect(newest()).toBeUndefined();
    pass(1);
    save('c', 4);
    expect(newest()).toBe('c');
  });

  test('keeps messages by publish time, the first copy of each', () => {
    const { store, pass } = storeOf();
    const message = (id: string, publishedAt: number, body = id): StoredMessage => ({ id, body, headers: {}, codec: undefined, key: undefined, publishedAt, expiresAt: undefined });
    ask(store.saveMessages(topic, [message('b', 2), message('a', 1)], 1));
    ask(store.saveMessages(topic, [message('a', 1, 'again'), message('c', 3)], 2));
    const read = (from: number, to: number, after?: string, max = 10): unknown => {
      const found = ask(store.readMessages({ topic, from, to, after, max }));
      return typeof found === 'string' ? found : found.map(({ body }) => body);
    };
    expect([read(0, 9), read(2, 2), read(0, 9, 'a', 1)]).toEqual([['a', 'b', 'c'], ['b'], ['b']]);
    pass(1);
    expect(read(0, 9)).toEqual(['c']);
  });

  test('keeps scopes apart, and is closed', () => {
    const { store, save } = storeOf();
    save('a', 1);
    expect(ask(store.loadValue({ ...key, tenantId: 'other' }))).toBeUndefined();
    ask(store.close());
    expect(ask(store.loadValue(key))).toBe('CLOSED');
  });
});
