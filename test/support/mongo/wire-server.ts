import { createServer, type Server, type Socket } from 'node:net';
import { Long, ObjectId, Timestamp, type Document } from 'mongodb';
import { onTestFinished } from 'vitest';
import { MongoFramer, type MongoFrame } from '../proxy/mongo-frames.js';
import { reply } from './wire-reply.js';

/** What a command gets: a document (what it does not say is as usual), half of the usual one and the end of the connection, bytes that are no message, or nothing at all. */
export type Answer = Readonly<Record<string, unknown>> | 'cut' | 'garbage' | 'silence';

/** As a server says no. */
export function refusal(code: number, ...errorLabels: readonly string[]): Readonly<Record<string, unknown>> {
  return { ok: 0, code, codeName: `Code${code}`, errmsg: `refused with ${code}`, ...(errorLabels.length === 0 ? {} : { errorLabels }) };
}

/** A resume token of a time, as far as anybody reads it. */
export function tokenOf(seconds: number): Document {
  return { _data: `82${seconds.toString(16).toUpperCase().padStart(8, '0')}000000012B0229296E04` };
}

/**
 * Speaks MongoDB's protocol and answers what it was told to, for what no real server says on demand. What nobody scripted is answered as by a primary of a set of one
 * that has everything; change streams wait and tell nothing.
 */
export class WireServer {
  /** Every command, in the order it came; what monitors ask is left out. */
  readonly asked: Document[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #scripts = new Map<string, Answer[]>();
  readonly #always = new Map<string, Answer>();
  readonly #waiting = new Set<NodeJS.Timeout>();
  #port = 0;

  constructor() {
    this.#server = createServer((socket) => { this.#serve(socket); });
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get uri(): string {
    return `mongodb://${this.host}/?replicaSet=rs0`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  /** The next commands of this name (`update`; a change stream is `$changeStream`) get these answers, one each. */
  next(name: string, ...answers: readonly Answer[]): void {
    this.#scripts.set(name, [...(this.#scripts.get(name) ?? []), ...answers]);
  }

  /** From here on all of them get this one. */
  always(name: string, answer: Answer): void {
    this.#always.set(name, answer);
  }

  /** Those that were asked of this name. */
  of(name: string): readonly Document[] {
    return this.asked.filter((command) => nameOf(command) === name);
  }

  async stop(): Promise<void> {
    for (const timer of this.#waiting) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #serve(socket: Socket): void {
    const framer = new MongoFramer();
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => { for (const frame of framer.take(chunk)) this.#answer(socket, frame); });
  }

  #answer(socket: Socket, frame: MongoFrame): void {
    const command = frame.body();
    const name = nameOf(command);
    if (name !== 'hello' && name !== 'ismaster') this.asked.push(command);
    const scripted = this.#scripts.get(name)?.shift() ?? this.#always.get(name);
    if (scripted === 'silence') return;
    if (scripted === undefined && name === 'getMore') {
      this.#later(Number(command['maxTimeMS'] ?? 0), () => { send(socket, frame, this.#usual(name, command)); });
      return;
    }
    const usual = this.#usual(name, command);
    if (scripted === 'cut') {
      const bytes = reply(frame, usual);
      socket.end(bytes.subarray(0, Math.floor(bytes.length / 2)));
    } else if (scripted === 'garbage') socket.write(Buffer.alloc(32, 0xff));
    else send(socket, frame, { ...(scripted?.['ok'] === 0 ? {} : usual), ...scripted });
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      work();
    }, ms);
    this.#waiting.add(timer);
  }

  #usual(name: string, command: Document): Document {
    const operationTime = new Timestamp({ t: 1_000, i: 1 });
    const batch = (kind: string, id: Long, documents: readonly Document[]): Document => ({ ok: 1, operationTime, cursor: { id, ns: `chronow_hot.${String(command['collection'] ?? command[name])}`, [kind]: documents, postBatchResumeToken: tokenOf(1_000) } });
    switch (name) {
      case 'hello': case 'ismaster':
        return {
          ok: 1, helloOk: true, ismaster: true, isWritablePrimary: true, setName: 'rs0', setVersion: 1, electionId: new ObjectId('7fffffff0000000000000001'), hosts: [this.host], me: this.host, primary: this.host,
          minWireVersion: 0, maxWireVersion: 17, maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000, logicalSessionTimeoutMinutes: 30, localTime: new Date(), operationTime,
        };
      case 'buildInfo':
        return { ok: 1, version: '6.0.5' };
      case 'connectionStatus':
        return { ok: 1, authInfo: { authenticatedUsers: [] } };
      case 'find':
        return batch('firstBatch', Long.ZERO, command['find'] === 'cw_meta' ? [{ _id: 'format', writes: 1, reads: 1 }] : []);
      case '$changeStream':
        return batch('firstBatch', Long.fromNumber(4_711), []);
      case 'getMore':
        return batch('nextBatch', Long.fromNumber(4_711), []);
      case 'insert': case 'update': case 'delete':
        return { ok: 1, operationTime, n: 1, nModified: 1 };
      default:
        return { ok: 1, operationTime };
    }
  }
}

/** One that runs until the test is over. */
export async function startWireServer(): Promise<WireServer> {
  const server = new WireServer();
  await server.start();
  onTestFinished(() => server.stop());
  return server;
}

function nameOf(command: Document): string {
  const isStream = 'aggregate' in command && JSON.stringify(command['pipeline']).includes('$changeStream');
  return isStream ? '$changeStream' : Object.keys(command)[0] ?? '';
}

function send(socket: Socket, frame: MongoFrame, document: Document): void {
  if (!socket.destroyed) socket.write(reply(frame, document));
}
