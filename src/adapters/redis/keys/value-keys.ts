import type { KeySpace } from '../../../keys/key-space.js';
import type { KeyRef, Scope } from '../../../port/names.js';

/** The keys of one shared value; the same slot of a cluster. */
export interface ValueKeys {
  /** String: the body, as a plain GET reads it. Changes are published on the channel of the same name. */
  readonly value: string;
  /** Hash: revision, what the body was, and earlier bodies. It outlives the value, so that a revision does not go back. */
  readonly record: string;
}

export function valueKeys(keys: KeySpace, ref: KeyRef): ValueKeys {
  const value = keys.sharedKey(ref);
  return { value, record: keys.companion(value, 'rev') };
}

/** How the keys of all values of a scope begin that begin with `prefix`. Holds no glob character: with a `*` behind it is a pattern. */
export function valuePrefix(keys: KeySpace, scope: Scope, prefix = ''): string {
  return keys.sharedKey({ ...scope, key: prefix });
}
