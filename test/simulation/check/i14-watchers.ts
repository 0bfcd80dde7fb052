import { counterKey } from '../clients/sharing.js';
import type { HistoryEvent } from '../history/history.js';
import { bodyText } from '../history/message-text.js';
import type { RunRecord } from '../run.js';
import type { Invariant, Violation } from './violation.js';

export const watchers: Invariant = {
  name: 'I14',
  says: 'a watcher never goes back, shows only what was written, and ends at the stored value; updates are atomic',
  check: (record) => [...walk(record), ...ends(record), ...counts(record)],
};

function walk({ events }: RunRecord): readonly Violation[] {
  const violations: Violation[] = [];
  const written = new Map<string, string | undefined>();
  const shown = new Map<string, number>();
  for (const event of events) {
    if (event.kind === 'key-changed') written.set(`${event.key} ${event.revision}`, event.body);
    if (event.kind !== 'watched') continue;
    const watcher = `${event.client} ${event.key} ${event.by}`;
    const before = shown.get(watcher) ?? 0;
    if (event.revision < before) violations.push({ invariant: 'I14', at: event.at, text: `the watcher of ${event.key} at ${event.client} goes back from revision ${before} to ${event.revision}` });
    shown.set(watcher, event.revision);
    const known = written.get(`${event.key} ${event.revision}`);
    if (event.body !== undefined && event.body !== known) violations.push({ invariant: 'I14', at: event.at, text: `the watcher of ${event.key} at ${event.client} shows what was not written at revision ${event.revision}` });
  }
  return violations;
}

function ends({ events, final }: RunRecord): readonly Violation[] {
  if (final.drainedAt === undefined) return [];
  const last = new Map<string, Extract<HistoryEvent, { kind: 'watched' }>>();
  const gone = new Set(events.flatMap((event) => (event.kind === 'gone' ? [event.client] : [])));
  for (const event of events) if (event.kind === 'watched') last.set(`${event.client} ${event.key} ${event.by}`, event);
  return [...last.values()].flatMap(({ client, key, by, revision, body }): Violation[] => {
    const stored = final.keys.get(key);
    const value = stored?.body === undefined ? undefined : bodyText(stored.body);
    if (gone.has(client) || stored === undefined || (body === value && (revision === stored.revision || by === 'core'))) return [];
    return [{ invariant: 'I14', at: Infinity, text: `the watcher of ${key} at ${client} ended at revision ${revision}, stored is ${stored.revision}` }];
  });
}

/** Each update that was acknowledged counted once, one of unknown outcome at most once. */
function counts({ events, final }: RunRecord): readonly Violation[] {
  const calls = events.filter((event) => event.kind === 'call' && event.what === `update ${counterKey}`);
  const ok = calls.filter((event) => event.kind === 'call' && event.outcome === 'ok').length;
  const writes = events.filter((event) => event.kind === 'key-changed' && event.key === counterKey).length;
  const body = final.keys.get(counterKey)?.body;
  const value = body === undefined ? 0 : Number(bodyText(body));
  if (value === writes && value >= ok) return [];
  return [{ invariant: 'I14', at: Infinity, text: `the counter stands at ${value} after ${ok} acknowledged updates and ${writes} writes` }];
}
