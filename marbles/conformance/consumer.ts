import assert from 'node:assert/strict';
import { Subject } from 'rxjs';
import type { ClaimAnswer, ConsumerLink, RenewAnswer } from '../../src/port/delivery-store.js';
import type { Claimed, SettleAction, SettleDeviation, Settlement } from '../../src/port/lease.js';
import type { Asking } from './asking.js';
import { bodies } from './defaults.js';
import { Pending } from './pending.js';

/** A claim under way that can be asked to stop waiting. */
export class WaitingClaim extends Pending<ClaimAnswer> {
  readonly #until: Subject<void>;

  constructor(link: ConsumerLink, max: number, now: () => number) {
    const until = new Subject<void>();
    super(link.claim({ max, until$: until }), now);
    this.#until = until;
  }

  stop(): void {
    this.#until.next();
  }
}

/** A consumer's line with the words in which promises are written. */
export class Consumer {
  readonly scene: Asking;
  readonly link: ConsumerLink;

  constructor(scene: Asking, link: ConsumerLink) {
    this.scene = scene;
    this.link = link;
  }

  claim(max = 1): WaitingClaim {
    return new WaitingClaim(this.link, max, () => this.scene.now());
  }

  /** Takes exactly so many deliveries, which must be there or come within `ms`. */
  async take(count = 1, ms = 0): Promise<readonly Claimed[]> {
    const taken: Claimed[] = [];
    while (taken.length < count) {
      const claim = this.claim(count - taken.length);
      await this.scene.wait(claim, ms);
      if (claim.state === 'open') claim.stop();
      const { deliveries } = await this.scene.answer(claim);
      if (deliveries.length === 0) assert.fail(`${count} deliveries were due, ${taken.length} came: ${bodies(taken).join(' ')}`);
      taken.push(...deliveries);
    }
    assert.equal(taken.length, count, 'a claim answers no more than was asked for');
    return taken;
  }

  async takeOne(ms = 0): Promise<Claimed> {
    const [one] = await this.take(1, ms);
    assert.ok(one);
    return one;
  }

  /** One answer to one claim that may be empty. */
  async look(max = 1): Promise<ClaimAnswer> {
    const claim = this.claim(max);
    if (claim.state === 'open') await Promise.race([claim.done, this.scene.pass(this.scene.harness.quietMs)]);
    if (claim.state === 'open') claim.stop();
    return this.scene.answer(claim);
  }

  /** Takes whatever there is now. */
  async all(max = 100): Promise<readonly Claimed[]> {
    const taken: Claimed[] = [];
    for (;;) {
      const { deliveries } = await this.look(max);
      if (deliveries.length === 0) return taken;
      taken.push(...deliveries);
    }
  }

  /** Asserts that nothing is there for this consumer. */
  async nothing(): Promise<void> {
    const { deliveries } = await this.look(100);
    assert.deepEqual(bodies(deliveries), [], 'nothing was to be handed out');
  }

  settle(...settlements: readonly Settlement[]): Promise<readonly SettleDeviation[]> {
    return this.scene.ask(this.link.settle(settlements));
  }

  /** Settles all of them alike and asserts that each was done. */
  async end(action: SettleAction, claimed: Claimed | readonly Claimed[], details: Omit<Settlement, 'token' | 'action'> = {}): Promise<void> {
    const list = 'token' in claimed ? [claimed] : claimed;
    const failure = action === 'dead-letter' ? { reason: 'Rejected' } : undefined;
    assert.deepEqual(await this.settle(...list.map(({ token }) => ({ failure, ...details, token, action }))), [], `${action} was to be done`);
  }

  ack(claimed: Claimed | readonly Claimed[]): Promise<void> {
    return this.end('ack', claimed);
  }

  release(claimed: Claimed | readonly Claimed[]): Promise<void> {
    return this.end('release', claimed);
  }

  retry(claimed: Claimed | readonly Claimed[], delayMs?: number): Promise<void> {
    return this.end('retry', claimed, { delayMs });
  }

  bury(claimed: Claimed | readonly Claimed[], reason = 'Rejected'): Promise<void> {
    return this.end('dead-letter', claimed, { failure: { reason } });
  }

  /** Asserts that this settlement answers `lost`. */
  async lost(action: SettleAction, claimed: Claimed): Promise<void> {
    assert.deepEqual(await this.settle({ token: claimed.token, action }), [{ index: 0, result: 'lost' }], `${action} was to be lost`);
  }

  renew(...claimed: readonly Claimed[]): Promise<RenewAnswer> {
    return this.scene.ask(this.link.renew(claimed.map(({ token }) => token)));
  }

  leave(): Promise<void> {
    return this.scene.ask(this.link.detach());
  }
}
