import type { EventOf } from '../history/event.js';
import type { Invariant } from './violation.js';

export const watchers: Invariant = {
  name: 'I14',
  says: 'a watcher never goes back, shows only what was written, and ends at the stored value',
  check: ({ events, end }, _stories, say) => {
    const written = new Map<string, number>();
    const last = new Map<string, EventOf<'watched'>>();
    const dead = new Set(events.flatMap((event) => (event.kind === 'process' && event.what === 'killed' ? [event.process] : [])));
    const over = new Set(events.flatMap((event) => (event.kind === 'watch-status' && event.status === 'ended' ? [event.watcher] : [])));
    for (const event of events) {
      if (event.kind === 'write' && event.value !== undefined) written.set(`${event.key} ${event.value}`, event.t);
      if (event.kind !== 'watched') continue;
      const { watcher, key, revision, value, t } = event;
      const before = last.get(`${watcher} ${key}`);
      if (before !== undefined && before.revision > revision) say(t, `the watcher ${watcher} of ${key} goes back from revision ${before.revision} to ${revision}`);
      last.set(`${watcher} ${key}`, event);
      if (value !== undefined && !written.has(`${key} ${value}`)) say(t, `the watcher ${watcher} of ${key} shows ${value}, which nobody had written`);
    }
    if (!end.drained) return;
    for (const { watcher, key, revision, value, process } of last.values()) {
      const stored = end.keys[key];
      if (stored !== undefined && !dead.has(process) && !over.has(watcher) && value !== stored.value) say(Infinity, `the watcher ${watcher} of ${key} ended at ${value ?? 'nothing'} (revision ${revision}); stored is ${stored.value ?? 'nothing'} (${stored.revision})`);
    }
  },
};
