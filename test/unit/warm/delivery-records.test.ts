import { describe, expect, test } from 'vitest';
import { ChronowError } from '../../../src/errors.js';
import type { ChronowEvent } from '../../../src/events.js';
import { WarmScene } from './support.js';

const on = { warm: { deliveries: true } } as const;

function down(): ChronowError {
  return new ChronowError('LINK_LOST', 'planted', { retryable: true });
}

/** Settlements of a consumer. */
interface Acked {
  readonly ids: string[];
  confirmed: number;
}

/** Publishes, and acknowledges what comes. */
function ackAll(scene: WarmScene, count: number, subscription: string = 's'): Acked {
  const acked: Acked = { ids: [], confirmed: 0 };
  const consuming = scene.cw.topic('t').subscription(subscription, { startFrom: 'latest' }).subscribe((delivery) => {
    acked.ids.push(delivery.id);
    delivery.ack().then(() => { acked.confirmed += 1; }, () => undefined);
  });
  scene.runtime.advance(0);
  for (let n = 0; n < count; n += 1) scene.cw.topic('t').publish$(n).subscribe();
  scene.runtime.advance(0);
  consuming.unsubscribe();
  return acked;
}

function failures(events: readonly ChronowEvent[]): readonly unknown[] {
  return events.flatMap((event) => (event.type === 'warm-failed' ? [[event.work, 'subscription' in event.of ? event.of.subscription : undefined, Reflect.get(Object(event.error), 'code'), Reflect.get(Object(Reflect.get(Object(event.error), 'details')), 'count')]] : []));
}

async function turn(): Promise<void> {
  await new Promise((resolve) => { setImmediate(resolve); });
}

describe('records of settled deliveries', () => {
  test('are made where the configuration says so', () => {
    const scene = new WarmScene(on);
    ackAll(scene, 2);
    expect([scene.deliveries(), scene.events]).toEqual([['1 ack', '1 ack'], []]);
  });

  test('are not made otherwise', () => {
    const scene = new WarmScene({ warm: { persist: true } });
    ackAll(scene, 2);
    expect([scene.deliveries(), scene.calls.filter((call) => call.startsWith('saveDeliveries'))]).toEqual([[], []]);
  });

  test('are made beside the copies of messages and dead letters', () => {
    const scene = new WarmScene({ warm: { deliveries: true, persist: true } });
    scene.cw.topic('t').subscription('s').subscribe((delivery) => { void delivery.deadLetter('Rejected'); });
    scene.cw.topic('t').publish$(1).subscribe();
    scene.runtime.advance(1_000);
    expect([scene.deliveries(), scene.messages, scene.calls]).toEqual([['1 dead Rejected'], [1], expect.arrayContaining(['saveDeadLetter', 'saveMessages 1', 'saveDeliveries 1'])]);
  });

  test('end after retentionDays', () => {
    const scene = new WarmScene({ warm: { deliveries: true, retentionDays: 2 } });
    ackAll(scene, 1);
    scene.runtime.advance(2 * 86_400_000 - 1);
    expect(scene.deliveries()).toHaveLength(1);
    scene.runtime.advance(1);
    expect(scene.deliveries()).toEqual([]);
  });

  test('never make a settlement wait, and go together when they do', async () => {
    const scene = new WarmScene(on);
    scene.hold();
    const first = ackAll(scene, 1);
    const others = ackAll(scene, 1_200);
    await turn();
    expect([first.confirmed, others.confirmed, scene.deliveries()]).toEqual([1, 1_200, []]);
    scene.release();
    expect([scene.deliveries().length, scene.calls]).toEqual([1_201, ['saveDeliveries 1', 'saveDeliveries 500', 'saveDeliveries 500', 'saveDeliveries 200']]);
  });

  test('never fail a settlement: they are tried again, and that is said', async () => {
    const scene = new WarmScene(on);
    scene.error = down();
    const acked = ackAll(scene, 1);
    await turn();
    expect([acked.confirmed, scene.deliveries(), scene.events]).toMatchObject([1, [], [{ type: 'warm-retried', work: 'deliveries', of: { topic: 't', subscription: 's' }, attempt: 1, error: { code: 'LINK_LOST' } }]]);
    scene.error = undefined;
    scene.runtime.advance(1_000);
    expect([scene.deliveries(), scene.cw.shared.warmCounts]).toMatchObject([['1 ack'], { saved: 1, retried: 1, failed: 0, waiting: 0 }]);
  });

  test('that cannot be made are told, and those behind them are made', () => {
    const scene = new WarmScene(on);
    scene.hold();
    ackAll(scene, 1);
    ackAll(scene, 3);
    scene.refuse(new ChronowError('UNSUPPORTED', 'planted'));
    expect([scene.deliveries().length, failures(scene.events)]).toEqual([3, [['deliveries', 's', 'UNSUPPORTED', undefined]]]);
  });

  test('never fail a settlement through a store that throws', async () => {
    const scene = new WarmScene(on);
    scene.throws = new ChronowError('UNSUPPORTED', 'planted');
    const acked = ackAll(scene, 1);
    await turn();
    expect([acked.confirmed, failures(scene.events)]).toEqual([1, [['deliveries', 's', 'UNSUPPORTED', undefined]]]);
  });

  test('beyond ten thousand that wait go, the oldest first, of the subscription that has most, and are counted', async () => {
    const scene = new WarmScene(on);
    scene.hold();
    ackAll(scene, 1, 'few');
    ackAll(scene, 5, 'few');
    ackAll(scene, 1);
    const acked = [ackAll(scene, 6_000), ackAll(scene, 6_000)];
    for (const count of [1, 4]) ackAll(scene, count, 'late');
    await turn();
    expect(acked.map(({ confirmed }) => confirmed)).toEqual([6_000, 6_000]);
    expect(failures(scene.events), 'not one event for each').toEqual([]);
    scene.runtime.advance(1_000);
    expect(failures(scene.events)).toEqual([['deliveries', 's', 'WARM_FAILED', 2_009]]);
    scene.release();
    expect([scene.deliveries('few').length, scene.deliveries('late').length, scene.deliveries().length, scene.cw.shared.warmCounts.waiting]).toEqual([6, 5, 1 + 9_991, 0]);
    expect(scene.settled().slice(1).map(({ id }) => id), 'the newest stayed').toEqual(acked.flatMap(({ ids }) => ids).slice(-9_991));
  });

  test('are counted where so much else waits that none can be sent', async () => {
    const scene = new WarmScene(on);
    scene.hold();
    for (let index = 0; index < 10_000; index += 1) scene.set(index, true, true);
    const acked = ackAll(scene, 1);
    await turn();
    expect([acked.confirmed, failures(scene.events)]).toEqual([1, [['deliveries', 's', 'WARM_FAILED', undefined], ['deliveries', 's', 'WARM_FAILED', 1]]]);
  });

  test('are told that were dropped, with the end of the line', () => {
    const scene = new WarmScene(on);
    scene.hold();
    ackAll(scene, 1);
    ackAll(scene, 10_001);
    scene.release();
    expect([failures(scene.events), scene.runtime.timers]).toEqual([[['deliveries', 's', 'WARM_FAILED', 1]], 0]);
  });

  test('are waited for at the end of the client', async () => {
    const scene = new WarmScene(on);
    scene.error = down();
    ackAll(scene, 3);
    const closed = scene.cw.close();
    scene.error = undefined;
    scene.runtime.advance(1_000);
    await closed;
    expect([scene.calls, scene.runtime.timers, failures(scene.events)]).toEqual([['saveDeliveries 3', 'saveDeliveries 3'], 0, []]);
  });

  test('are given up loudly at the deadline, with those that wait behind', async () => {
    const scene = new WarmScene(on);
    scene.error = down();
    ackAll(scene, 1);
    ackAll(scene, 700);
    const closed = scene.cw.close({ deadlineMs: 5_000 });
    scene.runtime.advance(6_000);
    await closed;
    expect([failures(scene.events), scene.runtime.timers]).toEqual([[['deliveries', 's', 'CLOSED', undefined], ['deliveries', 's', 'WARM_FAILED', 700]], 0]);
  });
});
