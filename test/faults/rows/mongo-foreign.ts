import { BSON } from 'mongodb';
import { firstValueFrom } from 'rxjs';
import { until } from '../../support/servers/until.js';
import { brokerAt } from '../backend/brokers.js';
import { database } from '../backend/mongo-options.js';
import { runtimeOf } from '../stage/clock.js';
import type { Stage } from '../stage/stage.js';
import { codeOf } from '../stage/tap.js';

/** Far from every number of the topic's own. */
const firstSeq = 9_000_000;

/** A topic as it is stored. */
interface Stored {
  readonly id: string;
  readonly subs: readonly { readonly id: string; readonly name: string }[];
}

/** What stands in the log, and why nobody can read it. */
const unreadable: readonly object[] = [
  {},
  { b: 5 },
  { b: '{"n":' },
  { b: '***', c: 'zip' },
  { b: '{"text":"a"}', h: 'a' },
  { b: '{"text":"a"}', h: ['one'] },
  { b: '['.repeat(50_000) },
  { b: `{"n": ${'9'.repeat(400_000)}` },
  { b: '{"text":"a"}', ts: 'yesterday' },
];

/** Pointers that nobody can follow. */
const lost: readonly object[] = [{ m: 5 }, { q: 'x' }, { n: 'x' }];

/** Documents that are not what we write, beside ours: in the end they are dead letters, and nothing else is disturbed. */
export async function garbage(stage: Stage): Promise<void> {
  const { journal, admin } = stage;
  const topic = await topicOf(stage);
  await insert(stage, 'cw_log', unreadable.map((fields, index) => message(topic, index, fields)));
  await insert(stage, 'cw_deliv', pointers(topic, [...unreadable.map(() => ({})), ...lost]));
  for (const subscription of ['a', 'k']) {
    const ref = { tenantId: 'default', namespace: 'default', topic: 'orders', subscription };
    const want = unreadable.length + lost.length;
    let dead = 0;
    await until('garbage is dead', async () => {
      dead = (await firstValueFrom(admin.inspection.peekDeadLetters(ref, 1_000))).filter(({ history }) => history.at(-1)?.reason === 'Undecodable').length;
      return dead >= want;
    }, 10_000).catch(() => undefined);
    journal.add({ kind: 'expected', what: `undecodable dead letters of ${subscription}`, want: String(want), got: String(dead) });
  }
}

/** Documents of a later format: nobody touches them, and nobody opens a database that is of one. */
export async function later(stage: Stage): Promise<void> {
  const { journal, servers, heard } = stage;
  const topic = await topicOf(stage);
  await insert(stage, 'cw_log', [message(topic, 0, { f: 2, b: '{"n":1}' })]);
  await insert(stage, 'cw_deliv', pointers(topic, [{}]));
  const from = heard.deliveries;
  await heard.until(() => heard.deliveries > from + 30, 4_000);
  const left = await Promise.all(topic.subs.map(({ id }) => find(stage, 'cw_deliv', { _id: `${id}:${seqText(0)}` })));
  journal.add({ kind: 'expected', what: 'pointers to a message of a later format', want: '0 0', got: left.map((pointer) => field(pointer, 'st')).join(' ') });
  const stored = await find(stage, 'cw_log', { f: 2 });
  journal.add({ kind: 'expected', what: 'a message of a later format', want: '{"n":1}', got: field(stored, 'b') });
  await servers.command(JSON.stringify({ delete: 'cw_deliv', deletes: [{ q: { q: firstSeq }, limit: 0 }] }), database);
  await servers.command(JSON.stringify({ delete: 'cw_log', deletes: [{ q: { f: 2 }, limit: 0 }] }), database);
  for (const [name, meta, want] of [['later', { writes: 2, reads: 2 }, 'FORMAT_TOO_NEW'], ['foreign', { owner: 'somebody' }, 'FOREIGN_VALUE']] as const) {
    await servers.command(JSON.stringify({ insert: 'cw_meta', documents: [{ _id: 'format', ...meta }] }), name);
    journal.add({ kind: 'expected', what: `a database that is ${name}`, want, got: await opens(stage, name) });
  }
}

/** How it ends to open a database, in a word. */
async function opens({ servers }: Stage, name: string): Promise<string> {
  const address = servers.address('direct');
  if (address.backend !== 'mongo') return 'no MongoDB';
  const broker = brokerAt({ ...address, options: { ...address.options, database: name } }, runtimeOf());
  try {
    await firstValueFrom(broker.open());
    return 'ok';
  } catch (error) {
    return codeOf(error);
  } finally {
    await firstValueFrom(broker.close());
  }
}

async function topicOf(stage: Stage): Promise<Stored> {
  const stored = await find(stage, 'cw_topics', { _id: 'cw:default:default:topic:orders' });
  const subs: unknown = Reflect.get(Object(stored), 'subs');
  return { id: field(stored, 'id'), subs: (Array.isArray(subs) ? subs : []).map((sub: unknown) => ({ id: field(sub, 'id'), name: field(sub, 'name') })) };
}

function message({ id }: Stored, index: number, fields: object): object {
  return { _id: `${id}-${seqText(index)}`, f: 1, t: id, q: firstSeq + index, ts: new Date(), ...fields };
}

function pointers({ id, subs }: Stored, fields: readonly object[]): readonly object[] {
  return subs.flatMap((sub) => fields.map((more, index) => ({ _id: `${sub.id}:${seqText(index)}`, s: sub.id, t: id, m: `${id}-${seqText(index)}`, q: firstSeq + index, st: 0, at: new Date(), n: 0, ...more })));
}

function seqText(index: number): string {
  return (firstSeq + index).toString(36).padStart(11, '0');
}

async function insert({ servers }: Stage, collection: string, documents: readonly object[]): Promise<void> {
  await servers.command(BSON.EJSON.stringify({ insert: collection, documents }), database);
}

async function find({ servers }: Stage, collection: string, filter: object): Promise<unknown> {
  const answer = await servers.command(JSON.stringify({ find: collection, filter, limit: 1 }), database);
  const found: unknown = Reflect.get(Object(Reflect.get(Object(answer), 'cursor')), 'firstBatch');
  return Array.isArray(found) ? found[0] : undefined;
}

function field(document: unknown, name: string): string {
  return String(Reflect.get(Object(document), name));
}
