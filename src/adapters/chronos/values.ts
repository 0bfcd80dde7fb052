import { ChronowError } from '../../errors.js';
import type { KeyRef } from '../../port/names.js';
import type { WarmDelete, WarmValue, WarmVersion } from '../../port/warm-store.js';
import type { ChronosMessagingApi } from './chronos.js';
import { codeOf } from './tenant-api.js';
import { encodeBody, hasEnded, notesOf, unwrap, versionOf, type Notes, type Wrapped } from './wrapped-value.js';

/** So often a write that another one overtook is written again. */
const maxTries = 10;

export interface ValueTime {
  readonly now: number;
  readonly until: number | undefined;
}

/** Tells that this chronos-db cannot save `latest`: from then on it is not asked to. */
export interface LatestSaves {
  isBroken: boolean;
  readonly broken: () => void;
}

type Shared = ChronosMessagingApi['shared'];

/** The highest revision counts: what is repeated, or was overtaken, changes nothing. */
export async function saveValue(shared: Shared, { key, body, revision, strategy, maxVersions }: WarmValue, time: ValueTime, latest: LatestSaves): Promise<void> {
  const newest = await newestOf(shared, key, time.now);
  if (revision <= (newest?.cw?.rev ?? 0)) return;
  if (newest?.cw?.end === 'closed') throw new ChronowError('KEY_CLOSED', `key "${key.key}" was deleted for good and keeps only its history; use another key.`, { details: { key: key.key } });
  const { val, enc } = encodeBody(body, undefined);
  const next = nextOf(newest);
  const isAppended = strategy === 'append';
  const cw = notesOf({ rev: revision, s: strategy, n: isAppended ? next : 0, next: isAppended ? next + 1 : next, at: time.now }, { until: time.until, max: maxVersions, enc });
  if (isAppended || latest.isBroken || !await savedLatest(shared, key, { cw, val }, latest)) await append(shared, key, { cw, val });
}

export async function endValue(shared: Shared, key: KeyRef, { revision, keepHistory }: WarmDelete, time: ValueTime): Promise<void> {
  const newest = await newestOf(shared, key, time.now);
  if (revision <= (newest?.cw?.rev ?? 0)) return;
  const next = nextOf(newest);
  // All of the key goes; what is written then remembers its revision.
  if (!keepHistory) await shared.tombstone(nameOf(key));
  const again = newest?.cw?.end === 'closed' ? newest.cw.n : next;
  const cw: Notes = { ...notesOf({ rev: revision, s: 'append', n: keepHistory ? again : 0, next: keepHistory ? again + 1 : 0, at: time.now }, { until: time.until }), end: keepHistory ? 'closed' : 'deleted' };
  await append(shared, key, { cw, val: null });
}

export async function loadValue(shared: Shared, key: KeyRef, now: number): Promise<WarmVersion | undefined> {
  const newest = await newestOf(shared, key, now);
  return newest === undefined ? undefined : versionOf(newest, 0);
}

/** Version by version: there is no call that lists them. */
export async function historyOf(shared: Shared, key: KeyRef, now: number, limit: number): Promise<readonly WarmVersion[]> {
  const found: WarmVersion[] = [];
  const latest = unwrap(await shared.load({ ...nameOf(key), strategy: 'latest' }));
  let isLatestShown = false;
  let isClosedShown = false;
  let most = Infinity;
  for (let version = await lastVersion(shared, key); version >= 0 && found.length < Math.min(limit, most); version -= 1) {
    const wrapped = unwrap(await shared.load({ ...nameOf(key), strategy: 'append', version }));
    if (wrapped?.cw?.end === 'deleted') break;
    if (wrapped === undefined || hasEnded(wrapped, now)) continue;
    if (wrapped.cw?.end === 'closed') {
      if (!isClosedShown) found.push(versionOf(wrapped, version));
      isClosedShown = true;
    } else if (wrapped.cw?.s === 'latest') {
      if (!isLatestShown && !isClosedShown) found.push(versionOf(wrapped, version));
      isLatestShown = true;
    } else found.push(versionOf(wrapped, version));
    if (most === Infinity && wrapped.cw?.max !== undefined) most = wrapped.cw.max + found.length - 1;
  }
  if (latest !== undefined && !isLatestShown && !isClosedShown && !hasEnded(latest, now)) found.push(versionOf(latest, 0));
  return found.sort((one, other) => other.revision - one.revision).slice(0, limit);
}

/** Of both strategies; ended is nothing. */
async function newestOf(shared: Shared, key: KeyRef, now: number): Promise<Wrapped | undefined> {
  const loaded = await Promise.all([shared.load({ ...nameOf(key), strategy: 'append' }), shared.load({ ...nameOf(key), strategy: 'latest' })]);
  const [appended, latest] = loaded.map(unwrap).map((wrapped) => (wrapped === undefined || hasEnded(wrapped, now) ? undefined : wrapped));
  if (appended === undefined || latest === undefined) return appended ?? latest;
  return (latest.cw?.rev ?? 0) > (appended.cw?.rev ?? 0) ? latest : appended;
}

async function savedLatest(shared: Shared, key: KeyRef, wrapped: Wrapped, latest: LatestSaves): Promise<boolean> {
  try {
    await shared.save({ ...nameOf(key), val: wrapped, strategy: 'latest' });
    return true;
  } catch (error) {
    // ConflictingUpdateOperators: it sets createdAt twice in one update.
    if (codeOf(error) !== 40) throw error;
    latest.isBroken = true;
    latest.broken();
    return false;
  }
}

/** Two at once may get one number, and then either is the newest: the one of the higher revision is written again. */
async function append(shared: Shared, key: KeyRef, wrapped: Wrapped): Promise<void> {
  for (let tries = 1; tries <= maxTries; tries += 1) {
    await shared.save({ ...nameOf(key), val: wrapped, strategy: 'append' });
    const top = unwrap(await shared.load({ ...nameOf(key), strategy: 'append' }));
    if ((top?.cw?.rev ?? Infinity) >= (wrapped.cw?.rev ?? 0)) return;
  }
  throw new ChronowError('WARM_FAILED', `key "${key.key}" was written by others while it was to be copied`, { retryable: true, details: { key: key.key } });
}

/** -1: none. They are numbered without gaps. */
async function lastVersion(shared: Shared, key: KeyRef): Promise<number> {
  const has = async (version: number): Promise<boolean> => {
    const loaded = await shared.load({ ...nameOf(key), strategy: 'append', version });
    return loaded !== null && loaded !== undefined;
  };
  let step = 1;
  while (await has(step - 1)) step *= 2;
  let last = Math.floor(step / 2) - 1;
  for (let above = step - 1; above - last > 1;) {
    const middle = Math.floor((last + above) / 2);
    if (await has(middle)) last = middle;
    else above = middle;
  }
  return last;
}

function nextOf(newest: Wrapped | undefined): number {
  return newest === undefined ? 0 : newest.cw?.next ?? 1;
}

function nameOf({ namespace, key }: KeyRef): { readonly namespace: string; readonly key: string } {
  return { namespace, key };
}
