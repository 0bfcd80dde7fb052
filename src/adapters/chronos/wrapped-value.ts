import { ChronowError } from '../../errors.js';
import type { Body } from '../../port/message.js';
import type { UpsertStrategy, WarmVersion } from '../../port/warm-store.js';
import { bsonJson } from '../common/bson-json.js';

const format = 1;

/** What chronos-db has no field for; it stands beside the value. */
export interface Notes {
  readonly f: typeof format;
  /** The hot revision. */
  readonly rev: number;
  readonly s: UpsertStrategy;
  /** Our number of this version, and the one that an appended one after it gets: theirs count what is no version too. */
  readonly n: number;
  readonly next: number;
  readonly at: number;
  readonly until?: number;
  readonly max?: number;
  readonly enc?: Encoding;
  readonly end?: 'deleted' | 'closed';
}

export type Encoding = 'text' | 'base64';

/** `val` of a document of chronos-db: ours, or undefined notes where somebody else wrote it. */
export interface Wrapped {
  readonly cw: Notes | undefined;
  readonly val: unknown;
}

export function encodeBody(body: Body, codec: string | undefined): { readonly val: unknown; readonly enc: Encoding | undefined } {
  if (typeof body !== 'string') return { val: Buffer.from(body).toString('base64'), enc: 'base64' };
  const found = codec === undefined ? bsonJson(body) : undefined;
  return found === undefined ? { val: body, enc: 'text' } : { val: found.json, enc: undefined };
}

export function decodeBody(val: unknown, enc: unknown): Body {
  if (enc === 'base64' && typeof val === 'string') return new Uint8Array(Buffer.from(val, 'base64'));
  if (enc === 'text' && typeof val === 'string') return val;
  return JSON.stringify(val) ?? 'null';
}

export function notesOf(notes: Omit<Notes, 'f' | 'until' | 'max' | 'enc'>, more: { readonly until: number | undefined; readonly max?: number | undefined; readonly enc?: Encoding | undefined }): Notes {
  const { until, max, enc } = more;
  return { f: format, ...notes, ...(until === undefined ? {} : { until }), ...(max === undefined ? {} : { max }), ...(enc === undefined ? {} : { enc }) };
}

/** undefined: there is nothing. */
export function unwrap(loaded: unknown): Wrapped | undefined {
  if (loaded === null || loaded === undefined) return undefined;
  const cw: unknown = typeof loaded === 'object' ? Reflect.get(loaded, 'cw') : undefined;
  if (typeof cw !== 'object' || cw === null || typeof Reflect.get(cw, 'rev') !== 'number') return { cw: undefined, val: loaded };
  const written: unknown = Reflect.get(cw, 'f');
  if (typeof written === 'number' && written > format) throw new ChronowError('FORMAT_TOO_NEW', `the warm tier holds a value in format ${String(written)}; this version reads up to ${String(format)}: update it`, { details: { format: written } });
  return isNotes(cw) ? { cw, val: Reflect.get(Object(loaded), 'val') } : { cw: undefined, val: loaded };
}

export function hasEnded({ cw }: Wrapped, now: number): boolean {
  return cw?.until !== undefined && cw.until <= now;
}

export function versionOf({ cw, val }: Wrapped, number: number): WarmVersion {
  if (cw === undefined) return { body: decodeBody(val, undefined), version: number, revision: 0, writtenAt: 0, expiresAt: undefined };
  return { body: cw.end === undefined ? decodeBody(val, cw.enc) : undefined, version: cw.n, revision: cw.rev, writtenAt: cw.at, expiresAt: cw.until };
}

function isNotes(cw: object): cw is Notes {
  const numbers = ['rev', 'n', 'next', 'at'].every((name) => typeof Reflect.get(cw, name) === 'number');
  const strategy: unknown = Reflect.get(cw, 's');
  return numbers && (strategy === 'append' || strategy === 'latest');
}
