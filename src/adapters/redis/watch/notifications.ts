import { isChronowError } from '../../../errors.js';
import type { Scope } from '../../../port/names.js';
import type { MasterNode } from '../connection/connection.js';
import { asTexts } from '../connection/reply.js';
import type { Context } from '../context.js';
import { eventsArrive } from './canary.js';
import type { ScopeEvents } from './scope-events.js';

const setting = 'notify-keyspace-events';
/** Keyspace events (K) of strings ($), DEL, EXPIRE and RENAME (g), the end of values (x) and eviction (e). */
const neededFlags = ['g', '$', 'x', 'e'] as const;

/** Whether the servers send keyspace events, and where it is wanted, that they do. */
export class Notifications {
  readonly #context: Context;
  readonly #mayEnable: boolean;
  #arrive: boolean | undefined = undefined;
  #wasReported = false;

  constructor(context: Context, mayEnable: boolean) {
    this.#context = context;
    this.#mayEnable = mayEnable;
  }

  /** undefined: not known yet. */
  get arrive(): boolean | undefined {
    return this.#arrive;
  }

  /** After each (re)connect: the server may be another one. Never rejects: what is not told by events is found by reading. */
  async check(scope: Scope, events: ScopeEvents): Promise<void> {
    try {
      let arrive = await eventsArrive(this.#context, scope, events);
      if (!arrive && this.#mayEnable && (await this.#enable())) arrive = await eventsArrive(this.#context, scope, events);
      this.#arrive = arrive;
    } catch {
      // The line was lost; once it is back this is done again.
    }
  }

  async #enable(): Promise<boolean> {
    try {
      for (const master of this.#context.connection.masters()) await enableOn(master);
      return true;
    } catch (error) {
      if (isChronowError(error) && error.retryable) throw error;
      this.#report(error);
      return false;
    }
  }

  #report(error: unknown): void {
    if (this.#wasReported) return;
    this.#wasReported = true;
    this.#context.report({
      type: 'unsafe-setting',
      setting,
      value: isChronowError(error) ? error.code : 'unknown',
      advice: `the server does not send keyspace events, and does not let them be switched on: set ${setting} to "K${neededFlags.join('')}" in its configuration, or writes of other programs are seen late`,
    });
  }
}

/** Adds to what others set, and takes nothing away. */
async function enableOn(master: MasterNode): Promise<void> {
  const [, flags = ''] = asTexts(await master.command('config', 'GET', setting));
  const wanted = flags.includes('A') ? ['K'] : ['K', ...neededFlags];
  const missing = wanted.filter((flag) => !flags.includes(flag));
  if (missing.length > 0) await master.command('config', 'SET', setting, `${flags}${missing.join('')}`);
}
