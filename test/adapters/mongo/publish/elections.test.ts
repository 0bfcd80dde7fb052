import { firstValueFrom, Subject } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { startReplicaSet, type ReplicaSet } from '../../../support/mongo/replica-set.js';
import { describeMongo } from '../../../support/mongo/shared.js';
import { looker, openDesk, type Desk, type DeskOptions } from '../topics/support.js';
import { around, is, type Call } from '../topics/wrapped.js';

const isOfTopic = is('cw_topics', 'findOneAndUpdate');
const givesNumbers = (call: Call): boolean => isOfTopic(call) && JSON.stringify(call.args[1]).includes('"took"');
const stores = ({ method }: Call): boolean => method === 'insertMany';

/** How the numbers of its publishes are confirmed, one for each time they are given: `undefined` is by the majority. */
async function watched(options: DeskOptions = {}): Promise<Desk & { readonly concerns: unknown[] }> {
  const concerns: unknown[] = [];
  const wrap = around({ before: (call) => { if (givesNumbers(call)) concerns.push(Reflect.get(Object(call.args[2]), 'writeConcern')); } });
  return { ...(await openDesk({ ...options, wrap })), concerns };
}

/** What it publishes from `hold()` on is given its numbers, and nothing else happens to it before `letGo()`. */
async function held(database: string, uri: string): Promise<Desk & { readonly hold: () => void; readonly placed: Promise<unknown>; readonly letGo: () => void }> {
  const placed = new Subject<undefined>();
  const released = new Subject<undefined>();
  const isReleased = firstValueFrom(released);
  let isHeld = false;
  let isPlaced = false;
  const wrap = around({ before: async (call) => {
    if (!isHeld || !(stores(call) || (isPlaced && isOfTopic(call)))) return;
    isPlaced = true;
    placed.next(undefined);
    await isReleased;
  } });
  const desk = await openDesk({ database, connection: { uri }, wrap, deadlineMs: 90_000 });
  return { ...desk, placed: firstValueFrom(placed), hold: () => { isHeld = true; }, letGo: () => { released.next(undefined); } };
}

/** From here on nobody follows the primary; answers a way to lose it with what it has alone. */
async function leftAlone(set: ReplicaSet): Promise<() => Promise<void>> {
  const primary = await set.primary();
  const others = set.members.filter((member) => member !== primary);
  const follow = (mode: 'off' | 'alwaysOn') => Promise.all(others.map((member) => member.admin({ configureFailPoint: 'stopReplProducer', mode })));
  await follow('alwaysOn');
  return async () => {
    await primary.kill9();
    await follow('off');
    await set.recovered(primary);
  };
}

describeMongo('MongoDB: numbers of messages and elections', () => {
  it('the majority confirms the first numbers by themselves, later ones together with the messages, and where an order is kept all by themselves', async () => {
    const desk = await watched();
    await desk.topic();
    desk.concerns.length = 0;
    // There is no room before somebody looked.
    for (const body of ['a', 'b', 'c']) await desk.publish(body);
    expect(desk.concerns).toEqual([undefined, { w: 1 }, { w: 1 }, { w: 1 }]);
    await desk.subscribe('one', { order: 'key' });
    await desk.publish('d');
    desk.concerns.length = 0;
    await desk.publish('e');
    expect(desk.concerns).toEqual([undefined]);
  });

  it('numbers are given anew where the topic was made anew, or somebody gave some in another election', async () => {
    const desk = await watched();
    const { db, log } = looker(desk.database);
    for (const change of [{ e: 'another' }, { id: 'another', seq: 0 }]) {
      await desk.publish('a');
      await desk.publish('b');
      await db.collection('cw_topics').updateOne({ name: 'orders' }, { $set: change });
      desk.concerns.length = 0;
      await desk.publish('c');
      expect(desk.concerns).toEqual([{ w: 1 }, undefined]);
    }
    expect((await log()).map(({ b }) => b).sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });

  it('numbers that went down with a primary are never those of two messages, and whoever subscribed meanwhile has the messages too', async () => {
    const set = await startReplicaSet({ members: 3 });
    onTestFinished(() => set.stop());
    const other = await openDesk({ database: 'numbers', connection: { uri: set.uri }, deadlineMs: 90_000 });
    await other.topic();
    await other.subscribe('one');
    const desk = await held('numbers', set.uri);
    const receipts = [await desk.publish('a'), await other.publish('b')];
    const lose = await leftAlone(set);
    desk.hold();
    const publishing = desk.publish('c', 'd', 'e');
    await desk.placed;
    await lose();
    await other.subscribe('later', {}, { startFrom: 'latest' });
    receipts.push(await other.publish('f', 'g'));
    desk.letGo();
    receipts.push(await publishing, await desk.publish('h'));
    const { log, waiting } = looker('numbers', set.uri);
    const ids = receipts.flat().map(({ id }) => id);
    expect((await log()).map(({ _id }) => _id)).toEqual([...ids].sort());
    expect((await log()).map(({ b }) => b).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect((await waiting('one')).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    // What was not published yet when it subscribed.
    expect((await waiting('later')).sort()).toEqual(['c', 'd', 'e', 'f', 'g', 'h']);
  });
});
