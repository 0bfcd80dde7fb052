import { maxDeliveries, steps, type Entry } from './saga.js';
import type { PaymentCourse } from './services.js';

/** The history an order must have, by how its payment goes. */
export function expectedHistory(course: PaymentCourse): readonly Entry['what'][] {
  const failures = course === 'refused' ? 1 : course === 'down' ? maxDeliveries : course - 1;
  const failed = Array.from({ length: failures }, () => 'payment failed' as const);
  if (typeof course === 'number') return ['placed', ...failed, 'paid', 'packed', 'shipped'];
  return ['placed', ...failed, 'compensated', ...steps.slice(2).map(() => 'skipped' as const)];
}

/** What happened to one order, in the order it happened. */
export function historyOf(journal: readonly Entry[], orderId: string): readonly Entry['what'][] {
  return journal.filter((entry) => entry.orderId === orderId).map(({ what }) => what);
}

/** How much happened to other orders from the first failed payment of this one to what came of the last. */
export function meanwhile(journal: readonly Entry[], orderId: string): number {
  const own = [...journal.entries()].filter(([, entry]) => entry.orderId === orderId);
  const first = own.findIndex(([, { what }]) => what === 'payment failed');
  const next = own.findLastIndex(([, { what }]) => what === 'payment failed') + 1;
  const [from = 0] = own[first] ?? [];
  const [to = 0] = own[next] ?? [];
  return journal.slice(from, to).filter((entry) => entry.orderId !== orderId).length;
}

/** A history to read: what happened several times in a row is said once. */
export function inShort(history: readonly Entry['what'][]): string {
  const runs: { what: Entry['what']; times: number }[] = [];
  for (const what of history) {
    const last = runs.at(-1);
    if (last?.what === what) last.times += 1;
    else runs.push({ what, times: 1 });
  }
  return runs.map(({ what, times }) => (times === 1 ? what : `${String(times)} x ${what}`)).join(' > ');
}
