import { setTimeout } from 'node:timers/promises';
import { ChronowError } from '../../../../../src/errors.js';
import { script } from '../../../../../src/adapters/redis/connection/script.js';
import type { Connection } from '../../../../../src/adapters/redis/connection/connection.js';
import type { Wrap } from './order-broker.js';

type Run = Connection['run'];

/** A connection of which `run` is another. */
function withRun(connection: Connection, change: (run: Run) => Run): Connection {
  const run = change(connection.run.bind(connection));
  return new Proxy(connection, {
    get: (target, name) => {
      if (name === 'run') return run;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, target, args) : value;
    },
  });
}

/** A line on which some turns are lost: before they reach the server, or their answer on the way back. */
export function lossy(chance: () => number, share: number): Wrap {
  const lost = (): ChronowError => new ChronowError('LINK_LOST', 'the line of this test lost a turn', { retryable: true, details: { reason: 'TEST' } });
  return (connection) => withRun(connection, (run) => async (text, ...rest) => {
    if (text.name !== 'order-turn') return run(text, ...rest);
    const fate = chance();
    if (fate < share) throw lost();
    const answer = await run(text, ...rest);
    if (fate < 2 * share) throw lost();
    // The driver sends again what it had no answer to.
    return fate < 3 * share ? run(text, ...rest) : answer;
  });
}

/** A script of this room with a bug in it. */
export function planted(name: string, ...changes: readonly (readonly [from: string, to: string])[]): Wrap {
  return (connection) => withRun(connection, (run) => (given, ...rest) => {
    if (given.name !== name) return run(given, ...rest);
    let text = given.text;
    for (const [from, to] of changes) {
      if (!text.includes(from)) throw new Error(`the script ${name} has no "${from}" to change`);
      text = text.replace(from, () => to);
    }
    return run(script(name, text), ...rest);
  });
}

/** A process that stands still, so that what it asks goes out when it goes on, or that ends, so that nothing does any more. */
export class Freezer {
  #frozen: Promise<void> | undefined = undefined;
  #isDead = false;

  readonly wrap: Wrap = (connection) => withRun(connection, (run) => async (...call) => {
    await this.#frozen;
    if (this.#isDead) throw new ChronowError('CLOSED', 'the process of this test is dead');
    return run(...call);
  });

  /** A broker that is closed in order would still settle what its work ends with meanwhile. */
  die(): void {
    this.#isDead = true;
  }

  freeze(ms: number): Promise<void> {
    this.#frozen = setTimeout(ms).then(() => { this.#frozen = undefined; });
    return this.#frozen;
  }
}
