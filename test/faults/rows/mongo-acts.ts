import { setTimeout as pause } from 'node:timers/promises';
import { firstValueFrom } from 'rxjs';
import { Chronow } from '../../../src/chronow.js';
import { until } from '../../support/servers/until.js';
import { brokerAt } from '../backend/brokers.js';
import { runtimeOf } from '../stage/clock.js';
import type { Stage } from '../stage/stage.js';
import { failing, reads, writes } from './mongo-admin.js';

const overloadMs = 1_500;

/** In that time each of the callers, some dozens, may come a few times. */
const mostCalls = 400;

/** The server refuses everything for want of capacity; then it is counted how often it was asked. */
export async function overload({ servers, journal }: Stage): Promise<void> {
  const before = countOf(await servers.command(JSON.stringify(failing([...writes, ...reads], { errorCode: 462, errorLabels: ['SystemOverloadedError', 'RetryableError'] }))));
  await pause(overloadMs);
  const calls = countOf(await servers.command(JSON.stringify({ configureFailPoint: 'failCommand', mode: 'off' }))) - before;
  journal.add({ kind: 'expected', what: `calls to a server that has too much to do (${calls})`, want: 'no storm', got: calls < mostCalls ? 'no storm' : 'a storm' });
}

function countOf(answer: unknown): number {
  return Number(Reflect.get(Object(answer), 'count'));
}

/** Nothing stands still longer after an election, ms. */
const resumedMs = 3_000;

/** The primary freezes, and stays so when others have chosen another one. */
export async function frozen({ servers, journal, heard }: Stage): Promise<void> {
  await servers.change('freeze-master', 'orders');
  const from = { t: performance.now(), deliveries: heard.deliveries };
  await heard.until(() => heard.deliveries > from.deliveries, 3 * resumedMs);
  const tookMs = performance.now() - from.t;
  journal.add({ kind: 'expected', what: `the first delivery after the election (${tookMs.toFixed(0)} ms)`, want: 'within 3 s', got: tookMs <= resumedMs ? 'within 3 s' : 'later' });
  await pause(resumedMs);
}

const shortMs = 300;

/** Messages and values end, and the server that should remove them sleeps. */
export async function expiry({ servers, journal }: Stage): Promise<void> {
  await servers.command(JSON.stringify({ setParameter: 1, ttlMonitorEnabled: false }));
  const runtime = runtimeOf();
  const broker = brokerAt(servers.address('direct'), runtime);
  await firstValueFrom(broker.open());
  const cw = Chronow.over({ broker, runtime, config: {} });
  const expect = (what: string, want: string, got: string): void => { journal.add({ kind: 'expected', what, want, got }); };
  try {
    const topic = cw.topic<number>('short');
    const late = topic.subscription('late', { startFrom: 'earliest', expired: 'dead-letter' });
    await topic.publish(1, { ttlMs: shortMs });
    await topic.publish(2);
    await cw.shared.set('short', 1, { hotTtlSeconds: shortMs / 1_000 });
    await cw.shared.set('long', 2);
    await pause(2 * shortMs);
    const seen: number[] = [];
    const consuming = late.subscribe((delivery) => {
      seen.push(delivery.payload);
      void delivery.ack();
    });
    await until('it comes', async () => seen.includes(2), 5_000).catch(() => undefined);
    consuming.unsubscribe();
    expect('what is delivered of a message that has expired and one that has not', '2', seen.join(' '));
    expect('a value that has expired', 'null', String(await cw.shared.get('short')));
    expect('a value that has not', '2', String(await cw.shared.get('long')));
  } finally {
    await cw.close();
  }
}
