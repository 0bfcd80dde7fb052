import { ChronowError } from '../../../errors.js';
import type { KeyState, KeyVersion } from '../../../port/key-store.js';
import type { Body } from '../../../port/message.js';
import type { KeyRef } from '../../../port/names.js';
import type { KeyChangeCause } from '../../../port/watch-source.js';
import { asList, asNumber, asText, asTextOrNull, type Reply } from '../connection/reply.js';

/** What a script found or made. */
export interface Found {
  readonly state: KeyState;
  /** What the latest revision was. */
  readonly cause: KeyChangeCause;
  /** Whether what was asked was done. */
  readonly done: boolean;
  /** The server's clock, ms. */
  readonly serverMs: number;
}

/** Throws `KEY_CLOSED`, `FOREIGN_VALUE`, `FORMAT_TOO_NEW`. */
export function readFound(ref: KeyRef, reply: Reply): Found {
  const [, now, done, revision, body, codec, encoding, expires, mark, cause] = checked(ref, reply);
  return {
    serverMs: asNumber(now),
    done: done === '1',
    cause: causeOf(asText(cause)),
    state: {
      revision: asNumber(revision),
      body: bodyOf(asTextOrNull(body), asText(encoding)),
      codec: asText(codec) === '' ? undefined : asText(codec),
      expiresAt: asText(expires) === '' ? undefined : asNumber(expires),
      mark: markOf(asText(mark)),
    },
  };
}

/** Throws as {@link readFound}. */
export function readVersions(ref: KeyRef, reply: Reply): readonly KeyVersion[] {
  return checked(ref, reply).slice(1).map((item) => {
    const [revision, writtenAt, encoding, body] = asList(item);
    return { revision: asNumber(revision), writtenAt: asNumber(writtenAt), body: bodyOf(asText(body), asText(encoding)) };
  });
}

/** Bytes are stored as base64: every command and every message stays text. */
export function stored(body: Body): { readonly text: string; readonly encoding: '' | '1' } {
  return typeof body === 'string' ? { text: body, encoding: '' } : { text: Buffer.from(body).toString('base64'), encoding: '1' };
}

export function bodyOf(text: string | null, encoding: string): Body | undefined {
  if (text === null) return undefined;
  return encoding === '1' ? Uint8Array.from(Buffer.from(text, 'base64')) : text;
}

export function markOf(text: string): KeyState['mark'] {
  return text === 'tombstone' || text === 'closed' ? text : 'none';
}

export function causeOf(text: string): KeyChangeCause {
  return text === 'delete' || text === 'expire' ? text : 'set';
}

function checked({ key }: KeyRef, reply: Reply): readonly Reply[] {
  const list = asList(reply);
  const detail = list[1];
  switch (asText(list[0])) {
    case 'ok': return list;
    case 'closed': throw new ChronowError('KEY_CLOSED', `key "${key}" was deleted for good and keeps only its history; use another key.`, { details: { key } });
    case 'newer': throw new ChronowError('FORMAT_TOO_NEW', `shared key "${key}" was written by a newer release (format ${asText(detail)}, this one reads 1); upgrade this one.`, { details: { key, format: asText(detail), readable: 1 } });
    default: throw new ChronowError('FOREIGN_VALUE', `shared key "${key}" holds a ${asText(detail)} of another program where a plain string was expected; nothing was changed. Use another key, or remove it.`, { details: { key, type: asText(detail) } });
  }
}
