import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryEvent } from './event.js';
import { journalEnd } from './journal.js';

/** All files of a folder as one history. Of a process that was killed while it wrote, the last line may be cut off. */
export function readHistory(folder: string): readonly HistoryEvent[] {
  return merged(readdirSync(folder).filter((name) => name.endsWith(journalEnd)).flatMap((name) => linesOf(readFileSync(join(folder, name), 'utf8'))));
}

/** In the order in which it happened. */
export function merged(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return [...events].sort((one, other) => one.t - other.t || one.seq - other.seq);
}

function linesOf(text: string): readonly HistoryEvent[] {
  return text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as HistoryEvent);
}
