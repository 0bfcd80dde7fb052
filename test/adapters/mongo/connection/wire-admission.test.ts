import { ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { collections } from '../../../../src/adapters/mongo/connection/indexes.js';
import type { ConnectionOptions } from '../../../../src/adapters/mongo/connection/options.js';
import { storeTo } from '../../../support/mongo/store.js';
import { refusal, startWireServer, type Answer, type WireServer } from '../../../support/mongo/wire-server.js';
import { hear } from './support.js';

interface Opened {
  readonly server: WireServer;
  readonly error: unknown;
  readonly warnings: readonly unknown[];
  readonly probes: unknown;
}

/** What comes of opening a store over a server that answers so: each command with what is named for it. */
async function opened(answers: Readonly<Record<string, Answer>>, options: Partial<ConnectionOptions> = {}, uri = (server: WireServer): string => server.uri): Promise<Opened> {
  const server = await startWireServer();
  for (const [name, answer] of Object.entries(answers)) server.always(name, answer);
  const store = storeTo({ uri: uri(server), connectTimeoutMs: 2_000, ...options });
  const warnings = hear(store.warnings$);
  const error = await store.open().then(() => undefined, (reason: unknown) => reason);
  return { server, error, warnings: warnings.all, probes: store.probes };
}

const direct = (server: WireServer): string => `${server.uri}&directConnection=true`;

describe('a deployment', () => {
  it.each([['4.4.29', false], ['5.0.0', true], ['6.0.5', true], ['8.2.1', true]])('of version %s is let in, and known by it', async (version, serverNow) => {
    const { error, probes, warnings } = await opened({ buildInfo: { version } });
    expect(error).toBeUndefined();
    expect(probes).toMatchObject({ version, serverNow, replicaSet: true });
    expect(warnings).toEqual([]);
  });

  it.each(['4.2.24', '3.6.0', 'unreadable'])('of version %s is refused, and where that is allowed told once, however often it has to be checked', async (version) => {
    expect((await opened({ buildInfo: { version } })).error).toMatchObject({ code: 'BACKEND_UNSAFE', details: { setting: 'version', value: version } });
    const server = await startWireServer();
    server.always('buildInfo', { version });
    server.next('createIndexes', refusal(112), refusal(112));
    const store = storeTo({ uri: server.uri, allowUnsafe: ['version'] });
    const warnings = hear(store.warnings$);
    await store.open();
    expect(server.of('buildInfo').length).toBeGreaterThan(1);
    expect(warnings.all).toMatchObject([{ type: 'unsafe-setting', setting: 'version', value: version }]);
  });

  it('that is sharded is let in, with change streams', async () => {
    const mongos = { ismaster: true, msg: 'isdbgrid', setName: undefined, hosts: undefined, me: undefined, primary: undefined, electionId: undefined, setVersion: undefined };
    const { error, probes, warnings } = await opened({ hello: mongos, ismaster: mongos }, { changeStreams: 'required' }, (server) => server.uri.replace('?replicaSet=rs0', ''));
    expect(error).toBeUndefined();
    expect(probes).toMatchObject({ replicaSet: true });
    expect(warnings).toEqual([]);
  });

  it('that is a secondary, or was never initiated, is refused where it is reached directly', async () => {
    const secondary = { ismaster: false, isWritablePrimary: false, secondary: true, primary: undefined };
    expect((await opened({ hello: secondary, ismaster: secondary }, {}, direct)).error).toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'a-secondary' } });
    const ghost = { ismaster: false, isWritablePrimary: false, isreplicaset: true, setName: undefined, hosts: undefined, me: undefined, primary: undefined, electionId: undefined, setVersion: undefined };
    expect((await opened({ hello: ghost, ismaster: ghost }, {}, (server) => direct(server).replace('replicaSet=rs0&', ''))).error).toMatchObject({ code: 'CONFIG_INVALID', details: { reason: 'not-initiated' } });
  });

  it('without a primary is waited for, and the error says what is there instead', async () => {
    const secondary = { ismaster: false, isWritablePrimary: false, secondary: true, primary: undefined, electionId: new ObjectId('7fffffff0000000000000001') };
    const { error } = await opened({ hello: secondary, ismaster: secondary });
    expect(error).toMatchObject({ code: 'BACKEND_UNREACHABLE', retryable: true });
    expect(String(error)).toContain('Its set has no primary now');
  });

  it('that is not ready yet is asked again: each step may be put off', async () => {
    const server = await startWireServer();
    for (const name of ['buildInfo', 'connectionStatus', 'find', 'createIndexes', '$changeStream']) server.next(name, refusal(11_602), refusal(11_602));
    const store = storeTo({ uri: server.uri });
    await store.open();
    expect(store.probes).toMatchObject({ version: '6.0.5' });
  });
});

describe('a user', () => {
  const user = { connectionStatus: { authInfo: { authenticatedUsers: [{ user: 'u', db: 'admin' }] } } };

  it('who lacks rights is refused, each right by its name', async () => {
    const { error } = await opened({ ...user, update: refusal(13), delete: refusal(13) });
    expect(error).toMatchObject({ code: 'BACKEND_UNSAFE', details: { reason: 'Unauthorized', missing: collections.flatMap((name) => [`${name}: update`, `${name}: remove`]) } });
  });

  it('who may not create indexes is let in where they are there, and refused where they are not or cannot be seen', async () => {
    const forbidden = { ...user, createIndexes: refusal(13) };
    expect((await opened({ ...forbidden, listIndexes: refusal(26) })).error).toMatchObject({ code: 'BACKEND_UNSAFE', details: { reason: 'Code13' } });
    expect((await opened({ ...forbidden, listIndexes: refusal(13) })).error).toMatchObject({ code: 'BACKEND_UNSAFE' });
  });

  it.each([85, 86])('who finds another index in the place of ours (%d) is told to drop it', async (code) => {
    expect((await opened({ createIndexes: refusal(code) })).error).toMatchObject({ code: 'BACKEND_UNSAFE', details: { reason: `Code${code}` } });
  });

  it('whose login is refused at whatever step is refused at once', async () => {
    for (const name of ['buildInfo', 'find', 'createIndexes']) expect((await opened({ [name]: refusal(18) })).error).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each([[13, 'no right'], [40_573, 'standalone']] as const)('who gets no change stream (%d) polls, told once, or is refused where they are required, and is told nothing where they are off', async (code, value) => {
    const no = { $changeStream: refusal(code) };
    const auto = await opened(no);
    expect([auto.error, auto.warnings]).toMatchObject([undefined, [{ type: 'unsafe-setting', setting: 'change-streams', value }]]);
    expect((await opened(no, { changeStreams: 'required' })).error).toMatchObject({ code: 'BACKEND_UNSAFE', details: { setting: 'change-streams', value } });
    const off = await opened(no, { changeStreams: 'off' });
    expect([off.error, off.warnings, off.server.of('$changeStream')]).toEqual([undefined, [], []]);
  });
});
