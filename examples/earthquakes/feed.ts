import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { asyncScheduler, concatMap, defer, filter, interval, map, takeUntil, takeWhile, type Observable } from 'rxjs';
import type { Quake } from './quake.js';

/** The week as it is on file, oldest first. */
export function readWeek(): readonly Quake[] {
  const root = createRequire(import.meta.url).resolve('chronow/package.json');
  const file = new URL('examples/data/earthquakes.json', `file://${root}`);
  const { columns, rows } = JSON.parse(readFileSync(file, 'utf8')) as { columns: string[]; rows: unknown[][] };
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])) as Quake);
}

/** How the week is played back. */
export interface ReplayOptions {
  /** How long the whole of it takes, ms. */
  readonly durationMs: number;
  /** How often what has become due is published, ms. */
  readonly tickMs: number;
  /** Its first value ends it; what is being published then is still waited for. */
  readonly stop$: Observable<unknown>;
}

/**
 * Plays the records back in the order of their times, a week in `durationMs`. What is due at a tick goes out as one batch,
 * and the next batch only after `publish` has completed for the one before: order is kept, and a slow backend slows the feed.
 */
export function replay<T extends { readonly time: number }, R>(records: readonly T[], publish: (due: readonly T[]) => Observable<R>, { durationMs, tickMs, stop$ }: ReplayOptions): Observable<R> {
  return defer(() => {
    const from = records[0]?.time ?? 0;
    const span = Math.max(1, (records.at(-1)?.time ?? 0) - from);
    const startedAt = asyncScheduler.now();
    let next = 0;
    return interval(tickMs).pipe(
      takeUntil(stop$),
      map(() => {
        const until = from + ((asyncScheduler.now() - startedAt) / durationMs) * span;
        const first = next;
        while (next < records.length && (records[next]?.time ?? Infinity) <= until) next += 1;
        return { due: records.slice(first, next), more: next < records.length };
      }),
      takeWhile(({ more }) => more, true),
      filter(({ due }) => due.length > 0),
      concatMap(({ due }) => publish(due)),
    );
  });
}
