import { rmSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { redisServer } from './binary.js';
import type { Target } from './call.js';
import { call, fieldsOf } from './call.js';
import type { Settings } from './config-file.js';
import { writeConfig } from './config-file.js';
import { freePort } from '../servers/free-port.js';
import { newFolder } from '../servers/run.js';
import { ServerProcess } from '../servers/server-process.js';

export interface SingleOptions {
  /** How what is written outlives the process: appendonly with this fsync policy, or 'none'. Default 'everysec'. */
  readonly persistence?: 'everysec' | 'always' | 'no' | 'none';
  /** As in redis.conf, '100mb'. */
  readonly maxmemory?: string;
  /** The password of the default user. */
  readonly password?: string;
  /** Anything else of redis.conf; may write files into the folder. */
  readonly settings?: Settings | ((folder: string, port: number) => Settings);
  /** How a client trusts it, where the settings make it speak TLS. */
  readonly tls?: ConnectionOptions;
  /** Chooses its port. */
  readonly port?: () => Promise<number>;
}

/** A server of our own on a free port of the loopback. */
export interface SingleServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** How a client of ioredis connects as the default user. */
  readonly target: Target;
  readonly folder: string;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /** The last lines of its log. */
  readonly log: readonly string[];
  /** One command over a connection of its own. */
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
  kill9(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port and data: after `kill9`, or in order where it runs. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const attempts = 5;

/** Starts a server; returns when it answers and is known to be ours. */
export async function startSingle(given: SingleOptions = {}): Promise<SingleServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await (given.port ?? freePort)();
    const server = new Single(port, given);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      // Somebody else may have taken the port in between.
      if (attempt === attempts || !/Address already in use|bind/i.test(String(error))) throw error;
    }
  }
}

class Single implements SingleServer {
  readonly host: string = host;
  readonly port: number;
  readonly target: Target;
  readonly folder: string = newFolder('redis');
  readonly #process: ServerProcess;

  constructor(port: number, given: SingleOptions) {
    this.port = port;
    const { password, tls } = given;
    this.target = { host, port, ...(password === undefined ? {} : { password }), ...(tls === undefined ? {} : { tls }) };
    const config = writeConfig(this.folder, settingsOf(port, this.folder, given));
    this.#process = new ServerProcess({ program: redisServer(), folder: this.folder, args: [config], ready: /Ready to accept connections/ });
  }

  get url(): string {
    const { password, tls } = this.target;
    return `${tls === undefined ? 'redis' : 'rediss'}://${password !== undefined ? `:${password}@` : ''}${host}:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get log(): readonly string[] {
    return this.#process.log;
  }

  call(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return call(this.target, command, ...args);
  }

  async start(): Promise<void> {
    await this.#process.start();
    // A port that was free a moment ago may be another's by now, and a test writes.
    const answers = fieldsOf(await this.call('INFO', 'server'))['process_id'];
    if (answers !== String(this.pid)) throw new Error(`port ${this.port} is answered by process ${String(answers)}, not by ours (${String(this.pid)}): Address already in use`);
  }

  kill9(): Promise<void> {
    return this.#process.kill9();
  }

  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  async restart(): Promise<void> {
    await this.#process.terminate();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function settingsOf(port: number, folder: string, { persistence = 'everysec', maxmemory, password, settings = {} }: SingleOptions): Settings {
  return {
    port,
    bind: host,
    dir: folder,
    daemonize: 'no',
    logfile: '',
    save: '',
    appendonly: persistence === 'none' ? 'no' : 'yes',
    ...(persistence === 'none' ? {} : { appendfsync: persistence }),
    ...(maxmemory === undefined ? {} : { maxmemory }),
    ...(password === undefined ? {} : { requirepass: password }),
    ...(typeof settings === 'function' ? settings(folder, port) : settings),
  };
}
