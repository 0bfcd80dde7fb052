import type { KeyRef, Scope, TopicRef } from '../port/names.js';
import { decodeName, decodeSharedKey, encodeName, encodeSharedKey } from './encoding.js';
import { checkKeyPrefix } from './key-prefix.js';

/** What a key is, read back from its text. */
export type ParsedKey =
  | { readonly kind: 'topic'; readonly topic: TopicRef; readonly shard: number }
  | { readonly kind: 'shared'; readonly key: KeyRef }
  | { readonly kind: 'scope'; readonly scope: Scope; readonly name: string }
  | { readonly kind: 'companion'; readonly of: string; readonly names: readonly string[] };

const shardNumber = /^[1-9]\d{0,8}$/;
const shared = 'sm';

/**
 * Names to keys and back, under a prefix. Every shape of a key is made here, and no other place puts one together:
 *
 * - topic: `{prefix}{tenant}:{namespace}:topic:{topic}`, its shards above 0 with `:{shard}` behind
 * - shared value: `{prefix}{tenant}:{namespace}:sm:{key}`
 * - what belongs to a whole scope: `{prefix}{tenant}:{namespace}:{name}`
 * - companion: `{` + the key it belongs to + `}:{name}:…`, so that it lies in the same slot of a cluster
 *
 * No two different things share a key. Names must have been checked (`checkName`, `checkSharedKey`).
 *
 * @throws ChronowError `CONFIG_INVALID` from the constructor, for a prefix with braces or glob characters.
 */
export class KeySpace {
  readonly #prefix: string;

  constructor(prefix: string) {
    checkKeyPrefix(prefix);
    this.#prefix = prefix;
  }

  /** The log of a topic, or of one of its shards. */
  topicKey({ tenantId, namespace, topic }: TopicRef, shard = 0): string {
    const key = `${this.#prefix}${encodeName(tenantId)}:${encodeName(namespace)}:topic:${encodeName(topic)}`;
    return shard === 0 ? key : `${key}:${String(shard)}`;
  }

  sharedKey({ tenantId, namespace, key }: KeyRef): string {
    return `${this.#prefix}${encodeName(tenantId)}:${encodeName(namespace)}:${shared}:${encodeSharedKey(key)}`;
  }

  /** What belongs to a tenant's namespace as a whole, a list of its topics say. `name` is ours, `[a-z0-9-]+`. */
  scopeKey({ tenantId, namespace }: Scope, name: string): string {
    return `${this.#prefix}${encodeName(tenantId)}:${encodeName(namespace)}:${name}`;
  }

  /** A key that must move together with `key`, which must be one of the others. Names are encoded: any name may stand here. */
  companion(key: string, ...names: readonly [string, ...string[]]): string {
    return `{${key}}:${names.map(encodeName).join(':')}`;
  }

  /** What a key is, or undefined where it is not one of this space. */
  parse(key: string): ParsedKey | undefined {
    if (key.startsWith('{')) return this.#parseCompanion(key);
    if (!key.startsWith(this.#prefix)) return undefined;
    const [tenant = '', space = '', kind = '', ...rest] = key.slice(this.#prefix.length).split(':');
    const tenantId = decoded(tenant);
    const namespace = decoded(space);
    if (tenantId === undefined || namespace === undefined) return undefined;
    if (rest.length === 0) return /^[a-z0-9-]+$/.test(kind) ? { kind: 'scope', scope: { tenantId, namespace }, name: kind } : undefined;
    if (kind === shared) return parseShared(tenantId, namespace, rest.join(':'));
    return kind === 'topic' && rest.length <= 2 ? parseTopic(tenantId, namespace, rest) : undefined;
  }

  #parseCompanion(key: string): ParsedKey | undefined {
    const end = key.indexOf('}:');
    const of = key.slice(1, end);
    if (end === -1 || of.startsWith('{') || this.parse(of) === undefined) return undefined;
    const names = key.slice(end + 2).split(':').map(decoded);
    return names.every((name) => name !== undefined) ? { kind: 'companion', of, names } : undefined;
  }
}

function parseTopic(tenantId: string, namespace: string, [name = '', shard]: readonly string[]): ParsedKey | undefined {
  const topic = decoded(name);
  if (topic === undefined || (shard !== undefined && !shardNumber.test(shard))) return undefined;
  return { kind: 'topic', topic: { tenantId, namespace, topic }, shard: Number(shard ?? 0) };
}

function parseShared(tenantId: string, namespace: string, text: string): ParsedKey | undefined {
  const key = text === '' ? undefined : decodeSharedKey(text);
  return key === undefined ? undefined : { kind: 'shared', key: { tenantId, namespace, key } };
}

/** A name is never empty. */
function decoded(text: string): string | undefined {
  return text === '' ? undefined : decodeName(text);
}
