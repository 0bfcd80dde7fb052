import { hashSlot } from '../../../keys/hash-slot.js';
import type { Scope } from '../../../port/names.js';
import { asList, asNumber, asTextOrNull, type Reply } from '../connection/reply.js';
import type { Context } from '../context.js';
import { valuePrefix } from '../keys/value-keys.js';
import type { ScopeEvents } from './scope-events.js';

/** How long the event of a canary may take, ms. */
const patienceMs = 1_000;
/** So long a canary stays where its server dies. */
const lifeMs = 5_000;
/** Enough names to meet any range of slots that is worth looking for. */
const maxNames = 100_000;

/**
 * Writes a key of our own on every master and waits for its keyspace event: what a server is set to is often not to be read (CONFIG denied or
 * renamed), and what counts is whether events come. No shared key has such a name. Answers false where one master sends none.
 */
export async function eventsArrive(context: Context, scope: Scope, events: ScopeEvents): Promise<boolean> {
  const { connection, runtime } = context;
  const names = await canaries(context, `${valuePrefix(context.keys, scope)}%!canary:${context.clientId}`);
  const arrivals = names.map(async (name) => {
    const { arrived, stop } = events.next(name);
    try {
      await connection.command('set', name, '1', 'PX', lifeMs);
      const tooLate = new Promise<boolean>((resolve) => { runtime.at(runtime.now() + patienceMs, () => { resolve(false); }); });
      return await Promise.race([arrived.then(() => true), tooLate]);
    } finally {
      stop();
    }
  });
  return (await Promise.all(arrivals)).every((isThere) => isThere);
}

/** One name for each master. */
async function canaries({ connection }: Context, begin: string): Promise<readonly string[]> {
  const [master] = connection.masters();
  if (connection.topology !== 'cluster' || master === undefined) return [begin];
  const wanted = new Map<string, readonly (readonly [first: number, last: number])[]>();
  for (const row of asList(await master.command('cluster', 'slots'))) {
    const { owner, first, last } = rangeOf(asList(row));
    wanted.set(owner, [...(wanted.get(owner) ?? []), [first, last]]);
  }
  const names: string[] = [];
  for (let n = 0; n < maxNames && wanted.size > 0; n += 1) {
    const name = `${begin}:${String(n)}`;
    const slot = hashSlot(name);
    for (const [owner, ranges] of wanted) {
      if (!ranges.some(([first, last]) => first <= slot && slot <= last)) continue;
      wanted.delete(owner);
      names.push(name);
    }
  }
  return names;
}

function rangeOf([first, last, owner]: readonly Reply[]): { readonly owner: string; readonly first: number; readonly last: number } {
  const [host, port] = asList(owner);
  return { owner: `${asTextOrNull(host) ?? ''}:${String(asNumber(port))}`, first: asNumber(first), last: asNumber(last) };
}
