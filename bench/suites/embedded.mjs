import { Chronow } from 'chronow';
import { ackOnComplete, retryWithBackoff, toDeadLetter } from 'chronow/operators';
import fastq from 'fastq';
import PQueue from 'p-queue';
import { EMPTY, Subject, mergeMap, of } from 'rxjs';
import { perSecond } from '../figures.mjs';
import { all, atLeast, atMost, timesAtLeast, timesAtMost } from '../targets.mjs';

const body = (id) => ({ id, amount: 42.5, currency: 'EUR' });

async function filled(count, options = {}) {
  const cw = await Chronow.init({ defaults: { maxStreamLen: Math.max(count * 2, 100_000) } });
  const topic = cw.topic('bench', options);
  await cw.bus.ensureSubscription('bench', 's');
  for (let at = 0; at < count; at += 1_000) {
    await topic.publishBatch(Array.from({ length: Math.min(1_000, count - at) }, (_, i) => ({ payload: body(at + i) })));
  }
  return { cw, topic };
}

/** Resolves when the stream has emitted so often. */
function emissions(stream$, count) {
  return new Promise((resolve, reject) => {
    let seen = 0;
    const subscribed = stream$.subscribe({
      next: () => {
        seen += 1;
        if (seen === count) {
          subscribed.unsubscribe();
          resolve();
        }
      },
      error: reject,
    });
  });
}

async function consume(count, window) {
  const { cw, topic } = await filled(count);
  const result = await perSecond(count, () => emissions(topic.subscription('s', { maxInFlight: window }).pipe(
    ackOnComplete(() => EMPTY),
    retryWithBackoff({ initialMs: 10 }),
    toDeadLetter(),
  ), count));
  await cw.close();
  return result;
}

/** Published one by one, each awaited, while a subscription works them off. */
async function live(count) {
  const { cw, topic } = await filled(0);
  const through = emissions(topic.subscription('s').pipe(ackOnComplete(() => EMPTY)), count);
  const result = await perSecond(count, async () => {
    for (let id = 0; id < count; id += 1) await topic.publish(body(id));
    await through;
  });
  await cw.close();
  return result;
}

/** Nanoseconds a message costs when so many wait. */
async function costAt(backlog) {
  await consume(100_000, 32);
  return 1e9 / await consume(backlog, 32);
}

/** The same for a backlog too short to measure once. */
async function repeatedCost(backlog, times) {
  await consume(100_000, 32);
  const costs = [];
  for (let time = 0; time < times; time += 1) costs.push(1e9 / await consume(backlog, 32));
  return costs.sort((a, b) => a - b)[times / 2];
}

async function bytesPerWaiting(count) {
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const { cw } = await filled(count);
  globalThis.gc();
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  await cw.close();
  return bytes;
}

/** The longest time a 1 ms timer had to wait while synchronous work flooded the loop. */
async function worstLag(count) {
  const { cw, topic } = await filled(count);
  let worst = 0;
  let last = performance.now();
  const probe = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  }, 1);
  const spin = () => {
    const until = performance.now() + 0.25;
    while (performance.now() < until);
    return EMPTY;
  };
  await emissions(topic.subscription('s', { maxInFlight: 1_000 }).pipe(ackOnComplete(spin)), count);
  clearInterval(probe);
  await cw.close();
  return worst;
}

function subjectMergeMap(count) {
  const subject = new Subject();
  let seen = 0;
  return perSecond(count, () => new Promise((resolve) => {
    subject.pipe(mergeMap((message) => of(message))).subscribe(() => {
      seen += 1;
      if (seen === count) resolve();
    });
    for (let id = 0; id < count; id += 1) subject.next(body(id));
  }));
}

function pQueue(count) {
  const queue = new PQueue({ concurrency: 32 });
  return perSecond(count, async () => {
    for (let id = 0; id < count; id += 1) void queue.add(async () => body(id));
    await queue.onIdle();
  });
}

function fastQ(count) {
  const queue = fastq.promise(async (message) => message, 32);
  return perSecond(count, async () => {
    for (let id = 0; id < count; id += 1) void queue.push(body(id));
    await queue.drained();
  });
}

const milliseconds = { name: 'ms', digits: 1 };

export const cases = [
  { name: 'peer: Subject + mergeMap', run: subjectMergeMap },
  { name: 'peer: p-queue', run: (count) => pQueue(count / 10) },
  { name: 'peer: fastq.promise', run: fastQ },
  { name: 'window-1', run: (count) => consume(count, 1) },
  { name: 'window-32', run: (count) => consume(count, 32), target: all(atLeast(8e5), timesAtLeast('peer: Subject + mergeMap', 0.2)) },
  { name: 'window-1000', run: (count) => consume(count, 1_000) },
  { name: 'publish awaited, live', run: (count) => live(count), target: atLeast(4e5) },
  { name: 'cost at 10 k', run: () => repeatedCost(10_000, 20), warm: false, unit: { name: 'ns' } },
  { name: 'cost at 1 M', run: () => costAt(1_000_000), warm: false, unit: { name: 'ns' }, target: timesAtMost('cost at 10 k', 1.3) },
  { name: 'bytes per waiting message', run: () => bytesPerWaiting(200_000), warm: false, unit: { name: 'B' } },
  { name: 'worst lag under a flood', run: () => worstLag(4_000), unit: milliseconds, target: atMost(20, milliseconds) },
];

/** No server is needed. */
export async function prepare() {
  return { environment: {}, end: async () => undefined };
}
