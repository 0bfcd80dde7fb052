import type { KeyRef, Scope } from '../../../port/names.js';
import { asList, asText, asTexts, type Reply } from '../connection/reply.js';
import type { Context } from '../context.js';
import { valuePrefix } from '../keys/value-keys.js';

/** So many keys a server looks at in one go. */
const pageSize = 1_000;

/** The values of a scope whose keys begin with `prefix`: key → name. A value that is there all the time is found; one that comes or goes meanwhile may be. */
export async function scanValues({ connection, keys }: Context, scope: Scope, prefix: string): Promise<ReadonlyMap<string, KeyRef>> {
  const found = new Map<string, KeyRef>();
  const pattern = `${valuePrefix(keys, scope, prefix)}*`;
  for (const master of connection.masters()) {
    let cursor = '0';
    do {
      const reply: readonly Reply[] = asList(await master.command('scan', cursor, 'MATCH', pattern, 'COUNT', pageSize));
      cursor = asText(reply[0]);
      for (const value of asTexts(reply[1])) {
        const parsed = keys.parse(value);
        if (parsed?.kind === 'shared') found.set(value, parsed.key);
      }
    } while (cursor !== '0');
  }
  return found;
}
