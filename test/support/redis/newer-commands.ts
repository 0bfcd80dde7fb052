import type { Settings } from './config-file.js';
import type { SingleServer } from './single.js';

/**
 * The commands that this server knows and a server of `version` does not, subcommands as `client|tracking`. Options
 * that an older command learnt later (`XADD … NOMKSTREAM`) are not commands: no ACL denies them.
 */
export async function newerCommands(server: Pick<SingleServer, 'call'>, version = '5.0'): Promise<readonly string[]> {
  return newerIn(await server.call('COMMAND', 'DOCS'), version);
}

/**
 * ACL rules of a user who has what a server of `version` has, and nothing newer but `HELLO` and `RESET`, which a server
 * lets everybody call, logged in or not: `withoutHello` takes them away.
 */
export async function rulesOf(version: string, server: Pick<SingleServer, 'call'>): Promise<readonly string[]> {
  const newer = await newerCommands(server, version);
  // With the command its subcommands are gone.
  const whole = newer.filter((name) => !name.includes('|') || !newer.includes(name.split('|')[0] ?? ''));
  return ['~*', '&*', '+@all', ...whole.map((name) => `-${name}`)];
}

function newerIn(docs: unknown, version: string): readonly string[] {
  return pairs(docs).flatMap(([name, doc]) => {
    const fields = new Map(pairs(doc));
    const since = fields.get('since');
    const own = typeof since === 'string' && isNewer(since, version) ? [name] : [];
    return [...own, ...newerIn(fields.get('subcommands') ?? [], version)];
  });
}

/** A patch of the same minor counts as the version itself. */
function isNewer(since: string, version: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number);
  const [ofMajor = 0, ofMinor = 0] = version.split('.').map(Number);
  return major > ofMajor || (major === ofMajor && minor > ofMinor);
}

/** A map as RESP2 gives it, flat. */
function pairs(value: unknown): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const flat: readonly unknown[] = value;
  return flat.flatMap((name, i): readonly (readonly [string, unknown])[] => (i % 2 === 0 ? [[String(name), flat[i + 1]]] : []));
}

/** Settings of a server that has never heard of `HELLO` and `RESET`, as one of 5.0. */
export const withoutHello: Settings = { 'rename-command': ['HELLO ""', 'RESET ""'] };
