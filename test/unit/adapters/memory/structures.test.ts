import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DueHeap } from '../../../../src/adapters/memory/due-heap.js';
import type { Due } from '../../../../src/adapters/memory/due-heap.js';
import type { Entry } from '../../../../src/adapters/memory/entry.js';
import { MessageLog } from '../../../../src/adapters/memory/message-log.js';
import { Recent } from '../../../../src/adapters/memory/recent.js';
import { Resends, type BatchAnswer } from '../../../../src/adapters/memory/resends.js';
import { SeqQueue } from '../../../../src/adapters/memory/seq-queue.js';

const operations = fc.array(fc.option(fc.integer({ min: 0, max: 500 }), { freq: 3, nil: undefined }), { maxLength: 400, size: 'max' });

describe('SeqQueue', () => {
  it('gives the lowest first, whatever the order in which items come', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const queue = new SeqQueue<{ readonly seq: number }>();
        let model: number[] = [];
        for (const step of steps) {
          if (step === undefined) expect(queue.pop()?.seq).toBe(model.shift());
          else {
            queue.push({ seq: step });
            model = [...model, step].sort((left, right) => left - right);
          }
          expect([queue.size, queue.peek()?.seq]).toEqual([model.length, model[0]]);
        }
        expect(queue.drain().map(({ seq }) => seq)).toEqual(model);
        expect(queue.size).toBe(0);
      }),
    );
  });

  it('frees what it gave, so that a long life in rising order does not grow it', () => {
    const queue = new SeqQueue<{ readonly seq: number }>();
    for (let seq = 0; seq < 5_000; seq++) queue.push({ seq });
    for (let seq = 0; seq < 100_000; seq++) {
      if (queue.pop()?.seq !== seq) expect.fail(`${seq} did not come in its turn`);
      queue.push({ seq: seq + 5_000 });
    }
    expect(queue.size).toBe(5_000);
  });

  it('takes out what is unwanted and counts it', () => {
    const queue = new SeqQueue<{ readonly seq: number }>();
    for (const seq of [3, 1, 2, 5, 4]) queue.push({ seq });
    expect(queue.filterOut(({ seq }) => seq % 2 === 1)).toBe(3);
    expect(queue.drain().map(({ seq }) => seq)).toEqual([2, 4]);
  });
});

describe('DueHeap', () => {
  it('gives what is due by time and then by place, and lets any be taken out', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), due: fc.integer({ min: 0, max: 50 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const), due: fc.integer({ min: 0, max: 50 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), due: fc.nat(1_000) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const heap = new DueHeap<Due>();
        let model: Due[] = [];
        let seq = 0;
        for (const { kind, due } of steps) {
          if (kind === 'push') {
            const item: Due = { due, seq: seq++, place: -1 };
            heap.push(item);
            model = [...model, item].sort((left, right) => left.due - right.due || left.seq - right.seq);
          } else if (kind === 'pop') {
            const first = model[0];
            expect(heap.popDue(due)).toBe(first !== undefined && first.due <= due ? model.shift() : undefined);
          } else if (model.length > 0) {
            const [item] = model.splice(due % model.length, 1);
            heap.remove(item as Due);
          }
          expect([heap.size, heap.nextDue]).toEqual([model.length, model[0]?.due ?? Infinity]);
        }
        for (const item of model) expect(heap.popDue(Infinity)).toBe(item);
      }),
    );
  });
});

describe('MessageLog', () => {
  it('finds, counts and removes like a plain list, over many chunks', () => {
    const log = new MessageLog('x-', 7);
    const model = new Map<number, Entry>();
    for (let index = 0; index < 5_000; index++) {
      const entry = log.append({ body: '', headers: {} }, 1_000 + index, 0, undefined);
      model.set(entry.seq, entry);
    }
    let state = 1;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 4_000; round++) {
      const seq = 7 + random(5_000);
      const entry = model.get(seq);
      if (entry !== undefined) {
        log.remove(entry);
        model.delete(seq);
      }
      if (round % 250 !== 0) continue;
      const places = [...model.keys()];
      expect([log.total, log.first]).toEqual([places.length, places[0]]);
      const from = 7 + random(5_000);
      expect(log.countFrom(from)).toBe(places.filter((place) => place >= from).length);
      expect(log.nextLive(from)).toBe(places.find((place) => place >= from) ?? log.next);
      expect(log.seek(1_000 + from - 7)).toBe(places.find((place) => place >= from) ?? log.next);
      expect(log.find(`x-${from}`)).toBe(model.get(from));
    }
  });

  it('names the oldest settled message, also behind unsettled ones and settled late', () => {
    const log = new MessageLog('x-', 1);
    const [a, b, c, d] = [1, 1, 0, 1].map((pending) => log.append({ body: '', headers: {} }, 0, pending, undefined)) as [Entry, Entry, Entry, Entry];
    expect(log.oldestSettled()).toBe(c);
    log.settle(b);
    expect(log.oldestSettled()).toBe(b);
    log.remove(b);
    log.remove(c);
    expect(log.oldestSettled()).toBe(undefined);
    log.settle(d);
    log.settle(a);
    expect(log.oldestSettled()).toBe(a);
    log.hold(a);
    expect([log.oldestSettled(), log.held]).toEqual([d, 1]);
  });

  it('lets publish times never fall when the clock does', () => {
    const log = new MessageLog('x-', 1);
    const times = [50, 40, 60].map((at) => log.append({ body: '', headers: {} }, at, 0, undefined).publishedAt);
    expect(times).toEqual([50, 50, 60]);
  });

  it('keeps exact times over a chunk that spans more than a month', () => {
    const log = new MessageLog('x-', 1);
    const times = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 33].map((at) => log.append({ body: '', headers: {} }, 1_700_000_000_000 + at, 0, undefined).publishedAt);
    expect(times).toEqual([0, 2 ** 31 - 1, 2 ** 31, 2 ** 33].map((at) => 1_700_000_000_000 + at));
  });

  it('finds no message by an id that is not one of its own', () => {
    const log = new MessageLog('x-', 1);
    log.append({ body: '', headers: {} }, 0, 0, undefined);
    for (const id of ['', 'x-', 'x-0', 'x-01', 'x-1.0', 'x-s1', 'x-NaN', 'y-1', '1']) expect(log.find(id), id).toBe(undefined);
  });
});

describe('Resends', () => {
  it('remembers the latest 4,096 tokens of all topics, each with its own answer', () => {
    const resends = new Resends();
    const answerOf = (index: number): BatchAnswer => ({ firstSeq: index, count: 1, publishedAt: 1_700_000_000_000 + index, receipts: undefined });
    for (let index = 0; index < 10_000; index++) resends.add(index % 3, `token-${index}`, answerOf(index));
    for (let index = 0; index < 10_000; index++) {
      expect(resends.find(index % 3, `token-${index}`), `${index}`).toEqual(index < 10_000 - 4_096 ? undefined : answerOf(index));
      expect(resends.find((index + 1) % 3, `token-${index}`)).toBe(undefined);
    }
  });

  it('keeps no more receipts than it is allowed, but always the latest', () => {
    const resends = new Resends();
    const receipts = Array.from({ length: 40_000 }, () => ({ id: '', duplicate: true, dueAt: undefined }));
    const many = { firstSeq: 0, count: 40_000, publishedAt: 0, receipts };
    resends.add(1, 'first', many);
    resends.add(1, 'second', many);
    resends.add(1, 'third', { ...many, count: 1, receipts: undefined });
    expect(['first', 'second', 'third'].map((token) => resends.find(1, token)?.count)).toEqual([undefined, 40_000, 1]);
  });
});

describe('Recent', () => {
  it('remembers at least its capacity, at most twice that, and says what it forgets', () => {
    const forgotten: number[] = [];
    const recent = new Recent<number, number>(100, (value) => forgotten.push(value));
    for (let index = 0; index < 1_000; index++) {
      recent.set(index, index);
      for (const back of [0, 50, 99]) if (back <= index) expect(recent.get(index - back)).toBe(index - back);
    }
    expect(recent.get(1_000 - 201)).toBe(undefined);
    expect(forgotten).toEqual(Array.from({ length: forgotten.length }, (_, index) => index));
  });
});
