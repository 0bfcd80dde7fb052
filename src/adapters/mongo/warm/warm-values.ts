import type { Collection, Filter } from 'mongodb';
import { ChronowError } from '../../../errors.js';
import type { KeyRef } from '../../../port/names.js';
import type { WarmDelete, WarmValue } from '../../../port/warm-store.js';
import { isDuplicateKey } from '../connection/server-error.js';
import { valueOf } from './body-value.js';
import { warmFormat, type Floor, type SharedDocument, type SharedNotes } from './documents.js';
import { KeyView } from './key-view.js';
import { idOf } from './names.js';

/** So often a write begins anew because somebody else wrote the key. */
const maxTries = 50;

type Values = Collection<SharedDocument>;
type Keyed = Filter<SharedDocument>;

/** What a write is given besides what it writes. */
export interface WriteTime {
  readonly now: number;
  readonly expiresAt: Date | undefined;
}

/** What is stored of a key, with at most so many versions. */
export async function viewOf(values: Values, key: KeyRef, now: number, limit: number): Promise<KeyView> {
  const [latest, first] = await Promise.all([values.findOne(latestOf(key)), newest(values, appendedOf(key, now), limit)]);
  const floor = latest === null || (latest.expiresAt !== undefined && latest.expiresAt.getTime() <= now) ? undefined : latest.cw?.floor;
  const filter = appendedOf(key, now, floor);
  // A version that came after the deletion it was meant to come before.
  const appended = floor !== undefined && first.some((document) => isBelow(document, floor)) ? await newest(values, filter, limit) : first;
  const ours = appended[0] === undefined || appended[0].cw !== undefined ? undefined : await values.findOne({ $and: [filter, { 'cw.rev': { $gt: 0 } }] }, { sort: { version: -1 } });
  return new KeyView({ latest: latest ?? undefined, appended, ours: ours ?? undefined }, now);
}

/** The highest revision counts: what is repeated, or was overtaken, changes nothing. */
export async function saveValue(values: Values, value: WarmValue, time: WriteTime): Promise<void> {
  const { key, revision, strategy, maxVersions } = value;
  await again(key, async () => {
    const view = await viewOf(values, key, time.now, 1);
    if (revision < view.revision) return true;
    if (revision === view.revision) {
      if (view.top !== undefined && maxVersions !== undefined && view.closed === undefined) await trim(values, key, view.top, maxVersions);
      return true;
    }
    if (view.closed !== undefined) throw new ChronowError('KEY_CLOSED', `key "${key.key}" was deleted for good and keeps only its history; use another key.`, { details: { key: key.key } });
    const { value: val, encoding } = valueOf(value.body, undefined);
    const notes: SharedNotes = { f: warmFormat, rev: revision, enc: encoding, floor: strategy === 'latest' ? view.floor : undefined };
    if (strategy === 'latest') return replace(values, view.stored, latestDocument(key, val, notes, view.stored, time));
    const saved = appendedDocument(key, val, notes, view.nextVersion, time);
    if (!await insert(values, saved)) return makeRoom(values, key, time.now, view.floor);
    if (maxVersions !== undefined) await trim(values, key, saved, maxVersions);
    return true;
  });
}

export async function endValue(values: Values, key: KeyRef, { revision, keepHistory }: WarmDelete, time: WriteTime): Promise<void> {
  await again(key, async () => {
    const view = await viewOf(values, key, time.now, 1);
    if (revision < view.revision) return true;
    if (revision === view.revision) {
      // The same once more: it may have stopped half way. A value of that revision stays.
      if ((keepHistory ? view.closed?.cw?.rev : view.floor?.rev) !== revision) return true;
    } else if (!await (keepHistory ? close(values, key, revision, view, time) : remove(values, key, revision, view, time))) return false;
    if (keepHistory) await values.deleteMany({ ...latestOf(key), 'cw.rev': { $lt: revision } });
    else await values.deleteMany({ ...keyed(key), strategy: 'append', ...belowFloor({ rev: revision, at: new Date(time.now) }) });
    return true;
  });
}

function remove(values: Values, key: KeyRef, rev: number, { stored }: KeyView, time: WriteTime): Promise<boolean> {
  const notes: SharedNotes = { f: warmFormat, rev, end: 'deleted', floor: { rev, at: new Date(time.now) } };
  return replace(values, stored, latestDocument(key, null, notes, stored, time));
}

async function close(values: Values, key: KeyRef, rev: number, view: KeyView, time: WriteTime): Promise<boolean> {
  const notes: SharedNotes = { f: warmFormat, rev, end: 'closed' };
  if (view.closed !== undefined) return replace(values, view.closed, { ...appendedDocument(key, null, notes, view.closed.version ?? 0, time), createdAt: view.closed.createdAt });
  return await insert(values, appendedDocument(key, null, notes, view.nextVersion, time)) || makeRoom(values, key, time.now, view.floor);
}

/** Only if it is still the one that was seen. */
async function replace(values: Values, seen: SharedDocument | undefined, document: SharedDocument): Promise<boolean> {
  if (seen === undefined) return insert(values, document);
  const { _id, ...content } = document;
  const { matchedCount } = await values.replaceOne({ _id: seen._id, updatedAt: seen.updatedAt, ...(seen.cw === undefined ? { cw: { $exists: false } } : { 'cw.rev': seen.cw.rev }) }, content);
  return matchedCount === 1;
}

/** Unless there is one of that version, or a latest one, already. */
async function insert(values: Values, document: SharedDocument): Promise<boolean> {
  try {
    await values.insertOne(document);
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** The number that was wanted may be that of a version which has ended, or came late, and was not cleared away yet. */
async function makeRoom(values: Values, key: KeyRef, now: number, floor: Floor | undefined): Promise<false> {
  const gone: Keyed[] = [{ expiresAt: { $lte: new Date(now) } }, ...(floor === undefined ? [] : [belowFloor(floor)])];
  await values.deleteMany({ ...keyed(key), strategy: 'append', $or: gone });
  return false;
}

async function trim(values: Values, key: KeyRef, newestOne: SharedDocument, maxVersions: number): Promise<void> {
  await values.deleteMany({ ...keyed(key), strategy: 'append', version: { $lte: (newestOne.version ?? 0) - maxVersions } });
}

async function again(key: KeyRef, write: () => Promise<boolean>): Promise<void> {
  for (let tries = 1; tries <= maxTries; tries += 1) if (await write()) return;
  throw new ChronowError('WARM_FAILED', `key "${key.key}" was written by others ${String(maxTries)} times while it was to be copied`, { retryable: true, details: { key: key.key } });
}

function newest(values: Values, filter: Keyed, limit: number): Promise<SharedDocument[]> {
  return values.find(filter, { sort: { version: -1 }, limit }).toArray();
}

function keyed({ tenantId, namespace, key }: KeyRef): { readonly tenantId: string; readonly namespace: string; readonly key: string } {
  return { tenantId, namespace, key };
}

function latestOf(key: KeyRef): Keyed {
  return { ...keyed(key), strategy: 'latest' };
}

/** A number as a version: others may have written anything. */
function appendedOf(key: KeyRef, now: number, floor?: Floor): Keyed {
  const lives: Keyed = { $or: [{ expiresAt: { $exists: false } }, { expiresAt: { $gt: new Date(now) } }] };
  return { ...keyed(key), strategy: 'append', version: { $gte: 0 }, $and: [lives, ...(floor === undefined ? [] : [{ $nor: [belowFloor(floor)] }])] };
}

function belowFloor({ rev, at }: Floor): Keyed {
  return { $or: [{ 'cw.rev': { $lte: rev } }, { cw: { $exists: false }, updatedAt: { $lte: at } }] };
}

function isBelow({ cw, updatedAt }: SharedDocument, { rev, at }: Floor): boolean {
  return cw === undefined ? updatedAt.getTime() <= at.getTime() : cw.rev <= rev;
}

function latestDocument(key: KeyRef, val: unknown, cw: SharedNotes, before: SharedDocument | undefined, { now, expiresAt }: WriteTime): SharedDocument {
  const { tenantId, namespace } = key;
  return { _id: idOf(tenantId, namespace, key.key, 'latest'), ...keyed(key), val, strategy: 'latest', createdAt: before?.createdAt ?? new Date(now), updatedAt: new Date(now), expiresAt, cw };
}

function appendedDocument(key: KeyRef, val: unknown, cw: SharedNotes, version: number, { now, expiresAt }: WriteTime): SharedDocument {
  const { tenantId, namespace } = key;
  return { _id: idOf(tenantId, namespace, key.key, 'append', version), ...keyed(key), val, strategy: 'append', version, createdAt: new Date(now), updatedAt: new Date(now), expiresAt, cw };
}
