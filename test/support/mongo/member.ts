import type { Document } from 'mongodb';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../servers/run.js';
import { freePort } from '../servers/free-port.js';
import { ServerProcess } from '../servers/server-process.js';
import { admin, directUri, type Address } from './admin.js';
import { mongod } from './binary.js';

export interface MemberOptions {
  /** Part of the set rs0. Default: a standalone server. */
  readonly replicaSet?: boolean;
  /** Logins are asked for. */
  readonly auth?: boolean;
  /** More of the command line. */
  readonly args?: readonly string[];
}

const host = '127.0.0.1';
const attempts = 5;

/** A mongod of our own on a free port of the loopback. */
export class Member {
  readonly host: string = host;
  readonly port: number;
  readonly folder: string = newFolder('mongo');
  readonly #process: ServerProcess;
  #login: Address['login'];

  constructor(port: number, options: MemberOptions) {
    this.port = port;
    this.#process = new ServerProcess({ program: mongod(), folder: this.folder, args: argumentsOf(port, this.folder, options), ready: /"Waiting for connections"/ });
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The last lines of its log. */
  get log(): readonly string[] {
    return this.#process.log;
  }

  get address(): Address {
    return { host, port: this.port, ...(this.#login === undefined ? {} : { login: this.#login }) };
  }

  /** Of this server alone. */
  get uri(): string {
    return directUri(this.address);
  }

  /** From here on `admin` speaks as this user. */
  login(login: NonNullable<Address['login']>): void {
    this.#login = login;
  }

  admin(command: Document, database?: string): Promise<Document> {
    return admin(this.address, command, database);
  }

  start(): Promise<void> {
    return this.#process.start();
  }

  terminate(): Promise<void> {
    return this.#process.terminate();
  }

  /** Ends it as a crash does. */
  kill9(): Promise<void> {
    return this.#process.kill9();
  }

  /** It does not run any more, but its sockets stay open. */
  freeze(): void {
    this.#process.freeze();
  }

  thaw(): void {
    this.#process.thaw();
  }

  /** Starts it again on the same port and data: after `kill9`, or in order where it runs. */
  async restart(): Promise<void> {
    await this.#process.terminate();
    await this.start();
  }

  /** Its data is thrown away, so it need not be written. */
  async stop(): Promise<void> {
    await this.#process.kill9();
    await this.#process.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts a server that is not part of a set yet. */
export async function startMember(options: MemberOptions = {}): Promise<Member> {
  for (let attempt = 1; ; attempt += 1) {
    const member = new Member(await freePort(), options);
    try {
      await member.start();
      return member;
    } catch (error) {
      await member.stop();
      // Somebody else may have taken the port in between.
      if (attempt === attempts || !/Address already in use|SocketException/i.test(String(error))) throw error;
    }
  }
}

function argumentsOf(port: number, folder: string, { replicaSet = false, auth = false, args = [] }: MemberOptions): readonly string[] {
  const keyFile = join(folder, 'key');
  if (auth) writeFileSync(keyFile, 'Y2hyb25vd3Rlc3RzZXRrZXk=', { mode: 0o600 });
  return [
    '--dbpath', folder, '--port', String(port), '--bind_ip', host, '--wiredTigerCacheSizeGB', '0.25', '--quiet', '--nounixsocket',
    // Fail points, and expiry that a test can wait for.
    '--setParameter', 'enableTestCommands=1', '--setParameter', 'ttlMonitorSleepSecs=1', '--setParameter', 'diagnosticDataCollectionEnabled=false',
    // Followers of a frozen primary look for another after seconds, and not after half a minute.
    ...(replicaSet ? ['oplogNetworkTimeoutBufferSeconds=1', 'oplogRetriedFindMaxSeconds=1', 'oplogInitialFindMaxSeconds=2'].flatMap((limit) => ['--setParameter', limit]) : []),
    ...(replicaSet ? ['--replSet', 'rs0', '--oplogSize', '64'] : []),
    ...(auth ? (replicaSet ? ['--auth', '--keyFile', keyFile] : ['--auth']) : []),
    ...args,
  ];
}
