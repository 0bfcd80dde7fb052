import { Redis, type RedisOptions } from 'ioredis';
import { ChronowError } from '../../../errors.js';
import type { CancelTimer, Runtime } from '../../../port/runtime.js';
import type { Address } from './address.js';
import type { Argument } from './connection.js';
import type { HandedClient } from './handed-client.js';
import type { ConnectionOptions } from './options.js';
import type { Reply } from './reply.js';
import { failureOf } from './server-error.js';

/** What a {@link Socket} tells. `lost` comes exactly once, also where the socket never got ready, and is the last. */
export interface SocketEvents {
  ready(): void;
  lost(error: unknown): void;
  message?(channel: string, text: string): void;
  patternMessage?(pattern: string, channel: string, text: string): void;
}

/**
 * One connection, used once: it is never reconnected by the driver. Reconnecting, sending again and giving up are ours (node-line.ts), so that what was given up
 * is never sent later.
 */
export class Socket {
  readonly #redis: Redis;
  readonly #events: SocketEvents;
  #error: unknown = undefined;
  #over = false;
  #cancelHandshake: CancelTimer | undefined;

  constructor(redis: Redis, events: SocketEvents, runtime: Runtime, handshakeMs: number) {
    this.#redis = redis;
    this.#events = events;
    // Stays for good: an error event nobody hears ends the process.
    redis.on('error', (error: unknown) => { this.#error = error; });
    redis.on('close', () => { this.#end(this.#error); });
    redis.on('end', () => { this.#end(this.#error); });
    if (events.message !== undefined) redis.on('message', (channel: string, text: string) => events.message?.(channel, text));
    if (events.patternMessage !== undefined) redis.on('pmessage', (pattern: string, channel: string, text: string) => events.patternMessage?.(pattern, channel, text));
    // The driver's own limit ends with the TCP connection; a frozen server accepts that and never greets.
    this.#cancelHandshake = runtime.at(runtime.now() + handshakeMs, () => { this.#end(this.#error ?? timedOut()); });
    redis.connect().then(() => this.#greet()).catch((error: unknown) => { this.#end(this.#error ?? error); });
  }

  /** `name` in lower case: the driver knows the shape of a reply by it. It takes a copy of the arguments. */
  call(name: string, args: Argument[]): Promise<unknown> {
    return this.#redis.call(name, args);
  }

  subscribe(channels: readonly string[]): Promise<unknown> {
    return this.#redis.subscribe(...channels);
  }

  unsubscribe(channels: readonly string[]): Promise<unknown> {
    return this.#redis.unsubscribe(...channels);
  }

  subscribePattern(pattern: string): Promise<unknown> {
    return this.#redis.psubscribe(pattern);
  }

  unsubscribePattern(pattern: string): Promise<unknown> {
    return this.#redis.punsubscribe(pattern);
  }

  /** At once, without a farewell: the other end may be frozen. */
  destroy(): void {
    this.#end(this.#error);
  }

  /** Without a password nothing has come from the server so far, only from its kernel. */
  async #greet(): Promise<void> {
    await this.#redis.call('ping').catch((error: unknown) => {
      if (failureOf(error).word !== 'NOPERM') throw error;
    });
    this.#cancelHandshake?.();
    if (this.#over) return;
    // A refused SELECT is only an event to the driver, which then goes on in database 0.
    if (this.#error === undefined) this.#events.ready();
    else this.#end(this.#error);
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelHandshake?.();
    this.#redis.disconnect();
    this.#redis.stream?.destroy();
    this.#events.lost(error ?? new Error('the connection was closed'));
  }
}

/** Makes sockets. */
export interface Driver {
  /** `at`: that server; undefined: the one of the options, for sentinels the present master. */
  socket(at: Address | undefined, events: SocketEvents): Socket;
}

export function driverFor(options: ConnectionOptions, handed: HandedClient | undefined): Driver {
  const { runtime, connectTimeoutMs = 10_000 } = options;
  // Half of it, so that the reason is known when the time is up.
  const handshakeMs = Math.min(Math.ceil(connectTimeoutMs / 2), 5_000);
  const make = handed === undefined ? ownMaker(options, handshakeMs) : handedMaker(options, handed, handshakeMs);
  return { socket: (at, events) => new Socket(make(at === undefined ? {} : { host: at.host, port: at.port }), events, runtime, handshakeMs) };
}

type Maker = (place: Partial<Address>) => Redis;

function ownMaker(options: ConnectionOptions, handshakeMs: number): Maker {
  const base = ownOptions(options, handshakeMs);
  return (place) => new Redis({ ...base, ...place });
}

function handedMaker(options: ConnectionOptions, { topology, nodeOptions }: HandedClient, handshakeMs: number): Maker {
  if (topology === 'cluster') return (place) => new Redis({ ...nodeOptions, ...used(handshakeMs), ...place });
  return (place) => duplicateOf(options, { ...used(handshakeMs), ...(topology === 'sentinel' ? {} : { enableReadyCheck: false }), ...place });
}

type UsedOptions = Omit<RedisOptions, 'replyMapping'> & { readonly replyMapping: 'legacy' };

/** However it was configured, this is how we use a client. */
function used(handshakeMs: number): UsedOptions {
  return {
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    enableAutoPipelining: false,
    connectTimeout: handshakeMs,
    disconnectTimeout: 100,
    maxLoadingRetryTime: 500,
    disableClientInfo: true,
    stringNumbers: false,
    replyMapping: 'legacy',
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: handshakeMs,
  };
}

function ownOptions(options: ConnectionOptions, handshakeMs: number): UsedOptions {
  const { topology, hosts, masterName, tls, username, password, db } = options;
  const [first = { host: '127.0.0.1', port: 6379 }] = hosts;
  const secured = tls === true ? { tls: tlsOptions(options), ...(topology === 'sentinel' ? { sentinelTLS: tlsOptions(options), enableTLSForSentinelMode: true } : {}) } : {};
  return {
    ...used(handshakeMs),
    // Nothing of RESP3 is needed, and every server and proxy knows RESP2.
    protocol: 2,
    ...(topology === 'sentinel' ? { sentinels: [...hosts], name: masterName ?? 'mymaster' } : { host: first.host, port: first.port }),
    // Only sentinels can lead to a server that is no master any more; elsewhere this check is one INFO more.
    enableReadyCheck: topology === 'sentinel',
    ...secured,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    db: db ?? 0,
  };
}

/** The driver copies these for each connection, so that a getter is asked each time. */
function tlsOptions({ ca }: ConnectionOptions): { ca?: string } {
  if (ca === undefined) return {};
  return typeof ca === 'string' ? { ca } : { get ca() { return ca(); } };
}

function duplicateOf({ client }: ConnectionOptions, overrides: RedisOptions): Redis {
  const make: unknown = client === undefined ? undefined : Reflect.get(client, 'duplicate');
  const copy: unknown = typeof make === 'function' ? Reflect.apply(make, client, [overrides]) : undefined;
  if (isRedis(copy)) return copy;
  throw new ChronowError('CONFIG_INVALID', 'redis.client must be an ioredis client (5.11 to 6); its duplicate() gave something else');
}

function isRedis(value: unknown): value is Redis {
  return typeof value === 'object' && value !== null && ['call', 'connect', 'disconnect', 'on'].every((name) => typeof Reflect.get(value, name) === 'function');
}

function timedOut(): Error {
  return Object.assign(new Error('the server accepted the connection and did not answer'), { code: 'ETIMEDOUT' });
}

/** What the driver gave, as a reply. Its lists are taken as they are: readers of replies check what they read. */
export function replyOf(value: unknown): Reply {
  if (isReply(value)) return value;
  // HGETALL by its lower-case name.
  if (typeof value === 'object') return Object.entries(value ?? {}).flatMap(([name, item]) => [name, replyOf(item)]);
  return typeof value === 'bigint' ? value.toString() : null;
}

function isReply(value: unknown): value is Reply {
  return value === null || typeof value === 'string' || typeof value === 'number' || Array.isArray(value);
}
