import { firstValueFrom, Subject } from 'rxjs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Chronow } from 'chronow';
import { ackOnComplete } from 'chronow/operators';
import type { Member } from '../../support/mongo/member.js';
import { startReplicaSet, type ReplicaSet } from '../../support/mongo/replica-set.js';
import { describeMongo } from '../../support/mongo/shared.js';

const roles = [{ role: 'readWrite', db: 'chronow_hot' }];

/** Everything that the server was asked so far. */
async function asked(member: Member): Promise<number> {
  const { opcounters } = await member.admin({ serverStatus: 1 });
  return [...JSON.stringify(opcounters).matchAll(/:(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

describeMongo('rights that are taken away while a client works', () => {
  let set: ReplicaSet;
  beforeAll(async () => { set = await startReplicaSet({ auth: true }); });
  afterAll(() => set.stop());

  it('are told by typed errors, not asked for without end, and all goes on when they are back', { timeout: 60_000 }, async () => {
    const member = await set.primary();
    const cw = await Chronow.init({ url: await set.addUser('app', roles) });
    onTestFinished(() => cw.close({ deadlineMs: 1_000 }));
    const orders = cw.topic<number>('orders');
    const acked$ = new Subject<unknown>();
    const ended$ = new Subject<unknown>();
    const consume = (): void => {
      const work = orders.subscription('billing').pipe(ackOnComplete(({ payload }) => Promise.resolve(payload)));
      const consuming = work.subscribe({ next: (outcome) => { if (outcome.kind === 'acked') acked$.next(outcome.value); }, error: (error: unknown) => { ended$.next(error); } });
      onTestFinished(() => { consuming.unsubscribe(); });
    };
    const first = firstValueFrom(acked$);
    consume();
    await orders.publish(1);
    expect(await first).toBe(1);

    const end = firstValueFrom(ended$);
    await member.admin({ revokeRolesFromUser: 'app', roles });
    const before = await asked(member);
    const calls = await Promise.allSettled([orders.publish(2), cw.shared.set('a', 1), cw.shared.get('a'), cw.bus.stats('orders')]);
    expect(calls).toMatchObject(calls.map(() => ({ reason: { code: 'BACKEND_UNSAFE', retryable: false } })));
    // At its next look, at the latest.
    expect(await end).toMatchObject({ code: 'BACKEND_UNSAFE' });
    expect(await asked(member) - before).toBeLessThan(100);

    await member.admin({ grantRolesToUser: 'app', roles });
    const next = firstValueFrom(acked$);
    await expect.poll(() => orders.publish(3).then(() => 'stored', () => 'refused'), { timeout: 20_000 }).toBe('stored');
    consume();
    expect(await next).toBe(3);
    await cw.shared.set('a', 2);
    expect(await cw.shared.get('a')).toBe(2);
  });
});
