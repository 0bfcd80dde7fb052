import type { Chronow } from 'chronow';
import { filter, ignoreElements, lastValueFrom, take, timeout } from 'rxjs';
import { expectedHistory, historyOf, inShort, meanwhile } from './check.js';
import { saga, steps, type Entry, type OrderEvent } from './saga.js';
import { PaymentProvider, Warehouse, type PaymentCourse } from './services.js';

const orderIds = Array.from({ length: 12 }, (_, i) => `order-${String(i + 1).padStart(2, '0')}`);
/** Payments that do not go through at once. */
const courses = new Map<string, PaymentCourse>([['order-03', 3], ['order-05', 'refused'], ['order-08', 2], ['order-10', 'down']]);

/** Takes twelve orders through the saga; answers what was not as it should be. */
export async function demo(cw: Chronow, print: (line: string) => void): Promise<readonly string[]> {
  const orders = cw.topic<OrderEvent>('orders');
  const warehouse = new Warehouse();
  const journal: Entry[] = [];

  // All orders are placed, then all are paid, and so on: the events of one order lie far apart in the topic.
  await orders.publishBatch(steps.flatMap((step) => orderIds.map((orderId) => ({ payload: { orderId, step }, key: orderId }))));
  await lastValueFrom(saga({ cw, orders, warehouse, payments: new PaymentProvider(courses), journal: (entry) => { journal.push(entry); } }).pipe(
    filter(({ kind }) => kind === 'acked' || kind === 'dead-lettered'),
    take(orderIds.length * steps.length),
    timeout({ first: 5_000, each: 5_000 }),
    ignoreElements(),
  ), { defaultValue: undefined });
  const dead = await cw.bus.peekDlq('orders', 100);

  const problems: string[] = [];
  for (const orderId of orderIds) {
    const history = historyOf(journal, orderId);
    const expected = expectedHistory(courses.get(orderId) ?? 1);
    const retried = expected.filter((what) => what === 'payment failed').length > 1 || expected.includes('paid') && expected.includes('payment failed');
    const others = meanwhile(journal, orderId);
    print(`${orderId}   ${inShort(history)}`);
    if (retried) print(`           while its payment was tried again, ${String(others)} steps of other orders were done`);
    for (const { payload, reason } of dead.filter(({ key }) => key === orderId)) print(`           dead letter: ${reason}  ${JSON.stringify(payload)}`);
    if (history.join() !== expected.join()) problems.push(`${orderId}: expected ${inShort(expected)}`);
    if (retried && others === 0) problems.push(`${orderId}: the others waited with it`);
  }
  if (warehouse.reserved.size > 0) problems.push(`still reserved: ${[...warehouse.reserved].join(', ')}`);
  print(problems.length === 0 ? '\nEvery order kept its order, none waited for another, and nothing is left reserved.' : `\nNot as expected:\n  ${problems.join('\n  ')}`);
  return problems;
}
