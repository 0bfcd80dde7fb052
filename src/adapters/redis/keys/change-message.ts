import type { KeyState } from '../../../port/key-store.js';
import type { KeyChangeCause } from '../../../port/watch-source.js';
import { bodyOf, causeOf, markOf } from './key-reply.js';

/** What a script published. */
export interface ChangeMessage {
  readonly cause: KeyChangeCause;
  /** Only the time to live changed: not a new revision. */
  readonly isTtl: boolean;
  /** The script wrote the value itself; else it noticed what another program did. */
  readonly isOwnWrite: boolean;
  /** The body was too long to be sent along: it has to be read. */
  readonly isShort: boolean;
  /** Where the message is short, without its body. */
  readonly state: KeyState;
}

const whole = /^\d{1,16}$/;

/** undefined: not a message of ours, or of a newer release. Whoever gets it looks for himself. */
export function readChange(text: string): ChangeMessage | undefined {
  const end = text.indexOf('\n');
  const [format, revision = '', cause = '', how, expires = '', mark = '', encoding = '', codec = '', carried] = text.slice(0, Math.max(0, end)).split(' ');
  if (format !== '1' || !whole.test(revision)) return undefined;
  return {
    cause: causeOf(cause),
    isTtl: cause === 'ttl',
    isOwnWrite: how === 'w',
    isShort: carried === 'r',
    state: {
      revision: Number(revision),
      body: carried === 'b' ? bodyOf(text.slice(end + 1), encoding) : undefined,
      codec: codec === '-' ? undefined : codec,
      expiresAt: whole.test(expires) ? Number(expires) : undefined,
      mark: markOf(mark),
    },
  };
}
