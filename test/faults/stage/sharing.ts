import type { Chronow } from '../../../src/chronow.js';
import { isChronowError } from '../../../src/errors.js';
import type { Journal } from '../history/journal.js';
import type { SharePlan } from './plan.js';
import { codeOf } from './tap.js';

/** After a watch ended it is begun again, ms. */
const againMs = 100;

export interface ShareParts {
  readonly cw: Chronow;
  readonly journal: Journal;
  readonly follow: <T>(what: string, promise: Promise<T>) => Promise<T>;
  readonly isEnding: () => boolean;
}

/** Watches a shared value and writes it, as planned; resolves when every write has an outcome. */
export async function share({ key, watch, writes, everyMs }: SharePlan, parts: ShareParts): Promise<void> {
  const { cw, journal, follow, isEnding } = parts;
  if (watch) watchKey(key, parts);
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

/** Watches it; again where it ended by an error, as an application does after a refused login. */
function watchKey(key: string, parts: ShareParts): void {
  const { cw, journal, isEnding } = parts;
  const watcher = journal.name('w');
  const watched = cw.shared.watch<number>(key);
  watched.changes$.subscribe({
    next: ({ new: value, revision }) => { journal.add({ kind: 'watched', watcher, key, revision, value }); },
    error: (error: unknown) => {
      if (isEnding()) return;
      journal.add({ kind: 'watch-status', watcher, key, status: 'ended' });
      journal.add({ kind: 'stream-error', sub: `watch of ${key}`, code: codeOf(error) });
      setTimeout(() => { if (!isEnding()) watchKey(key, parts); }, againMs);
    },
  });
  watched.status$.subscribe({ next: ({ status }) => { journal.add({ kind: 'watch-status', watcher, key, status }); }, error: () => undefined });
}
