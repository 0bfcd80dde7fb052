import { BSON } from 'mongodb';
import { setImmediate as turn } from 'node:timers/promises';
import type { ChronosDeliveries, ChronosInstance, ChronosMessagingApi } from '../../../src/adapters/chronos/index.js';

type Document = Record<string, unknown>;

/** What a server of the double holds, and whether it can be reached. */
export class ChronosServer {
  readonly shared: Document[] = [];
  readonly topics: Document[] = [];
  readonly messages: Document[] = [];
  readonly deliveries: Document[] = [];
  readonly deadLetters: Document[] = [];
  isDown = false;
  /** Connections that were made: one for an object whose first call was alone. */
  connections = 0;
  /** Whether `latest` can be saved; as it is measured, it cannot. */
  savesLatest = false;
  /** Whether it was configured to keep deliveries. */
  capturesDeliveries = true;
}

/**
 * chronos-db 2.3.5 as it was measured: hand-written, by shape, since the package is in no registry. It keeps documents as BSON does;
 * saves of `latest` fail with code 40; versions are read and then written; an object connects at once, without a handler, and one that
 * failed never recovers.
 */
export function chronosDouble(server: ChronosServer): ChronosInstance & { readonly admin: { shutdown(): Promise<void>; isShutDown: boolean } } {
  const admin = { isShutDown: false, shutdown: async (): Promise<void> => { admin.isShutDown = true; } };
  return { admin, messaging: (tenantId) => proxy(server, tenantId) };
}

function proxy(server: ChronosServer, tenantId: string): ChronosMessagingApi {
  let opened = false;
  // The first promise is nobody's until a call takes it up: what it fails with is an unhandled rejection.
  const connecting = connect(server);
  let isTaken = false;
  const line = async (): Promise<void> => {
    if (!opened && isTaken) await connect(server);
    isTaken = true;
    await connecting;
    opened = true;
    if (server.isDown) throw networkError();
  };
  return {
    shared: {
      save: async ({ namespace, key, val, strategy = 'latest' }) => {
        await line();
        const of = { tenantId, namespace, key, strategy };
        if (strategy === 'latest') {
          if (!server.savesLatest) throw serverError(40, "Updating the path 'createdAt' would create a conflict at 'createdAt'");
          remove(server.shared, of);
          put(server.shared, { ...of, val });
          return { id: 'updated' };
        }
        const version = top(server.shared, of) + 1;
        await turn();
        put(server.shared, { ...of, val, version });
        return { id: 'id', version };
      },
      load: async ({ namespace, key, strategy = 'latest', version }) => {
        await line();
        const found = find(server.shared, { tenantId, namespace, key, strategy, ...(strategy === 'append' && version !== undefined ? { version } : {}) });
        return found.sort((one, other) => Number(other['version']) - Number(one['version']))[0]?.['val'] ?? null;
      },
      tombstone: async ({ namespace, key }) => {
        await line();
        remove(server.shared, { tenantId, namespace, key });
      },
    },
    topics: {
      ensure: async ({ topic, shards = 1 }) => {
        await line();
        if (find(server.topics, { tenantId, topic }).length === 0) put(server.topics, { tenantId, topic, shards });
      },
      get: async ({ topic }) => {
        await line();
        return find(server.topics, { tenantId, topic })[0] ?? null;
      },
    },
    messages: {
      save: async ({ topic, msgId, headers, payload, firstSeenAt = new Date(), size = JSON.stringify(payload).length }) => {
        await line();
        if (find(server.messages, { tenantId, topic, msgId }).length === 0) put(server.messages, { tenantId, topic, msgId, headers, payload, firstSeenAt, size });
      },
      get: async ({ topic, msgId }) => {
        await line();
        return find(server.messages, { tenantId, topic, msgId }).map(messageOf)[0] ?? null;
      },
      list: async ({ topic, after, limit = 100 }) => {
        await line();
        return page(find(server.messages, { tenantId, topic }), 'firstSeenAt', after, limit).map(messageOf);
      },
    },
    get deliveries() {
      if (!server.capturesDeliveries) return undefined;
      return {
        append: async ({ topic, subscription, msgId, attempt, status, consumerId, reason, ts = new Date() }: Parameters<ChronosDeliveries['append']>[0]): Promise<void> => {
          await line();
          const of = { tenantId, topic, subscription, msgId, attempt };
          const said = { status, ts, ...(consumerId === undefined ? {} : { consumerId }), ...(reason === undefined ? {} : { reason }) };
          const [known] = find(server.deliveries, of);
          await turn();
          if (known === undefined) put(server.deliveries, { ...of, ...said });
          else Object.assign(known, said);
        },
      };
    },
    deadLetters: {
      save: async ({ topic, subscription, msgId, headers, payload, deliveries, reason, failedAt = new Date() }) => {
        await line();
        put(server.deadLetters, { tenantId, topic, subscription, msgId, headers, payload, deliveries, reason, failedAt });
      },
      list: async ({ topic, after, limit = 100 }) => {
        await line();
        return page(find(server.deadLetters, { tenantId, topic }), 'failedAt', after, limit).map((letter) => ({ ...messageOf({ ...letter, firstSeenAt: letter['failedAt'] }), subscription: String(letter['subscription']) }));
      },
    },
  };
}

async function connect(server: ChronosServer): Promise<void> {
  server.connections += 1;
  await turn();
  if (server.isDown) throw networkError();
}

function messageOf(document: Document): { readonly msgId: string; readonly headers: Record<string, string>; readonly payload: unknown; readonly firstSeenAt: Date } {
  const stored = document['headers'];
  const headers = Object.fromEntries(typeof stored === 'object' && stored !== null ? Object.entries(stored).map(([name, value]): [string, string] => [name, String(value)]) : []);
  return { msgId: String(document['msgId']), headers, payload: document['payload'], firstSeenAt: new Date(Number(document['firstSeenAt'])) };
}

/** As a server takes and gives documents. */
function put(list: Document[], document: Document): void {
  list.push(BSON.deserialize(BSON.serialize(document, { checkKeys: false, ignoreUndefined: true })));
}

function find(list: readonly Document[], of: Document): Document[] {
  return list.filter((document) => Object.entries(of).every(([name, value]) => document[name] === value));
}

function remove(list: Document[], of: Document): void {
  for (const document of find(list, of)) list.splice(list.indexOf(document), 1);
}

function top(list: readonly Document[], of: Document): number {
  return Math.max(-1, ...find(list, of).map(({ version }) => Number(version)));
}

function page(list: readonly Document[], time: string, after: Date | undefined, limit: number): readonly Document[] {
  const found = list.filter((document) => after === undefined || Number(document[time]) > after.getTime()).sort((one, other) => Number(other[time]) - Number(one[time]));
  return limit === 0 ? found : found.slice(0, limit);
}

function networkError(): Error {
  return Object.assign(new Error('connect ECONNREFUSED mongodb://user:secret@host'), { name: 'MongoServerSelectionError' });
}

function serverError(code: number, message: string): Error {
  return Object.assign(new Error(message), { name: 'MongoServerError', code });
}
