import { ChronowError } from '../errors.js';

/** What the beginning of every key must be, in words. */
export const keyPrefixForm: string = 'up to 64 printable ASCII characters without spaces and without any of { } * ? [ ] \\';

// Braces would make a hash tag of their own; glob characters would leak into access lists, SCAN and PSUBSCRIBE.
const legal = /^[\x21-\x7e]{0,64}$/;
const special = /[{}*?[\]\\]/;

/** Whether every key may begin with it. For a client of the user's own too, whose prefix comes before ours. */
export function isKeyPrefix(prefix: unknown): prefix is string {
  return typeof prefix === 'string' && legal.test(prefix) && !special.test(prefix);
}

/** Throws `CONFIG_INVALID` unless every key may begin with `prefix`. */
export function checkKeyPrefix(prefix: string): void {
  const given: unknown = prefix;
  if (isKeyPrefix(given)) return;
  const received = typeof given === 'string' ? JSON.stringify(given.slice(0, 80)) : `a value of type ${typeof given}`;
  throw new ChronowError('CONFIG_INVALID', `keyPrefix must be ${keyPrefixForm}; got ${received}`, { details: { problems: [{ name: 'keyPrefix', received, expected: keyPrefixForm }] } });
}
