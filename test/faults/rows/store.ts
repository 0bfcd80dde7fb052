import { firstValueFrom } from 'rxjs';
import { Chronow } from '../../../src/chronow.js';
import { isChronowError } from '../../../src/errors.js';
import { until } from '../../support/servers/until.js';
import type { Stage } from '../stage/stage.js';
import { consumer, fault, load, moves, policy, publisher, publishers } from './load.js';
import type { Row } from './row.js';

const topicKey = 'cw:default:default:topic:orders';

/** What the consumers of a wiped store may end with; their applications subscribe again. */
const gone = ['SUBSCRIPTION_DELETED', 'SUBSCRIPTION_NOT_FOUND', 'TOPIC_NOT_FOUND'];

function wiped(id: string, what: string, args: readonly string[], hazard: 'wiped' | 'group-lost', promise: string): Row {
  return {
    id,
    fault: `${what}, under its consumers`,
    promise,
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => {
      const subscriptions = [{ topic: 'orders', name: 'a', policy: policy(chance) }, { topic: 'orders', name: 'k', policy: policy(chance, { order: 'key' }) }];
      const named = (name: string, line: 'direct' | 'proxy'): ReturnType<typeof consumer> => {
        const member = consumer(chance, name, line);
        // A subscription that is gone comes back as its consumers name it.
        return { ...member, consumes: member.consumes.map((plan) => ({ ...plan, policy: subscriptions.find((one) => one.name === plan.name)?.policy })) };
      };
      return load(chance, seed, [fault(chance.whole(10, 50), 300, { kind: 'command', args }, { hazard })], { fatal: gone, subscriptions, members: [...publishers(chance), named('c1', 'proxy'), named('c2', 'direct')] });
    },
  };
}

/** How a start ends, in a word. */
async function startsWith(stage: Stage, more: object): Promise<string> {
  const address = stage.servers.address('direct');
  const [host] = address.backend === 'redis' ? (address.options.hosts ?? []) : [];
  try {
    const cw = await Chronow.init({ redis: { url: `redis://127.0.0.1:${host?.port ?? 0}` }, connectTimeoutMs: 3_000, ...more });
    await cw.close();
    return 'ok';
  } catch (error) {
    return isChronowError(error) ? error.code : String(error);
  }
}

export const store: readonly Row[] = [
  wiped('D4-flush', 'FLUSHALL', ['FLUSHALL'], 'wiped', 'nobody hangs: the loss is said, topic and subscriptions come into being again, and what is published afterwards is consumed'),
  wiped('D4-stream', 'the stream of a topic is deleted', ['DEL', topicKey], 'wiped', 'nobody hangs; what is published afterwards is consumed'),
  wiped('D4-group', 'a consumer group is destroyed', ['XGROUP', 'DESTROY', topicKey, 'a'], 'group-lost', 'the group is made again from where it was settled: nothing is lost, some comes again'),
  {
    id: 'D5',
    fault: 'the memory of the server is full, with noeviction',
    promise: 'publishes are refused or come again; what is there can be settled; nothing is half moved',
    servers: 'single',
    seeds: 2,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 60), chance.whole(500, 2_000), { kind: 'command', args: ['CONFIG', 'SET', 'maxmemory', '1mb'], undo: ['CONFIG', 'SET', 'maxmemory', '0'] })]),
  },
  {
    id: 'D6',
    fault: 'an evicting policy is set',
    promise: 'it is refused at the start, and can be allowed by name',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(0, 0, { kind: 'act', act: 'evicting' }, { on: 'nobody' })], { members: [publisher('p1', 'direct', { from: 1, count: 5 }), consumer(chance, 'c1', 'direct')] }),
    acts: {
      evicting: async (stage) => {
        await stage.servers.command('CONFIG', 'SET', 'maxmemory', '500mb');
        await stage.servers.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
        stage.journal.add({ kind: 'expected', what: 'a start on a server that evicts', want: 'BACKEND_UNSAFE', got: await startsWith(stage, {}) });
        stage.journal.add({ kind: 'expected', what: 'the same, allowed by name', want: 'ok', got: await startsWith(stage, { allowUnsafe: ['eviction'] }) });
        await stage.servers.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
        await stage.servers.command('CONFIG', 'SET', 'maxmemory', '0');
      },
    },
  },
  {
    id: 'D7',
    fault: 'retention is over before anybody has consumed, or while it is leased',
    promise: 'nothing unsettled is trimmed',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [moves('published', 'p1'), moves('published', 'p2'), moves('start', 'c1'), moves('start', 'c2', chance.whole(5, 20)), moves('start', 'p3')], {
      topics: { orders: { retentionMs: 1, maxStreamLen: 500 } },
      recoveryMs: 30_000,
      members: [
        publisher('p1', 'direct', { from: 1, count: 60, everyMs: 3 }),
        publisher('p2', 'direct', { from: 1_001, count: 40, batch: 10, everyMs: 3 }),
        publisher('p3', 'direct', { from: 2_001, count: 40, everyMs: 10 }, { later: true }),
        consumer(chance, 'c1', 'direct', { later: true }),
        consumer(chance, 'c2', 'direct', { later: true }),
      ],
    }),
  },
  {
    id: 'S6',
    fault: 'access is revoked: the user is switched off, and its connections are killed',
    promise: 'a typed error, no hot loop, no secret in it; all goes on once the access is back',
    servers: 'login',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 40), 0, { kind: 'act', act: 'revoke' })], { fatal: ['CONFIG_INVALID', 'BACKEND_UNSAFE'] }),
    acts: {
      revoke: async ({ servers, journal, heard }) => {
        const connections = async (): Promise<number> => Number(/total_connections_received:(\d+)/.exec(String(await servers.command('INFO', 'stats')))?.[1]);
        await servers.command('ACL', 'SETUSER', 'app', 'off');
        await servers.command('CLIENT', 'KILL', 'USER', 'app');
        const before = await connections();
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        const tries = (await connections()) - before;
        journal.add({ kind: 'expected', what: `attempts to connect in two seconds (${tries})`, want: 'no hot loop', got: tries < 400 ? 'no hot loop' : 'a hot loop' });
        await servers.command('ACL', 'SETUSER', 'app', 'on');
        const told = JSON.stringify(heard.events);
        journal.add({ kind: 'expected', what: 'secrets in the history', want: 'none', got: told.includes('canary-password') ? 'the password' : 'none' });
      },
    },
  },
  {
    id: 'S6-rights',
    fault: 'a right is taken away: scripts may not run',
    promise: 'as above',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(10, 40), 1_500, { kind: 'command', args: ['ACL', 'SETUSER', 'default', '-eval', '-evalsha'], undo: ['ACL', 'SETUSER', 'default', '+@all'] })], { fatal: ['CONFIG_INVALID', 'BACKEND_UNSAFE'] }),
  },
  {
    id: 'B1',
    fault: 'entries that nobody can decode: missing fields, broken text, broken headers, too deep, huge',
    promise: 'they end as dead letters with that reason; the others are not disturbed, and nobody loops',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => load(chance, seed, [fault(chance.whole(5, 30), 0, { kind: 'act', act: 'garbage' }, { on: 'nobody' })]),
    acts: {
      garbage: async ({ servers, journal, admin }) => {
        const garbage = [['foo', 'bar'], ['b', '{"n":'], ['b', '***', 'e', '1'], ['b', '{"n":1,"text":"message 1"}', 'h', '{"n":'], ['b', '['.repeat(50_000)], ['b', `{"n": ${'9'.repeat(400_000)}`]];
        for (const fields of garbage) await servers.command('XADD', topicKey, '*', ...fields);
        for (const subscription of ['a', 'k']) {
          const ref = { tenantId: 'default', namespace: 'default', topic: 'orders', subscription };
          let dead = 0;
          await until('garbage is dead', async () => {
            dead = (await firstValueFrom(admin.inspection.peekDeadLetters(ref, 1_000))).filter(({ history }) => history.at(-1)?.reason === 'Undecodable').length;
            return dead >= garbage.length;
          }, 10_000).catch(() => undefined);
          journal.add({ kind: 'expected', what: `undecodable dead letters of ${subscription}`, want: String(garbage.length), got: String(dead) });
        }
      },
    },
  },
  {
    id: 'B3',
    fault: 'two tenants with the same names on one server',
    promise: 'neither sees anything of the other',
    servers: 'single',
    seeds: 1,
    plan: (chance, seed) => {
      const tenant = (tenantId: string, from: number): Parameters<typeof load>[3] => ({
        subscriptions: [{ tenantId, topic: 'orders', name: 'a', policy: policy(chance) }, { tenantId, topic: 'orders', name: 'k', policy: policy(chance, { order: 'key' }) }],
        members: [publisher(`p-${tenantId}`, 'direct', { from, count: 40 }, { tenantId }), consumer(chance, `c-${tenantId}`, 'direct', { tenantId })],
      });
      const [one, other] = [tenant('t1', 1), tenant('t2', 1_001)];
      return load(chance, seed, [fault(10, 0, { kind: 'reset-line' })], { subscriptions: [...(one?.subscriptions ?? []), ...(other?.subscriptions ?? [])], members: [...(one?.members ?? []), ...(other?.members ?? [])] });
    },
  },
];
