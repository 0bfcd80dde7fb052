import type { Document } from 'mongodb';
import { until } from '../servers/until.js';
import type { Address } from './admin.js';
import { startMember, type Member, type MemberOptions } from './member.js';

export interface SetOptions extends Omit<MemberOptions, 'replicaSet'> {
  /** Default: 1. */
  readonly members?: 1 | 3;
}

/** The administrator of a set that asks for logins. */
const root = { username: 'root', password: 'root-of-the-tests' } as const;

/** A replica set whose elections take about a second. */
export class ReplicaSet {
  readonly members: readonly Member[];
  readonly #auth: boolean;

  constructor(members: readonly Member[], auth: boolean) {
    this.members = members;
    this.#auth = auth;
  }

  /** As the administrator, where logins are asked for. */
  get uri(): string {
    return this.uriOf(this.#auth ? root : undefined);
  }

  uriOf(login: Address['login']): string {
    const hosts = this.members.map(({ host, port }) => `${host}:${port}`).join(',');
    return login === undefined ? `mongodb://${hosts}/?replicaSet=rs0` : `mongodb://${login.username}:${login.password}@${hosts}/?replicaSet=rs0&authSource=admin`;
  }

  /** The primary, when there is one that all its running members agree on. */
  async primary(): Promise<Member> {
    let found: Member | undefined;
    await until('the set has a primary', async () => {
      const running = this.members.filter(({ pid }) => pid !== undefined);
      const primaries = await Promise.all(running.map(async (member) => ((await withLimit(member.admin({ hello: 1 })))['isWritablePrimary'] === true ? [member] : [])));
      found = primaries.flat()[0];
      return primaries.flat().length === 1;
    });
    if (found === undefined) throw new Error('the set has no primary');
    return found;
  }

  /** The primary steps down; returns the new one of three. */
  async stepDown(): Promise<Member> {
    const old = await this.primary();
    await old.admin({ replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5, force: true });
    const next = await this.primary();
    // For the rest of the 10 s it would not stand, and the next test may need it to.
    await old.admin({ replSetFreeze: 0 });
    return next;
  }

  /**
   * Until those that are left confirm a write again, as whoever asks each of them directly finds. What an election costs everybody: an election timeout until somebody
   * stands, one more until the new primary takes the old one for dead, and the time in which its followers leave the old one.
   */
  async recovered(lost: Member): Promise<void> {
    const left = this.members.filter((member) => member !== lost);
    await until('those that are left confirm a write', async () => {
      const states = await Promise.all(left.map(async (member) => ({ member, state: await member.admin({ hello: 1 }) })));
      const next = states.find(({ state }) => state['isWritablePrimary'] === true)?.member;
      await next?.admin({ insert: 'probe', documents: [{}], writeConcern: { w: 'majority' } }, 'elections');
      return next !== undefined;
    });
  }

  /** The primary crashes and stays down; returns the new one of three. */
  async killPrimary(): Promise<Member> {
    const old = await this.primary();
    await old.kill9();
    return this.primary();
  }

  /** A user with these roles, and the URI to connect as it. */
  async addUser(username: string, roles: readonly (string | Document)[]): Promise<string> {
    const password = 'secret-of-the-tests';
    await (await this.primary()).admin({ createUser: username, pwd: password, roles });
    return this.uriOf({ username, password });
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }
}

/** A set of one or three members, ready to take majority writes. */
export async function startReplicaSet({ members: count = 1, ...options }: SetOptions = {}): Promise<ReplicaSet> {
  const members = await Promise.all(Array.from({ length: count }, () => startMember({ ...options, replicaSet: true })));
  const set = new ReplicaSet(members, options.auth === true);
  try {
    await initiate(set, options.auth === true);
    return set;
  } catch (error) {
    await set.stop();
    throw error;
  }
}

async function initiate({ members }: ReplicaSet, auth: boolean): Promise<void> {
  const [first] = members;
  if (first === undefined) return;
  const config = { _id: 'rs0', members: members.map(({ host, port }, _id) => ({ _id, host: `${host}:${port}` })), settings: { electionTimeoutMillis: 1_000, heartbeatIntervalMillis: 200, heartbeatTimeoutSecs: 1 } };
  await first.admin({ replSetInitiate: config });
  await until('everybody is primary or secondary', async () => {
    const states = await Promise.all(members.map((member) => member.admin({ hello: 1 })));
    return states.some((state) => state['isWritablePrimary'] === true) && states.every((state) => state['isWritablePrimary'] === true || state['secondary'] === true);
  });
  if (!auth) return;
  const states = await Promise.all(members.map(async (member) => ({ member, state: await member.admin({ hello: 1 }) })));
  const primary = states.find(({ state }) => state['isWritablePrimary'] === true)?.member;
  await primary?.admin({ createUser: root.username, pwd: root.password, roles: ['root'] });
  for (const member of members) member.login(root);
}

/** A frozen member does not answer at all. */
function withLimit(answer: Promise<Document>): Promise<Document> {
  answer.catch(() => undefined);
  return Promise.race([answer, new Promise<Document>((resolve) => { setTimeout(resolve, 500, {}).unref(); })]);
}
