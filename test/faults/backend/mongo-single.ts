import { MongoDialogue } from '../../support/proxy/mongo-dialogue.js';
import { startProxy } from '../../support/proxy/proxy.js';
import { startReplicaSet } from '../../support/mongo/replica-set.js';
import type { Servers, Setting } from './backend.js';
import { mongoAt } from './mongo-at.js';
import { command } from './mongo-command.js';
import { footprintOf, writable } from './mongo-footprint.js';
import { purposeOf } from './mongo-names.js';
import { durability, mongoAddress } from './mongo-options.js';

/** A replica set of one, and one line to it that can be made bad: the set knows its member by that line, so that a client that asks who belongs to it stays on it. */
export async function setOfOne({ seed }: Setting): Promise<Servers> {
  const set = await startReplicaSet();
  const server = await set.primary();
  const proxy = await startProxy({ port: server.port, seed, dialogue: () => new MongoDialogue(purposeOf) });
  const direct = `${server.host}:${server.port}`;
  const bad = `${proxy.host}:${proxy.port}`;
  await server.admin({ replSetReconfig: { _id: 'rs0', version: 2, protocolVersion: 1, members: [{ _id: 0, host: bad }], settings: { electionTimeoutMillis: 1_000, heartbeatIntervalMillis: 200 } }, force: true });
  await writable(server.uri);
  return {
    durability,
    address: (line) => (line === 'proxy' ? mongoAddress(bad, line, 'replicaSet=rs0') : mongoAddress(direct, line, 'directConnection=true')),
    broker: mongoAt,
    proxy,
    kill: () => server.kill9(),
    restart: () => server.restart(),
    freeze: () => { server.freeze(); },
    thaw: () => { server.thaw(); },
    command: (...args) => command(server, args),
    change: async (how) => { throw new Error(`a set of one has no ${how}`); },
    footprint: () => footprintOf(server.uri),
    stop: async () => {
      await proxy.stop();
      await set.stop();
    },
  };
}
