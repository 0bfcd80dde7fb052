import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ConsumerLink } from '../../../../src/port/delivery-store.js';
import type { Claimed, LeaseToken, SettleAction } from '../../../../src/port/lease.js';
import type { Order } from '../../../../src/port/policy.js';
import { Table, ask } from './table.js';

type Step =
  | { readonly kind: 'publish'; readonly key: string | undefined; readonly delayMs: number | undefined }
  | { readonly kind: 'claim'; readonly consumer: number; readonly max: number }
  | { readonly kind: 'settle'; readonly pick: number; readonly action: SettleAction; readonly delayMs: number }
  | { readonly kind: 'renew'; readonly pick: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'leave'; readonly consumer: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('publish' as const), key: fc.constantFrom('a', 'a', 'b', undefined), delayMs: fc.constantFrom(undefined, undefined, undefined, 300) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('claim' as const), consumer: fc.nat(2), max: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      pick: fc.nat(50),
      action: fc.constantFrom<SettleAction>('ack', 'ack', 'retry', 'release', 'leak', 'dead-letter'),
      delayMs: fc.constantFrom(0, 200, 700),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(50, 400, 1_100) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), consumer: fc.nat(2) }) },
);

/** With two deliveries the second is the last one, which runs alone after a lapse. */
const most = fc.constantFrom(2, 4);

const orderStep: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('order' as const), order: fc.constantFrom<Order>('none', 'key', 'strict') });

/** What is known of a message from outside. */
interface Fate {
  readonly seq: number;
  readonly key: string | undefined;
  /** Deliveries that count. */
  count: number;
  /** A delivery ended without a word. */
  risky: boolean;
  state: 'waiting' | 'delayed' | 'leased' | 'acked' | 'dead';
  holder: ConsumerLink | undefined;
  token: LeaseToken | undefined;
  isAlone: boolean;
}

/** Watches one subscription through the port and says where it breaks its word. */
class Observer {
  readonly table = new Table({ maxStreamLen: 100_000 });
  readonly fates: Map<string, Fate> = new Map();
  readonly held: { readonly claimed: Claimed; readonly link: ConsumerLink }[] = [];
  readonly links: (ConsumerLink | undefined)[] = [undefined, undefined, undefined];
  readonly maxDeliveries: number;
  readonly sub: ReturnType<Table['subscribe']>;
  /** Only from here on the order can be judged: leases of another order may be out. */
  #order: Order;
  #orderIsClean = true;

  constructor(order: Order, maxDeliveries: number) {
    this.maxDeliveries = maxDeliveries;
    this.#order = order;
    this.sub = this.table.subscribe('s', { order, maxDeliveries, visibilityTimeoutMs: 1_000 });
    this.table.broker.events$.subscribe((event) => {
      if (event.type !== 'lease-lapsed') return;
      const fate = this.fates.get(event.id) as Fate;
      expect(fate.state).toBe('leased');
      Object.assign(fate, { state: fate.count >= this.maxDeliveries ? 'dead' : 'waiting', holder: undefined, risky: true });
    });
  }

  run(one: Step): void {
    switch (one.kind) {
      case 'publish':
        return this.publish(one.key, one.delayMs);
      case 'claim':
        return this.claim(one.consumer, one.max);
      case 'settle':
        return this.settle(one.pick, one.action, one.delayMs);
      case 'renew':
        return this.renew(one.pick);
      case 'advance':
        return this.table.runtime.advance(one.ms);
      case 'order':
        return this.setOrder(one.order);
      case 'leave':
        ask(this.link(one.consumer).detach());
        this.links[one.consumer] = undefined;
        return;
    }
  }

  publish(key: string | undefined, delayMs: number | undefined): void {
    const [receipt] = this.table.publish({ body: '', key, delayMs });
    this.fates.set(receipt?.id ?? '', { seq: this.fates.size + (delayMs === undefined ? 0 : 1e6), key, count: 0, risky: false, state: 'waiting', holder: undefined, token: undefined, isAlone: false });
  }

  claim(consumer: number, max: number): void {
    const link = this.link(consumer);
    const deliveries = this.table.take(link, max);
    expect(deliveries.length).toBeLessThanOrEqual(max);
    for (const claimed of deliveries) this.check(claimed, link, deliveries.length);
    const seqs = deliveries.map(({ message }) => message).filter(({ key }) => key === 'a').map(({ id }) => this.fates.get(id)?.seq ?? 0);
    if (this.#order !== 'none') expect(seqs.filter((seq) => seq < 1e6)).toEqual(seqs.filter((seq) => seq < 1e6).sort((left, right) => left - right));
  }

  check(claimed: Claimed, link: ConsumerLink, together: number): void {
    const fate = this.fates.get(claimed.message.id) as Fate;
    expect(['waiting', 'delayed']).toContain(fate.state);
    expect(claimed.deliveryCount).toBe(fate.count + 1);
    expect(claimed.deliveryCount).toBeLessThanOrEqual(this.maxDeliveries);
    expect(claimed.isolated).toBe(fate.risky && fate.count === this.maxDeliveries - 1);
    for (const other of this.fates.values()) if (other.holder === link && other !== fate) expect(other.isAlone, 'nothing comes beside a last attempt').toBe(false);
    if (claimed.isolated) {
      expect(together).toBe(1);
      expect([...this.fates.values()].some((other) => other.state === 'leased' && other.holder === link), 'it holds something else').toBe(false);
    }
    Object.assign(fate, { state: 'leased', holder: link, count: claimed.deliveryCount, token: claimed.token, isAlone: claimed.isolated });
    this.held.push({ claimed, link });
    if (this.#order === 'none' || !this.#orderIsClean || fate.seq >= 1e6) return;
    for (const other of this.fates.values()) {
      if (other.seq >= fate.seq || other.seq >= 1e6 || (this.#order === 'key' && (fate.key === undefined || other.key !== fate.key))) continue;
      if (other.state === 'acked' || other.state === 'dead') continue;
      expect([other.state, other.holder === link], `${other.seq} is before ${fate.seq}`).toEqual(['leased', true]);
    }
  }

  settle(pick: number, action: SettleAction, delayMs: number): void {
    const [found] = this.held.splice(pick % Math.max(1, this.held.length), 1);
    if (found === undefined) return;
    const { claimed, link } = found;
    const fate = this.fates.get(claimed.message.id) as Fate;
    const isOurs = fate.state === 'leased' && fate.token === claimed.token;
    const [answer] = this.table.settle(link, action, [claimed], { delayMs });
    if (!isOurs) {
      expect(answer).toBe('lost');
      return;
    }
    const spent = fate.count >= this.maxDeliveries;
    fate.holder = undefined;
    if (action === 'ack') fate.state = 'acked';
    else if (action === 'dead-letter' || (spent && action !== 'release')) fate.state = 'dead';
    else if (action === 'release') Object.assign(fate, { state: 'waiting', count: fate.count - 1 });
    else if (action === 'leak') Object.assign(fate, { state: 'waiting', risky: true });
    else fate.state = delayMs > 0 ? 'delayed' : 'waiting';
    expect(answer).toBe(spent && (action === 'retry' || action === 'leak') ? 'dead-lettered' : undefined);
  }

  renew(pick: number): void {
    const found = this.held[pick % Math.max(1, this.held.length)];
    if (found !== undefined) ask(found.link.renew([found.claimed.token]));
  }

  setOrder(order: Order): void {
    this.table.subscribe('s', { order });
    this.#order = order;
    this.#orderIsClean = this.table.stats().leased === 0 && ask(this.table.broker.inspection.peek(this.sub, 1e6)).every(({ state }) => state !== 'leased') && this.held.length === 0;
  }

  /** Every message is where the outside says it is; nothing is there twice, nothing is gone. */
  look(): void {
    const peeked = ask(this.table.broker.inspection.peek(this.sub, 1e6));
    const dead = ask(this.table.broker.inspection.peekDeadLetters(this.sub, 1e6));
    const scheduled = ask(this.table.broker.inspection.stats(this.table.topic)).scheduled ?? 0;
    expect(new Set(peeked.map(({ message: { id } }) => id)).size).toBe(peeked.length);
    expect(dead.map(({ message: { id } }) => id).sort()).toEqual(this.ids('dead'));
    const { waiting, delayed, leased } = this.table.stats();
    expect((waiting ?? 0) + (delayed ?? 0) + (leased ?? 0)).toBe(peeked.length);
    expect(peeked.length + scheduled).toBe([...this.fates.values()].filter(({ state }) => state !== 'acked' && state !== 'dead').length);
  }

  ids(state: Fate['state']): string[] {
    return [...this.fates].filter(([, fate]) => fate.state === state).map(([id]) => id).sort();
  }

  /** With everybody at work and nobody failing, everything ends acknowledged or dead. */
  finish(): void {
    for (let round = 0; round < 400 && this.#isOpen(); round++) {
      this.table.runtime.advance(1_100);
      this.claim(round % 3, 4);
      while (this.held.length > 0) this.settle(this.held.length - 1, 'ack', 0);
    }
    this.look();
    expect(this.#isOpen()).toBe(false);
    const { waiting, delayed, leased } = this.table.stats();
    expect([waiting, delayed, leased]).toEqual([0, 0, 0]);
  }

  #isOpen(): boolean {
    return [...this.fates.values()].some(({ state }) => state !== 'acked' && state !== 'dead');
  }

  link(consumer: number): ConsumerLink {
    return (this.links[consumer] ??= this.table.link(this.sub));
  }
}

for (const order of ['none', 'key', 'strict'] satisfies readonly Order[]) {
  it(`a subscription of order ${order} keeps its word over any sequence of calls`, { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(most, fc.array(step, { minLength: 20, maxLength: 150, size: 'max' }), (maxDeliveries, steps) => {
        const observer = new Observer(order, maxDeliveries);
        for (const one of steps) {
          observer.run(one);
          observer.look();
        }
        observer.finish();
      }),
      { numRuns: 80 },
    );
  });
}

it('a subscription whose order is changed at any time loses nothing and gets stuck nowhere', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(most, fc.array(fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: orderStep }), { minLength: 20, maxLength: 150, size: 'max' }), (maxDeliveries, steps) => {
      const observer = new Observer('none', maxDeliveries);
      for (const one of steps) {
        observer.run(one);
        observer.look();
      }
      observer.finish();
    }),
    { numRuns: 80 },
  );
});
