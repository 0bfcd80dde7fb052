import { expect, it, onTestFinished } from 'vitest';
import { survivors } from '../../support/servers/survivors.js';
import { failCommand, stopFailing } from '../../support/mongo/fail-point.js';
import { startMember } from '../../support/mongo/member.js';
import { startReplicaSet } from '../../support/mongo/replica-set.js';
import { describeMongo, freshDatabase, rawClient } from '../../support/mongo/shared.js';

describeMongo('the servers of the Mongo tests', () => {
  it('share a set of one that takes majority writes and has change streams', async () => {
    const db = rawClient().db(freshDatabase());
    const stream = db.watch();
    onTestFinished(() => stream.close());
    const first = stream.tryNext();
    await first;
    await db.collection('a').insertOne({ n: 1 }, { writeConcern: { w: 'majority' } });
    expect((await stream.next()).operationType).toBe('insert');
  });

  it('of three elect another primary when theirs steps down or is killed, and the killed one comes back', async () => {
    const set = await startReplicaSet({ members: 3 });
    onTestFinished(() => set.stop());
    const first = await set.primary();
    const second = await set.stepDown();
    expect(second.port).not.toBe(first.port);
    const third = await set.killPrimary();
    expect(third.port).not.toBe(second.port);
    await second.restart();
    await set.primary();
    expect(survivors()).toEqual(expect.arrayContaining(set.members.map(({ pid }) => pid)));
    await set.stop();
    expect(set.members.map(({ pid }) => pid)).toEqual([undefined, undefined, undefined]);
  });

  it('fail commands on demand, and a server alone is no set', async () => {
    const alone = await startMember();
    onTestFinished(() => alone.stop());
    expect(await alone.admin({ hello: 1 })).not.toHaveProperty('setName');
    await failCommand(alone, { failCommands: ['find'], errorCode: 11602 }, 1);
    await expect(alone.admin({ find: 'a' })).rejects.toMatchObject({ code: 11602 });
    await alone.admin({ find: 'a' });
    await stopFailing(alone);
  });

  it('ask for logins where they are to, and know users with a few rights', async () => {
    const set = await startReplicaSet({ auth: true });
    onTestFinished(() => set.stop());
    const uri = await set.addUser('reader', [{ role: 'read', db: 'some' }]);
    await expect(rawClient(uri).db('some').collection('a').insertOne({})).rejects.toMatchObject({ code: 13 });
    await rawClient(set.uri).db('some').collection('a').insertOne({});
  });
});
