import type { Chronow } from '../../../src/chronow.js';
import { isChronowError } from '../../../src/errors.js';
import type { Journal } from '../history/journal.js';
import type { SharePlan } from './plan.js';
import { codeOf } from './tap.js';

export interface ShareParts {
  readonly cw: Chronow;
  readonly journal: Journal;
  readonly follow: <T>(what: string, promise: Promise<T>) => Promise<T>;
  readonly isEnding: () => boolean;
}

/** Watches a shared value and writes it, as planned; resolves when every write has an outcome. */
export async function share({ key, watch, writes, everyMs }: SharePlan, { cw, journal, follow, isEnding }: ShareParts): Promise<void> {
  if (watch) {
    const watcher = journal.name('w');
    const watched = cw.shared.watch<number>(key);
    watched.changes$.subscribe(({ new: value, revision }) => { journal.add({ kind: 'watched', watcher, key, revision, value }); });
    watched.status$.subscribe(({ status }) => { journal.add({ kind: 'watch-status', watcher, key, status }); });
  }
  const base = Number(/\d+$/.exec(journal.process)?.[0] ?? 0) * 1_000;
  for (let write = 1; write <= writes && !isEnding(); write++) {
    const call = journal.name('k');
    journal.add({ kind: 'write', call, key, action: 'set', value: base + write });
    await follow(`set ${key}`, cw.shared.set(key, base + write)).then(
      () => journal.add({ kind: 'write-end', call, how: 'ok', code: undefined }),
      (error: unknown) => journal.add({ kind: 'write-end', call, how: isChronowError(error, 'LINK_LOST') ? 'info' : 'fail', code: codeOf(error) }),
    );
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
