import type { Body, Headers, OutgoingMessage, StoredMessage } from '../../../port/message.js';
import { idempotencyName } from '../../common/idempotency-name.js';
import { messageId } from './ids.js';
import type { LogDocument, StoredBody } from './log-document.js';

/** The format that this release writes into documents, and the newest that it reads. */
export const documentFormat = 1;

/** Where and when a message is stored. */
export interface Placement {
  readonly topicId: string;
  readonly seq: number;
  /** The server's time at the publish. */
  readonly publishedAt: Date;
  /** For a scheduled one. */
  readonly dueAt: Date | undefined;
}

export function logDocument(message: OutgoingMessage, { topicId, seq, publishedAt, dueAt }: Placement): LogDocument {
  const ts = dueAt ?? publishedAt;
  const document: { -readonly [K in keyof LogDocument]: LogDocument[K] } = { _id: messageId(topicId, seq), f: documentFormat, t: topicId, q: seq, ts, b: message.body };
  const headers = headersToList(message.headers);
  if (headers.length > 0) document.h = headers;
  if (message.codec !== undefined) document.c = message.codec;
  if (message.key !== undefined) document.k = message.key;
  if (message.ttlMs !== undefined) document.x = new Date(ts.getTime() + message.ttlMs);
  if (message.idempotencyKey !== undefined) document.ik = idempotencyName(message);
  if (dueAt !== undefined) document.p = publishedAt;
  return document;
}

/** The parts of a message that a document has: a log document, or a dead letter with its message. */
export interface MessageParts {
  readonly ts?: Date | undefined;
  readonly b?: StoredBody | undefined;
  readonly h?: readonly string[] | undefined;
  readonly c?: string | undefined;
  readonly k?: string | undefined;
  readonly x?: Date | undefined;
}

/** The message as everybody else sees it; undefined where the document is not what this release writes (see {@link isTooNew}). */
export function readMessage(id: string, parts: MessageParts): StoredMessage | undefined {
  const body = readBody(parts.b);
  const headers = readHeaders(parts.h);
  if (body === undefined || headers === undefined || !isDate(parts.ts) || !isText(parts.c) || !isText(parts.k) || !(parts.x === undefined || isDate(parts.x))) return undefined;
  return { id, body, headers, codec: parts.c, key: parts.k, publishedAt: parts.ts.getTime(), expiresAt: parts.x?.getTime() };
}

/** Whether a newer release wrote it: it is left where it is. */
export function isTooNew(document: { readonly f?: unknown }): boolean {
  return typeof document.f === 'number' && document.f > documentFormat;
}

export function readBody(stored: unknown): Body | undefined {
  if (typeof stored === 'string') return stored;
  if (stored instanceof Uint8Array) return plain(stored, stored.length);
  return isBinary(stored) ? plain(stored.buffer, stored.position) : undefined;
}

/** Bytes, and not the Buffer that the driver makes of them. */
function plain({ buffer, byteOffset }: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

export function headersToList(headers: Headers): readonly string[] {
  const list: string[] = [];
  for (const name of Object.keys(headers)) list.push(name, headers[name] ?? '');
  return list;
}

const none: Headers = Object.freeze({});

function readHeaders(list: unknown): Headers | undefined {
  if (list === undefined) return none;
  if (!Array.isArray(list) || list.length % 2 === 1 || !list.every((text) => typeof text === 'string')) return undefined;
  const entries: [string, string][] = [];
  for (let at = 0; at < list.length; at += 2) entries.push([String(list[at]), String(list[at + 1])]);
  // Not by assignment: a header may be called __proto__.
  return Object.fromEntries(entries);
}

/** A Binary of whatever driver is there. */
function isBinary(stored: unknown): stored is { readonly buffer: Uint8Array; readonly position: number } {
  return typeof stored === 'object' && stored !== null && 'buffer' in stored && stored.buffer instanceof Uint8Array && 'position' in stored && typeof stored.position === 'number';
}

function isDate(value: unknown): value is Date {
  return value instanceof Date;
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
