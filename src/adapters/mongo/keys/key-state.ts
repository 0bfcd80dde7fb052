import { ChronowError } from '../../../errors.js';
import type { KeyState } from '../../../port/key-store.js';
import type { Body } from '../../../port/message.js';
import type { KeyRef } from '../../../port/names.js';
import type { KeyChangeCause } from '../../../port/watch-source.js';
import { documentFormat, readBody } from '../layout/message-codec.js';

/** A document of `cw_kv`, read. */
export interface StoredKey {
  /** The revision of the document; where its value has ended, the state's is a later one. */
  readonly revision: number;
  readonly body: Body | undefined;
  readonly codec: string | undefined;
  readonly expiresAt: number | undefined;
  readonly mark: KeyState['mark'];
  readonly writtenAt: number;
  /** Who wrote it last. */
  readonly token: string | undefined;
  /** Versions above `floor` are kept, at most so many; undefined: none. */
  readonly keep: number | undefined;
  readonly floor: number;
  /** There may be versions that nobody will be shown. */
  readonly isLittered: boolean;
}

export const absent: KeyState = { revision: 0, body: undefined, expiresAt: undefined, mark: 'none' };

/** Throws `FOREIGN_VALUE` and `FORMAT_TOO_NEW`. */
export function readKey({ key }: KeyRef, document: object): StoredKey {
  const field = (name: string): unknown => Reflect.get(document, name);
  const format = field('f');
  if (typeof format === 'number' && format > documentFormat) throw new ChronowError('FORMAT_TOO_NEW', `shared key "${key}" was written by a newer release (format ${String(format)}, this one reads ${String(documentFormat)}); upgrade this one.`, { details: { key, format: String(format), readable: documentFormat } });
  const [revision, codec, expires, mark, written, keep, token] = ['v', 'c', 'x', 'm', 'ts', 'hk', 'w'].map(field);
  const body = readBody(field('b'));
  const isOurs = format === documentFormat
    && typeof revision === 'number' && Number.isSafeInteger(revision)
    && (body !== undefined || field('b') === undefined)
    && (codec === undefined || typeof codec === 'string')
    && (expires === undefined || expires instanceof Date)
    && (mark === undefined || mark === 'tombstone' || mark === 'closed');
  if (!isOurs) throw new ChronowError('FOREIGN_VALUE', `shared key "${key}" holds a document of another program; nothing was changed. Use another key, or remove it.`, { details: { key, type: 'document' } });
  const floor = field('hf');
  return {
    revision,
    body,
    codec,
    expiresAt: expires?.getTime(),
    mark: mark ?? 'none',
    writtenAt: written instanceof Date ? written.getTime() : 0,
    token: typeof token === 'string' ? token : undefined,
    keep: typeof keep === 'number' ? keep : undefined,
    floor: typeof floor === 'number' ? floor : 0,
    isLittered: field('hd') === true,
  };
}

/** The state at a time of the server. A value that has ended is absent at a revision that everybody finds alike (`key-expressions.ts` says the same to the server). */
export function stateAt({ revision, body, codec, expiresAt, mark }: StoredKey, serverMs: number): KeyState {
  if (hasEnded({ body, expiresAt }, serverMs)) return { revision: Math.max(revision + 1, (expiresAt ?? 0) * 1_000), body: undefined, codec: undefined, expiresAt: undefined, mark: 'none' };
  return { revision, body, codec, expiresAt: body === undefined ? undefined : expiresAt, mark };
}

/** What the latest revision was. */
export function causeAt(key: StoredKey, serverMs: number): KeyChangeCause {
  if (key.body === undefined) return 'delete';
  return hasEnded(key, serverMs) ? 'expire' : 'set';
}

function hasEnded({ body, expiresAt }: Pick<StoredKey, 'body' | 'expiresAt'>, serverMs: number): boolean {
  return body !== undefined && expiresAt !== undefined && expiresAt <= serverMs;
}

/** The server's time that came with an answer. */
export function serverTimeOf(document: object): number {
  const now: unknown = Reflect.get(document, 'now');
  if (!(now instanceof Date)) throw new ChronowError('UNSUPPORTED', 'the server did not tell its time in an answer; MongoDB 4.4 and later do', { details: { reason: 'no-server-time' } });
  return now.getTime();
}

/** The revision that this write, sent before, made; undefined: it is not remembered. */
export function doneRevision(document: object): number | undefined {
  const writes: unknown = Reflect.get(document, 't');
  const first: unknown = Array.isArray(writes) ? writes[0] : undefined;
  const revision: unknown = Reflect.get(Object(first), 'v');
  return typeof revision === 'number' ? revision : undefined;
}
