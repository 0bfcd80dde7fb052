import type { Body, Headers, StoredMessage } from '../../../port/message.js';
import { messageId, storedAt } from '../layout/message-id.js';
import { copyField, field } from './fields.js';

/** An entry of a topic's stream, or a copy of one, read back. */
export interface ReadEntry {
  readonly message: StoredMessage;
  /** Deliveries before this entry. */
  readonly attempts: number;
  readonly lapsed: boolean;
  /** Earlier deaths, as stored. */
  readonly deaths: string;
  /** What somebody else wrote, or is damaged: it is nobody's message, and goes to the dead letters. */
  readonly isForeign: boolean;
}

const none: Headers = Object.freeze({});

/** Reads flat pairs. `entryId` is the stream's id; undefined for a copy that lies in a hash. Never throws: what is not ours is marked. */
export function readEntry(shard: number, entryId: string | undefined, fields: readonly string[]): ReadEntry {
  const id = entryId ?? '';
  if (fields.length === 2 && fields[0] === field.body) return plain(shard, id, fields[1] ?? '');
  const named = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2) named.set(fields[index] ?? '', fields[index + 1] ?? '');
  const headers = readHeaders(named.get(field.headers));
  const text = named.get(field.body);
  const isForeign = text === undefined || headers === undefined;
  return {
    message: {
      id: messageId(shard, named.get(field.id) ?? id),
      body: isForeign ? JSON.stringify(Object.fromEntries(named)) : readBody(text, named.get(field.bytes) === '1'),
      headers: headers ?? none,
      codec: named.get(field.codec),
      key: named.get(field.key),
      publishedAt: numberOr(named.get(copyField.publishedAt), id === '' ? 0 : storedAt(id)),
      expiresAt: numberOr(named.get(field.expiresAt), undefined),
    },
    attempts: numberOr(named.get(copyField.attempts), 0),
    lapsed: named.get(copyField.lapsed) === '1',
    deaths: named.get(copyField.deaths) ?? '',
    isForeign,
  };
}

function plain(shard: number, id: string, body: string): ReadEntry {
  const message = { id: messageId(shard, id), body, headers: none, codec: undefined, key: undefined, publishedAt: storedAt(id), expiresAt: undefined };
  return { message, attempts: 0, lapsed: false, deaths: '', isForeign: false };
}

function readBody(text: string, isBytes: boolean): Body {
  return isBytes ? new Uint8Array(Buffer.from(text, 'base64')) : text;
}

/** undefined where they are not what we write. */
function readHeaders(text: string | undefined): Headers | undefined {
  if (text === undefined) return none;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const headers: Record<string, string> = {};
    Object.setPrototypeOf(headers, null);
    for (const [name, held] of Object.entries(value)) {
      if (typeof held !== 'string') return undefined;
      headers[name] = held;
    }
    return headers;
  } catch {
    return undefined;
  }
}

function numberOr<T>(text: string | undefined, otherwise: T): number | T {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : otherwise;
}
